"""Fits heads for sentiment on n-grams, on vectors and on both, and evaluates them on held-out texts. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from pyspark.sql import DataFrame

from footfall.errors import TooFew
from footfall.models.common import measures
from footfall.models.common.blend import balanced
from footfall.models.common.featureset import Matrix
from footfall.models.common.gates import Contenders, Metric, Verdict, decide
from footfall.models.common.labelled import LabelledTexts, Split, collected, labelled_rows
from footfall.models.common.measures import Interval, Labels
from footfall.models.common.runs import TrainingRun
from footfall.models.common.text_head import NGRAMS, PARTS, VECTORS, TextHead, fit_heads
from footfall.models.common.trained import Served, Trained
from footfall.models.sentiment import CLASSES, NEGATIVE, NEUTRAL, POSITIVE, PROBABILITIES
from footfall.models.sentiment.model import SentimentModel
from footfall.tables import LABELLED_TEXTS, TEXT_VECTORS

BOTH = "vectors + n-grams"
VARIANTS = {"n-grams": (NGRAMS,), "vectors": (VECTORS,), BOTH: PARTS}
FEWEST_NEUTRAL = {Split.FIT: 30, Split.CALIBRATE: 3}  # with fewer there is no such class, and its probability is 0
METRICS: Mapping[str, Metric] = {  # of negative against positive
    "auroc": measures.auroc,
    "accuracy": measures.accuracy,
    "log_loss": measures.log_loss.negative(),
}


def rows(run: TrainingRun) -> DataFrame:
    """The labelled texts that the encoder has read, with their vectors."""
    return labelled_rows(
        run.frame(LABELLED_TEXTS), run.frame(TEXT_VECTORS), fingerprint=run.encoder_fingerprint(), label="label"
    )


def train(frame: DataFrame, run: TrainingRun) -> Trained:
    """Fits a head for each of VARIANTS and lets the one serve that the gates let.

    The setting sentiment.neutral_share is how many of a shop's texts are neutral, as probabilities should have it.
    """
    settings, fingerprint = run.settings, run.encoder_fingerprint()
    texts = collected(frame, held_out_share=settings["held_out_share"], name="sentiment")
    heads = fit_variants(texts, neutral_share=settings["neutral_share"])
    scores = score_held_out(texts, heads)
    verdict = decide_sentiment(texts, scores, run)
    learner = verdict.name if verdict.name in heads else BOTH
    evaluation = evaluate(texts, heads[learner], scores, learner, rounds=run.bootstrap_rounds)
    figures = {name: Interval(**interval) for name, interval in evaluation["metrics"].items()}
    return Trained(
        name="sentiment",
        model=Served(SentimentModel(learner, fingerprint, heads[learner])),
        features=(("text", "string"), ("vector", "array<float>")),
        predictions=(("sentiment", "string"), *((name, "double") for name in PROBABILITIES)),
        feature_version=fingerprint,
        parameters={
            "learner": learner, "texts_fitted": len(texts.only(Split.FIT)),
            "texts_calibrated": len(texts.only(Split.CALIBRATE)), "texts_held_out": len(texts.only(Split.HELD_OUT)),
            "encoder_fingerprint": fingerprint, "held_out_share": settings["held_out_share"],
            "neutral_share": settings["neutral_share"],
        },
        metrics=measures.flat(figures),
        verdict=verdict,
        evaluation=evaluation,
    )  # fmt: skip


def fit_variants(
    rows: LabelledTexts, *, neutral_share: float, names: Sequence[str] = tuple(VARIANTS)
) -> dict[str, TextHead]:
    """A head for each of these VARIANTS, fitted on what is to be fitted on and calibrated on what is kept for it."""
    ours, classes = rows.only(Split.FIT, Split.CALIBRATE), classes_of(rows)
    ours = ours if NEUTRAL in classes else ours.without(NEUTRAL)
    return fit_heads(
        ours.texts, ours.vectors, ours.labels, classes=classes, kept=ours.is_in(Split.CALIBRATE),
        variants={name: VARIANTS[name] for name in names}, weights=_weights(ours.labels, classes, neutral_share),
    )  # fmt: skip


def classes_of(rows: LabelledTexts) -> tuple[str, ...]:
    """The classes that can be told apart: neutral only where enough texts are labelled so."""
    has_neutral = all(rows.only(split).labels.count(NEUTRAL) >= least for split, least in FEWEST_NEUTRAL.items())
    return CLASSES if has_neutral else (NEGATIVE, POSITIVE)


def score_held_out(rows: LabelledTexts, heads: Mapping[str, TextHead]) -> dict[str, Matrix]:
    """The `positive_score` of each head, of the held-out texts that are negative or positive."""
    texts, _ = _held_out(rows)
    return {name: positive_score(head, texts) for name, head in heads.items()}


def decide_sentiment(rows: LabelledTexts, scores: Mapping[str, Matrix], run: TrainingRun) -> Verdict:
    """The verdict over the variants, by what `score_held_out` gives, and the champion."""
    texts, outcomes = _held_out(rows)
    fitted = rows.only(Split.FIT).labels
    share = fitted.count(POSITIVE) / max(fitted.count(POSITIVE) + fitted.count(NEGATIVE), 1)
    champion = run.champion
    contenders = Contenders(
        outcomes=outcomes,
        learner=BOTH,
        predictions=scores,
        baselines=tuple(name for name in VARIANTS if name != BOTH),
        trivial=np.full(len(outcomes), share),
        champion=positive_score(champion.fitted.head, texts) if champion else None,
        champion_name=champion.version if champion else "",
    )
    return decide(
        contenders, gates=run.model.gates, metrics=METRICS, settings=run.settings,
        max_champion_loss=run.max_champion_loss, rounds=run.bootstrap_rounds,
    )  # fmt: skip


def evaluate(
    rows: LabelledTexts, head: TextHead, of_heads: Mapping[str, Matrix], learner: str, *, rounds: int
) -> dict[str, Any]:
    """Figures with intervals for the serving head, that of `learner`, and for every variant, all and by language.

    `of_heads` is what `score_held_out` gives.

    Accuracy and AUROC are of negative against positive; with neutral texts held out also `accuracy_three` and `macro_f1`.
    """
    texts, truth = _held_out(rows)
    held_out, fitted = rows.only(Split.HELD_OUT), rows.only(Split.FIT).labels
    majority = np.full(len(truth), float(fitted.count(POSITIVE) >= fitted.count(NEGATIVE)))
    scores = {**of_heads, "majority": majority}
    measured = {"accuracy": measures.accuracy, "auroc": measures.auroc}
    figures = measures.intervals(truth, scores[learner], measured, rounds=rounds)
    for name, key in (("majority", "majority"), ("n-grams", "ngrams"), ("vectors", "vectors"), (BOTH, "sum")):
        of_variant = measures.intervals(truth, scores[name], measured, rounds=rounds)
        figures |= {f"{measure}_{key}": interval for measure, interval in of_variant.items()}
    others = {name: scores[name] for name in ("n-grams", "vectors")}
    figures["auroc_gain"] = measures.gain(truth, scores[learner], others, rounds=rounds)
    for language in sorted(set(texts.languages)):
        mine = np.array([other == language for other in texts.languages])
        of_language = measures.intervals(truth[mine], scores[learner][mine], measured, rounds=rounds)
        figures |= {f"{name}_{language}": interval for name, interval in of_language.items()}
    figures |= _three_classes(head, held_out, rounds=rounds)
    return {
        "metrics": {name: asdict(interval) for name, interval in figures.items()},
        "calibration": measures.calibration(truth, scores[learner]),
        "variant": learner,
        "texts": len(texts),  # on which accuracy and AUROC are measured
        "texts_by_language": {name: held_out.languages.count(name) for name in sorted(set(held_out.languages))},
    }


def positive_score(head: TextHead, rows: LabelledTexts) -> Matrix:
    """Probability of positive among negative and positive alone: float64[n]."""
    probabilities = head.probability(rows.texts, rows.vectors)
    negative, positive = (probabilities[:, head.classes.index(name)] for name in (NEGATIVE, POSITIVE))
    share: Matrix = positive / np.maximum(negative + positive, 1e-12)
    return share


def _held_out(rows: LabelledTexts) -> tuple[LabelledTexts, Labels]:
    """The held-out texts that are negative or positive, and 1 for each positive one. Raises TooFew where one is missing."""
    texts = rows.only(Split.HELD_OUT).without(NEUTRAL)
    if len(set(texts.labels)) < 2:
        raise TooFew(
            "sentiment: too few labelled texts are left to evaluate on.",
            fix="Map more labelled texts, negative and positive, or raise the setting sentiment.held_out_share.",
        )
    return texts, np.array([label == POSITIVE for label in texts.labels], dtype=np.int64)


def _three_classes(head: TextHead, held_out: LabelledTexts, *, rounds: int) -> dict[str, Interval]:
    if NEUTRAL not in held_out.labels:
        return {}
    codes = np.array([CLASSES.index(label) for label in held_out.labels], dtype=np.int64)
    places = head.probability(held_out.texts, held_out.vectors).argmax(axis=1)
    predicted = np.array([CLASSES.index(head.classes[place]) for place in places], dtype=np.float64)
    three = {"accuracy_three": measures.agreement, "macro_f1": measures.macro_f1}
    return measures.intervals(codes, predicted, three, rounds=rounds)


def _weights(labels: Sequence[str], classes: Sequence[str], neutral_share: float) -> Matrix | None:
    """So that neutral is as common as `neutral_share` says, and the other two among themselves as they are."""
    if NEUTRAL not in classes:
        return None
    codes = np.array([classes.index(label) for label in labels], dtype=np.int64)
    counts = np.bincount(codes, minlength=len(classes)) * np.array([name != NEUTRAL for name in classes])
    shares = (1 - neutral_share) * counts / counts.sum()
    shares[classes.index(NEUTRAL)] = neutral_share
    return balanced(codes, shares)
