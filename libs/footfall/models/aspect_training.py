"""Trains the aspects model from clauses that nobody labelled, and says how well its heads learnt what the list teaches. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import TooFew
from footfall.models import measures
from footfall.models.aspects import LEAST_VOTES, NAME, AspectModel, fit_aspects, votes
from footfall.models.lexicon import builtin
from footfall.models.shape import Gate, Served, Trained
from footfall.text.normal import normalise

MOST_CLAUSES = 30_000  # by hash, on the driver
KEPT = 5  # every fifth clause is kept aside to see what was learnt
SETTING = "the setting aspects.own"


def train(
    documents: DataFrame,
    clause_vectors: DataFrame,
    *,
    fingerprint: str,
    own: Mapping[str, Any],
    min_auroc: float,
) -> Trained:
    """Fits on the clauses of `documents` (text_id, text); `own` are a shop's aspects beside footfall's.

    What the head over vectors learnt is judged on clauses kept aside: does it rank those that the list votes for first,
    without seeing the list? The model itself is then fitted on all.
    """
    clauses = _clauses(documents, clause_vectors, fingerprint=fingerprint)
    texts, vectors = clauses["clause"].tolist(), np.stack(clauses["vector"].to_list()).astype(np.float64)
    lexicon = builtin().with_own(own, where=SETTING)
    kept = np.arange(len(texts)) % KEPT == 0
    trial = fit_aspects(
        [text for text, is_kept in zip(texts, kept, strict=True) if not is_kept], vectors[~kept],
        lexicon=lexicon, fingerprint=fingerprint,
    )  # fmt: skip
    found = _learnt(trial, [text for text, is_kept in zip(texts, kept, strict=True) if is_kept], vectors[kept])
    model = fit_aspects(texts, vectors, lexicon=lexicon, fingerprint=fingerprint)
    mean = float(np.mean(list(found.values()))) if found else float("nan")
    words = (
        f"without the list, the head over vectors ranks the clauses that it votes for at AUROC {mean:.3f} "
        f"(chance: 0.5), at least {min_auroc} is asked"
    )
    return Trained(
        name=NAME,
        model=Served(model),
        features=(("text", "string"), ("vector", "array<float>")),
        predictions=(("aspects", "string"),),
        feature_version=fingerprint,
        parameters={"clauses": len(texts), "aspects": len(lexicon.aspects), "encoder_fingerprint": fingerprint},
        metrics={
            **({"auroc_of_votes": mean} if found else {}),
            **{f"auroc_of_votes_{aspect}": value for aspect, value in found.items()},
        },
        gates=[Gate("learns_from_the_list", not found or bool(mean >= min_auroc), words)],
        evaluation={"clauses": len(texts), "auroc_of_votes": found},
    )


def _learnt(model: AspectModel, clauses: list[str], vectors: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, float]:
    """AUROC of the vectors' head against the list's votes, for each aspect with enough of them."""
    voted, logits = votes(clauses, lexicon=model.lexicon), model.of_vectors.logits(vectors)
    return {
        aspect: measures.auroc(voted[:, place].astype(np.int64), logits[:, place])
        for place, aspect in enumerate(model.lexicon.aspects)
        if voted[:, place].sum() * (KEPT - 1) >= LEAST_VOTES
        and 0 < voted[:, place].sum() < len(voted)
        and model.of_vectors.coefficients[place].any()
    }


def _clauses(documents: DataFrame, clause_vectors: DataFrame, *, fingerprint: str) -> pd.DataFrame:
    """Rows (clause, vector) of distinct texts, in an order that says nothing of them."""
    spans = clause_vectors.where(F.col("encoder_fingerprint") == fingerprint)
    texts = documents.groupBy("text_id").agg(F.min("text").alias("text"))
    order = F.xxhash64("text", "clause_number")
    rows = spans.join(texts, "text_id").orderBy(order, "text_id", "clause_number").limit(MOST_CLAUSES)
    found = rows.select("text", "start_char", "end_char", "vector").toPandas()
    if found.empty:
        raise TooFew(
            "aspects: no clause was read by the encoder.",
            mend="Map a source with reviews or tickets into the lake and run jobs/understand_text.py.",
        )
    pieces = [normalise(t)[s:e] for t, s, e in zip(found["text"], found["start_char"], found["end_char"], strict=True)]
    return found.assign(clause=pieces)
