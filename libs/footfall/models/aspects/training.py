"""Fits aspects on clauses and evaluates them on clauses held out. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import DataError, TooFew
from footfall.models.aspects.lexicon import Lexicon, builtin
from footfall.models.aspects.model import LEARNER, LEAST_VOTES, WORD_LIST, AspectModel, fit_aspects, votes, word_list
from footfall.models.aspects.supervised import LabelledClauses, teachable
from footfall.models.common import measures
from footfall.models.common.binary_heads import Marks
from footfall.models.common.documents import documents, known_before
from footfall.models.common.featureset import Matrix
from footfall.models.common.gates import Contenders, Metric, Verdict, decide
from footfall.models.common.resampling import Draws, auroc_on_draws, measure, ratio
from footfall.models.common.runs import TrainingRun
from footfall.models.common.trained import Served, Trained
from footfall.tables import CLAUSE_VECTORS, LABELLED_CLAUSES, REVIEWS, TEXT_VECTORS, TICKETS
from footfall.text.normal import normalise
from footfall.text.vectors import vectors_matrix

MOST_CLAUSES = 16_000  # by hash, on the driver
MOST_LABELLED = 50_000  # by hash; they are on the driver with their vectors too
HELD_OUT = 5  # the clauses of every fifth text are held out, by a hash of the text: the same in each training
SETTING = "the setting aspects.own"
CHANCE = 0.5  # the AUROC of guesses


@dataclass(frozen=True)
class ReadClauses:
    """n clauses that nobody labelled; `vectors` float64[n, dim]."""

    clauses: list[str]
    vectors: Matrix

    def __len__(self) -> int:
        return len(self.clauses)

    def at(self, chosen: Marks) -> ReadClauses:
        """Those that `chosen`, bool[n], says."""
        return ReadClauses([self.clauses[i] for i in np.flatnonzero(chosen)], self.vectors[chosen])


def rows(run: TrainingRun) -> DataFrame:
    """Rows (text, start_char, end_char, vector, aspects) of clauses that the encoder has read; `aspects` of labelled ones only."""
    fingerprint = run.encoder_fingerprint()
    written = known_before(
        documents(reviews=run.frame(REVIEWS), tickets=run.frame(TICKETS)), as_of=run.as_of, time_zone=run.time_zone
    )
    texts = written.groupBy("text_id").agg(F.min("text").alias("text"))
    spans = run.frame(CLAUSE_VECTORS).where(F.col("encoder_fingerprint") == fingerprint)
    order = (F.xxhash64("text", "clause_number"), F.col("text_id"), F.col("clause_number"))
    clauses = spans.join(texts, "text_id").orderBy(*order).limit(MOST_CLAUSES)
    vectors = run.frame(TEXT_VECTORS).where(F.col("encoder_fingerprint") == fingerprint).select("text_id", "vector")
    labelled = run.frame(LABELLED_CLAUSES).select("text_id", "text", "aspects").join(vectors, "text_id")
    labelled = labelled.orderBy(F.xxhash64("text_id"), "text_id").limit(MOST_LABELLED)
    whole = {"start_char": F.lit(0), "end_char": F.length("text"), "aspects": F.col("aspects")}
    columns = ("text", "start_char", "end_char", "vector", "aspects")
    unlabelled = clauses.withColumn("aspects", F.lit(None).cast("array<string>")).select(*columns)
    return unlabelled.unionByName(labelled.withColumns(whole).select(*columns))


def train(frame: DataFrame, run: TrainingRun) -> Trained:
    """Fits without the held-out clauses, and lets the gates decide on those.

    Evaluated on either kind: does what the head over vectors learnt rank the clauses that the list votes for first, without
    seeing the list? Is more of what labels say found than by the list alone?
    """
    fingerprint = run.encoder_fingerprint()
    clauses, labelled, is_held_out, is_held_out_label = collected(frame)
    lexicon = builtin().with_own(run.settings["own"], where=SETTING)
    supervised = teachable(_required_known(labelled, lexicon), aspects=lexicon.aspects)
    fitted, evaluated = clauses.at(~is_held_out), clauses.at(is_held_out)
    if not len(fitted):
        raise TooFew(
            f"aspects: all {len(clauses)} clauses are held out, none is left to learn from.",
            fix="Load more reviews or tickets.",
        )
    model = fit_aspects(
        fitted.clauses, fitted.vectors, lexicon=lexicon, fingerprint=fingerprint,
        labelled=labelled.at(~is_held_out_label), supervised=supervised,
    )  # fmt: skip
    of_votes = auroc_of_votes(model, evaluated)
    evaluated_labels = labelled.at(is_held_out_label)
    f1_figures = micro_figures(model, evaluated_labels, supervised) if supervised else {}
    verdict = (
        decide_by_labels(model, evaluated_labels, supervised, run)
        if supervised
        else decide_by_votes(model, evaluated, run)
    )
    serving = word_list(model) if verdict.name == WORD_LIST else model
    return Trained(
        name="aspects",
        model=Served(serving),
        features=(("text", "string"), ("vector", "array<float>")),
        predictions=(("aspects", "string"),),
        feature_version=fingerprint,
        parameters={
            "learner": serving.learner, "clauses": len(clauses), "labelled_clauses": len(labelled),
            "aspects": len(lexicon.aspects), "encoder_fingerprint": fingerprint,
        },
        metrics={
            **({"auroc_of_votes": float(np.mean(list(of_votes.values())))} if of_votes else {}),
            **{f"auroc_of_votes_{aspect}": value for aspect, value in of_votes.items()},
            **f1_figures,
        },
        verdict=verdict,
        evaluation={"clauses": len(clauses), "auroc_of_votes": of_votes, "labelled": f1_figures},
    )  # fmt: skip


def decide_by_labels(model: AspectModel, clauses: LabelledClauses, aspects: Sequence[str], run: TrainingRun) -> Verdict:
    """Whether more of what labels say is found than by the list alone and by the champion, on held-out labelled clauses."""

    def marks(of: AspectModel) -> Any:
        predicted = of.probability(clauses.clauses, clauses.vectors) >= of.mix.threshold
        return _columns(predicted, of, aspects)

    contenders = Contenders(
        outcomes=clauses.marks(aspects),
        learner=LEARNER,
        predictions={LEARNER: marks(model), WORD_LIST: marks(word_list(model))},
        baselines=(WORD_LIST,),
        trivial=np.zeros((len(clauses), len(aspects)), dtype=bool),
        champion=marks(run.champion.fitted) if run.champion else None,
        champion_name=run.champion.version if run.champion else "",
    )
    return _decided(contenders, "micro_f1", {"micro_f1": micro_f1}, run)


def decide_by_votes(model: AspectModel, clauses: ReadClauses, run: TrainingRun) -> Verdict:
    """Whether the head over vectors ranks the held-out clauses that the list votes for first, surely better than chance."""
    if not auroc_of_votes(model, clauses):
        raise TooFew(
            "aspects: the word list finds too few clauses to learn from.",
            fix="Load more reviews or tickets, or give words of the shop in the setting aspects.own.",
        )
    voted = votes(clauses.clauses, lexicon=model.lexicon)
    learnt = [place for place in range(voted.shape[1]) if _is_learnt(model, voted, place)]
    aspects = [model.lexicon.aspects[place] for place in learnt]

    def logits(of: AspectModel) -> Any:
        return _columns(of.of_vectors.logits(clauses.vectors), of, aspects)

    outcomes = voted[:, learnt].astype(np.int64)
    contenders = Contenders(
        outcomes=outcomes,
        learner=LEARNER,
        predictions={LEARNER: logits(model)},
        baselines=(),
        trivial=np.zeros_like(outcomes, dtype=np.float64),  # no clause before another: an AUROC of 0.5
        champion=logits(run.champion.fitted) if run.champion else None,
        champion_name=run.champion.version if run.champion else "",
    )
    return _decided(contenders, "auroc_of_votes", {"auroc_of_votes": mean_auroc}, run)


def _columns(values: Any, model: AspectModel, aspects: Sequence[str]) -> Any:
    """The model's columns of these aspects; zeros for one that it does not know, since the shop added it later."""
    known = {aspect: place for place, aspect in enumerate(model.lexicon.aspects)}
    nothing = np.zeros_like(values[:, 0])
    return np.stack([values[:, known[aspect]] if aspect in known else nothing for aspect in aspects], axis=1)


