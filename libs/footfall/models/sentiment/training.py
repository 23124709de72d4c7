"""Sentiment: how likely a text is negative, neutral or positive, from its stored vector and its words. Pure functions.

A new head costs no pass of the encoder. It is fitted on labelled texts that are no customer's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from footfall.errors import TooFew
from footfall.models.common import measures
from footfall.models.common.blend import balanced
from footfall.models.common.featureset import Matrix
from footfall.models.common.labelled import LabelledTexts, Split, labelled
from footfall.models.common.measures import Interval
from footfall.models.common.text_head import NGRAMS, PARTS, VECTORS, TextHead, fit_head
from footfall.models.common.trained import Gate, Served, Trained

NAME = "sentiment"
NEGATIVE, NEUTRAL, POSITIVE = CLASSES = ("negative", "neutral", "positive")
PROBABILITIES = tuple(f"{name}_probability" for name in CLASSES)
VARIANTS = {"ngrams": (NGRAMS,), "vectors": (VECTORS,), "sum": PARTS}  # the first two are also the baselines
FEWEST_NEUTRAL = {Split.FIT: 30, Split.CALIBRATE: 3}  # with fewer there is no such class, and its probability is 0


@dataclass(frozen=True)
class SentimentModel:
    """A head over vector and text; its features are the encoder, so their version is its fingerprint."""

    feature_version: str
    head: TextHead

    def as_json(self) -> dict[str, Any]:
        """All that it is."""
        return {"kind": NAME, "feature_version": self.feature_version, "head": self.head.as_json()}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> SentimentModel:
        """The model that `as_json` told."""
        return cls(told["feature_version"], TextHead.from_json(told["head"]))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`sentiment` and a probability of each class, for `text` (normalised) and `vector` (floats) of each row."""
        found = self.head.probability(frame["text"].tolist(), frame["vector"].tolist())
        of_class = dict(zip(self.head.classes, found.T, strict=True))
        told = {f"{name}_probability": of_class.get(name, np.zeros(len(frame))) for name in CLASSES}
        said = np.array(self.head.classes, dtype=object)[found.argmax(axis=1)]
        return pd.DataFrame({"sentiment": said, **told}, index=frame.index)


def train(
    labelled_texts: DataFrame,
    text_vectors: DataFrame,
    *,
    fingerprint: str,
    judged_share: float,
    neutral_share: float,
    min_accuracy_gain: float,
    min_auroc_gain: float,
    bootstrap_rounds: int,
) -> Trained:
    """Fits heads on n-grams, on vectors and on both, takes the one that is best on texts kept aside, and judges it.

    `neutral_share` is how many of a shop's texts are neutral, as probabilities should have it.
    """
    rows = labelled(
        labelled_texts, text_vectors, fingerprint=fingerprint, label="label", judged_share=judged_share, what=NAME
    )
    heads = fit_variants(rows, neutral_share=neutral_share)
    chosen = best_variant(heads, rows.only(Split.CALIBRATE))
    told = evaluate(rows, heads, chosen, rounds=bootstrap_rounds)
    found = {name: Interval(**interval) for name, interval in told["metrics"].items()}
    return Trained(
        name=NAME,
        model=Served(SentimentModel(fingerprint, heads[chosen])),
        features=(("text", "string"), ("vector", "array<float>")),
        predictions=(("sentiment", "string"), *((name, "double") for name in PROBABILITIES)),
        feature_version=fingerprint,
        parameters={
            "variant": chosen, "texts_fitted": len(rows.only(Split.FIT)), "texts_calibrated": len(rows.only(Split.CALIBRATE)),
            "texts_judged": len(rows.only(Split.JUDGE)), "encoder_fingerprint": fingerprint, "judged_share": judged_share,
            "neutral_share": neutral_share,
        },
        metrics=measures.flat(found),
        gates=gates(told, min_accuracy_gain=min_accuracy_gain, min_auroc_gain=min_auroc_gain),
        evaluation=told,
    )  # fmt: skip


def fit_variants(rows: LabelledTexts, *, neutral_share: float) -> dict[str, TextHead]:
    """A head for each of VARIANTS, fitted on what is to be fitted on and calibrated on what is kept for it."""
    ours, classes = rows.only(Split.FIT, Split.CALIBRATE), classes_of(rows)
    ours = ours if NEUTRAL in classes else ours.without(NEUTRAL)
    return {
        name: fit_head(
            ours.texts, ours.vectors, ours.labels, classes=classes, kept=ours.is_part(Split.CALIBRATE), parts=parts,
            weights=_weights(ours.labels, classes, neutral_share),
        )
        for name, parts in VARIANTS.items()
    }  # fmt: skip


def classes_of(rows: LabelledTexts) -> tuple[str, ...]:
    """What can be told apart: neutral only where enough texts are labelled so."""
    has_neutral = all(rows.only(part).labels.count(NEUTRAL) >= least for part, least in FEWEST_NEUTRAL.items())
    return CLASSES if has_neutral else (NEGATIVE, POSITIVE)


def best_variant(heads: Mapping[str, TextHead], kept: LabelledTexts) -> str:
    """The name of the head whose probabilities have the least log loss on texts that it was not fitted on."""
    return min(heads, key=lambda name: _log_loss(heads[name], kept))


