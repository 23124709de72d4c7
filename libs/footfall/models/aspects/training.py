"""Trains the aspects model from clauses that nobody labelled, and from labelled ones where there are any. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sklearn.metrics import precision_recall_fscore_support

from footfall.errors import DataError, TooFew
from footfall.models.aspects.lexicon import Lexicon, builtin
from footfall.models.aspects.model import LEAST_VOTES, NAME, AspectModel, fit_aspects, votes
from footfall.models.aspects.supervised import LabelledClauses, teachable
from footfall.models.common import measures
from footfall.models.common.featureset import Matrix
from footfall.models.common.trained import Gate, Served, Trained
from footfall.text.normal import normalise
from footfall.text.vectors import vectors_matrix

MOST_CLAUSES = 16_000  # by hash, on the driver
KEPT = 5  # every fifth clause is kept aside to see what was learnt
SETTING = "the setting aspects.own"
MEASURES = ("precision", "recall", "f1")


def train(
    documents: DataFrame,
    clause_vectors: DataFrame,
    labelled_clauses: DataFrame,
    text_vectors: DataFrame,
    *,
    fingerprint: str,
    own: Mapping[str, Any],
    min_auroc: float,
) -> Trained:
    """Fits on the clauses of `documents` (text_id, text) and on `labelled_clauses`; `own` are a shop's aspects beside footfall's.

    Judged on clauses kept aside, of either kind: does what the head over vectors learnt rank those that the list votes for
    first, without seeing the list? Is more of what labels say found than by the list alone? The model itself is then
    fitted on all.
    """
    clauses = _clauses(documents, clause_vectors, fingerprint=fingerprint)
    texts, vectors = clauses["clause"].tolist(), vectors_matrix(clauses).astype(np.float64)
    labelled = _labelled(labelled_clauses, text_vectors, fingerprint=fingerprint)
    lexicon = builtin().with_own(own, where=SETTING)
    taught = teachable(_required_known(labelled, lexicon), aspects=lexicon.aspects)
    kept, kept_labels = (np.arange(n) % KEPT == 0 for n in (len(texts), len(labelled)))
    trial = fit_aspects(
        [text for text, is_kept in zip(texts, kept, strict=True) if not is_kept], vectors[~kept],
        lexicon=lexicon, fingerprint=fingerprint, labelled=labelled.at(~kept_labels), taught=taught,
    )  # fmt: skip
    learnt = _learnt(trial, [text for text, is_kept in zip(texts, kept, strict=True) if is_kept], vectors[kept])
    found = _found(trial, labelled.at(kept_labels), taught) if taught else {}
    model = fit_aspects(
        texts, vectors, lexicon=lexicon, fingerprint=fingerprint, labelled=labelled, taught=taught
    )  # fmt: skip
    return Trained(
        name=NAME,
        model=Served(model),
        features=(("text", "string"), ("vector", "array<float>")),
        predictions=(("aspects", "string"),),
        feature_version=fingerprint,
        parameters={
            "clauses": len(texts), "labelled_clauses": len(labelled), "aspects": len(lexicon.aspects),
            "encoder_fingerprint": fingerprint,
        },
        metrics={
            **({"auroc_of_votes": _mean(learnt)} if learnt else {}),
            **{f"auroc_of_votes_{aspect}": value for aspect, value in learnt.items()},
            **found,
        },
        gates=[_learns(learnt, min_auroc), *([_beats(found)] if found else [])],
        evaluation={"clauses": len(texts), "auroc_of_votes": learnt, "labelled": found},
    )  # fmt: skip


def _learns(learnt: Mapping[str, float], min_auroc: float) -> Gate:
    words = (
        f"without the list, the head over vectors ranks the clauses that it votes for at AUROC {_mean(learnt):.3f} "
        f"(chance: 0.5), at least {min_auroc} is asked"
    )
    return Gate("learns_from_the_list", not learnt or bool(_mean(learnt) >= min_auroc), words)


def _beats(found: Mapping[str, float]) -> Gate:
    ours, listed = found["micro_f1"], found["micro_f1_list"]
    words = f"on labelled clauses kept aside micro F1 is {ours:.3f}, and the list's alone {listed:.3f}"
    return Gate("beats_the_list", ours >= listed, words)


def _mean(found: Mapping[str, float]) -> float:
    return float(np.mean(list(found.values()))) if found else float("nan")


def _required_known(labelled: LabelledClauses, lexicon: Lexicon) -> LabelledClauses:
    unknown = [aspect for aspect in labelled.named if aspect not in lexicon.aspects]
    if unknown:
        raise DataError(
            f"labelled_clauses name aspects that are not there: {', '.join(unknown)}.",
            fix=f"Name them in {SETTING}, or fix the labels. There are {', '.join(lexicon.aspects)}.",
        )
    return labelled


def _found(model: AspectModel, judged: LabelledClauses, taught: Sequence[str]) -> dict[str, float]:
    """Micro precision, recall and F1 over the aspects that labels teach, of the model and of the list alone."""
    places = [model.lexicon.aspects.index(aspect) for aspect in taught]
    true = judged.marks(taught).ravel()
    said = {
        "": (model.probability(judged.clauses, judged.vectors) >= model.mix.threshold)[:, places],
        "_list": votes(judged.clauses, lexicon=model.lexicon)[:, places],
    }
    told: dict[str, float] = {}
    for name, marks in said.items():
        found = precision_recall_fscore_support(true, marks.ravel(), average="binary", zero_division=0)
        told |= {f"micro_{measure}{name}": float(value) for measure, value in zip(MEASURES, found, strict=False)}
    return told


def _learnt(model: AspectModel, clauses: list[str], vectors: Matrix) -> dict[str, float]:
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
            fix="Map a source with reviews or tickets into the lake and run jobs/understand_text.py.",
        )
    pieces = [normalise(t)[s:e] for t, s, e in zip(found["text"], found["start_char"], found["end_char"], strict=True)]
    return found.assign(clause=pieces)


def _labelled(labelled_clauses: DataFrame, text_vectors: DataFrame, *, fingerprint: str) -> LabelledClauses:
    """Those that the encoder has read, in an order that says nothing of them."""
    vectors = text_vectors.where(F.col("encoder_fingerprint") == fingerprint).select("text_id", "vector")
    told = labelled_clauses.select("text_id", "text", "aspects").join(vectors, "text_id")
    found = told.orderBy(F.xxhash64("text"), "text_id").select("text", "aspects", "vector").toPandas()
    if found.empty:
        return LabelledClauses([], np.empty((0, 0)), [])
    matrix = vectors_matrix(found).astype(np.float64)
    return LabelledClauses([normalise(t) for t in found["text"]], matrix, [list(said) for said in found["aspects"]])