def _decided(contenders: Contenders, metric: str, metrics: Mapping[str, Metric], run: TrainingRun) -> Verdict:
    gates = [gate for gate in run.model.gates if gate.metric == metric]
    return decide(
        contenders, gates=gates, metrics=metrics, settings=run.settings, max_champion_loss=run.max_champion_loss,
        rounds=run.bootstrap_rounds,
    )  # fmt: skip


def _mean_auroc_on_draws(marks: Any, logits: Any, draws: Draws) -> Matrix:
    of_aspects = np.stack([auroc_on_draws(marks[:, i], logits[:, i], draws) for i in range(marks.shape[1])])
    is_known = ~np.isnan(of_aspects)  # a resample may hold no vote for an aspect
    return ratio(np.where(is_known, of_aspects, 0.0).sum(axis=0), is_known.sum(axis=0))


@measure(_mean_auroc_on_draws)
def mean_auroc(marks: Any, logits: Any) -> float:
    """The mean of the AUROC of each aspect that some clauses have and some have not; int and float[n, n_aspects]."""
    of_aspects = [measures.auroc(marks[:, i], logits[:, i]) for i in range(marks.shape[1])]
    known = [value for value in of_aspects if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _micro_f1_on_draws(marks: Any, predicted: Any, draws: Draws) -> Matrix:
    hits, both = (marks & predicted).sum(axis=1), marks.sum(axis=1) + predicted.sum(axis=1)
    return np.asarray(2 * hits[draws].sum(axis=1) / np.maximum(both[draws].sum(axis=1), 1))


@measure(_micro_f1_on_draws)
def micro_f1(marks: Any, predicted: Any) -> float:
    """F1 over all aspects of all clauses together; bool[n, n_aspects] each."""
    hits = float((marks & predicted).sum())
    return 2 * hits / max(float(marks.sum() + predicted.sum()), 1.0)


def micro_figures(model: AspectModel, clauses: LabelledClauses, aspects: Sequence[str]) -> dict[str, float]:
    """Micro precision, recall and F1 over the aspects that labels teach, of the model and of the list alone."""
    places = [model.lexicon.aspects.index(aspect) for aspect in aspects]
    marks = clauses.marks(aspects)
    predictions = {
        "": (model.probability(clauses.clauses, clauses.vectors) >= model.mix.threshold)[:, places],
        "_list": votes(clauses.clauses, lexicon=model.lexicon)[:, places],
    }
    figures: dict[str, float] = {}
    for suffix, predicted in predictions.items():
        hits = float((marks & predicted).sum())
        figures |= {
            f"micro_precision{suffix}": hits / max(float(predicted.sum()), 1.0),
            f"micro_recall{suffix}": hits / max(float(marks.sum()), 1.0),
            f"micro_f1{suffix}": micro_f1(marks, predicted),
        }
    return figures


def auroc_of_votes(model: AspectModel, clauses: ReadClauses) -> dict[str, float]:
    """AUROC of the vectors' head against the list's votes, for each aspect with enough of them."""
    voted, logits = votes(clauses.clauses, lexicon=model.lexicon), model.of_vectors.logits(clauses.vectors)
    return {
        aspect: measures.auroc(voted[:, place].astype(np.int64), logits[:, place])
        for place, aspect in enumerate(model.lexicon.aspects)
        if _is_learnt(model, voted, place)
    }


def _is_learnt(model: AspectModel, voted: Any, place: int) -> bool:
    count = voted[:, place].sum()
    has_head = bool(model.of_vectors.coefficients[place].any())
    return bool(count * (HELD_OUT - 1) >= LEAST_VOTES and 0 < count < len(voted) and has_head)


def collected(frame: DataFrame) -> tuple[ReadClauses, LabelledClauses, Marks, Marks]:
    """Clauses without labels and labelled ones, and of either which are held out: bool[n]. Raises TooFew.

    All clauses of a text are held out or none is.
    """
    is_held_out = F.pmod(F.xxhash64("text"), F.lit(HELD_OUT)) == 0
    order = (F.xxhash64("text", "start_char"), F.col("text"), F.col("start_char"))
    clauses = frame.withColumn("is_held_out", is_held_out).orderBy(*order).toPandas()
    is_labelled = clauses["aspects"].notna().to_numpy(dtype=bool)
    unlabelled, labelled = clauses[~is_labelled], clauses[is_labelled]
    if unlabelled.empty:
        raise TooFew(
            "aspects: no clause was read by the encoder.",
            fix="Map a source with reviews or tickets into the lake and run jobs/understand_text.py.",
        )
    spans = zip(unlabelled["text"], unlabelled["start_char"], unlabelled["end_char"], strict=True)
    pieces = [normalise(text)[start:end] for text, start, end in spans]
    read = ReadClauses(pieces, vectors_matrix(unlabelled).astype(np.float64))
    of_read, of_labelled = (rows["is_held_out"].to_numpy(dtype=bool) for rows in (unlabelled, labelled))
    return read, _labelled(labelled), of_read, of_labelled


def _labelled(rows: pd.DataFrame) -> LabelledClauses:
    if rows.empty:
        return LabelledClauses([], np.empty((0, 0)), [])
    vectors = vectors_matrix(rows).astype(np.float64)
    return LabelledClauses([normalise(t) for t in rows["text"]], vectors, [list(names) for names in rows["aspects"]])


def _required_known(labelled: LabelledClauses, lexicon: Lexicon) -> LabelledClauses:
    unknown = [aspect for aspect in labelled.named if aspect not in lexicon.aspects]
    if unknown:
        raise DataError(
            f"labelled_clauses name aspects that are not there: {', '.join(unknown)}.",
            fix=f"Name them in {SETTING}, or correct the labels. There are {', '.join(lexicon.aspects)}.",
        )
    return labelled