def evaluate(rows: LabelledTexts, heads: Mapping[str, TextHead], chosen: str, *, rounds: int) -> dict[str, Any]:
    """Figures with intervals for the chosen head and, in the same run, for every baseline; all and by language.

    Accuracy and AUROC are of negative against positive; with neutral texts among the judged also `accuracy_three` and `macro_f1`.
    """
    judged = rows.only(Split.JUDGE)
    moods = judged.without(NEUTRAL)
    if len(set(moods.labels)) < 2:
        raise TooFew(
            "sentiment: too few labelled texts are left to judge on.",
            fix="Map more labelled texts of both moods, or raise the setting sentiment.judged_share.",
        )
    truth = np.array([label == POSITIVE for label in moods.labels], dtype=np.int64)
    fitted = rows.only(Split.FIT).labels
    scores = {name: positive_score(head, moods) for name, head in heads.items()}
    scores["majority"] = np.full(len(truth), float(fitted.count(POSITIVE) >= fitted.count(NEGATIVE)))
    measured = {"accuracy": measures.accuracy, "auroc": measures.auroc}
    found = measures.intervals(truth, scores[chosen], measured, rounds=rounds)
    for name in ("majority", *VARIANTS):
        by_name = measures.intervals(truth, scores[name], measured, rounds=rounds)
        found |= {f"{measure}_{name}": interval for measure, interval in by_name.items()}
    others = {name: scores[name] for name in ("ngrams", "vectors")}
    found["auroc_gain"] = measures.gain(truth, scores[chosen], others, rounds=rounds)
    for language in sorted(set(moods.languages)):
        mine = np.array([one == language for one in moods.languages])
        by_language = measures.intervals(truth[mine], scores[chosen][mine], measured, rounds=rounds)
        found |= {f"{name}_{language}": interval for name, interval in by_language.items()}
    found |= _three_classes(heads[chosen], judged, rounds=rounds)
    return {
        "metrics": {name: asdict(interval) for name, interval in found.items()},
        "calibration": measures.calibration(truth, scores[chosen]),
        "variant": chosen,
        "texts": len(moods),  # on which accuracy and AUROC are told
        "texts_by_language": {name: judged.languages.count(name) for name in sorted(set(judged.languages))},
    }


def gates(told: Mapping[str, Any], *, min_accuracy_gain: float, min_auroc_gain: float) -> list[Gate]:
    """Even the low end of the accuracy's interval beats the majority; the AUROC is not surely below the better baseline's.

    The baselines are among the variants, so the one that was chosen need not beat them.
    """
    metrics = told["metrics"]
    ours, majority = metrics["accuracy"], metrics["accuracy_majority"]["value"]
    words = (
        f"accuracy {ours['value']:.3f} (95% interval from {ours['low']:.3f}) must exceed the majority's "
        f"{majority:.3f} by {min_accuracy_gain:.0%} of what that gets wrong"
    )
    gain = metrics["auroc_gain"]
    beyond = (
        f"AUROC {metrics['auroc']['value']:.3f} must not be surely less than {min_auroc_gain} beyond that of n-grams + logistic regression "
        f"({metrics['auroc_ngrams']['value']:.3f}) and of vectors + logistic regression "
        f"({metrics['auroc_vectors']['value']:.3f}); the gain's 95% interval ends at {gain['high']:+.3f}"
    )
    return [
        Gate("beats_majority", bool(ours["low"] >= majority + min_accuracy_gain * (1 - majority)), words),
        Gate("beats_baselines", bool(gain["high"] >= min_auroc_gain), beyond),
    ]


def positive_score(head: TextHead, rows: LabelledTexts) -> Matrix:
    """Probability of positive among negative and positive alone: float64[n]."""
    found = head.probability(rows.texts, rows.vectors)
    negative, positive = (found[:, head.classes.index(name)] for name in (NEGATIVE, POSITIVE))
    told: Matrix = positive / np.maximum(negative + positive, 1e-12)
    return told


def _three_classes(head: TextHead, judged: LabelledTexts, *, rounds: int) -> dict[str, Interval]:
    if NEUTRAL not in judged.labels:
        return {}
    codes = np.array([CLASSES.index(label) for label in judged.labels], dtype=np.int64)
    places = head.probability(judged.texts, judged.vectors).argmax(axis=1)
    said = np.array([CLASSES.index(head.classes[place]) for place in places], dtype=np.float64)
    three = {"accuracy_three": measures.agreement, "macro_f1": measures.macro_f1}
    return measures.intervals(codes, said, three, rounds=rounds)


def _log_loss(head: TextHead, rows: LabelledTexts) -> float:
    ours = rows if NEUTRAL in head.classes else rows.without(NEUTRAL)
    found = head.probability(ours.texts, ours.vectors)
    places = [head.classes.index(label) for label in ours.labels]
    return float(-np.log(np.maximum(found[np.arange(len(places)), places], 1e-12)).mean())


def _weights(labels: Sequence[str], classes: Sequence[str], neutral_share: float) -> Matrix | None:
    """So that neutral is as common as `neutral_share` says, and the moods among themselves as they are."""
    if NEUTRAL not in classes:
        return None
    codes = np.array([classes.index(label) for label in labels], dtype=np.int64)
    there = np.bincount(codes, minlength=len(classes)) * np.array([name != NEUTRAL for name in classes])
    shares = (1 - neutral_share) * there / there.sum()
    shares[classes.index(NEUTRAL)] = neutral_share
    return balanced(codes, shares)
