"""How good told intents are: figures with intervals beside the baselines, the threshold, the gates. Plain arrays, no Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from footfall.models.common import measures
from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Interval, Labels, Measure
from footfall.models.common.trained import Gate

NO_INTENT = -1  # the place of a message from which nobody could say it: any answer to it is wrong
SURE = 1.645  # deviates of the normal distribution: an end that holds in 95 of 100 cases
NEVER = 2.0  # a threshold that no probability reaches


@dataclass(frozen=True)
class IntentPredictions:
    """The judged messages: the place of each one's intent (NO_INTENT where it has none), the likeliest, its probability.

    `given` says which of them are answered, `others` what each baseline takes to be the likeliest.
    """

    labels: Labels
    told: Labels
    probability: Matrix
    given: npt.NDArray[np.bool_]
    others: Mapping[str, Labels]
    languages: npt.NDArray[np.str_]


def threshold_for(hits: npt.NDArray[np.bool_], probability: Matrix, *, min_precision: float) -> float:
    """The lowest probability from which on surely `min_precision` of the answers are right; NEVER where there is none.

    Surely: the lower end of Wilson's interval for the share of right answers is as high.
    """
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    precision = lower_end(np.cumsum(hits[order]), np.arange(1, len(order) + 1))
    ends = np.append(ranked[1:] < ranked[:-1], True)  # answers of one probability are given together
    enough = np.flatnonzero((precision >= min_precision) & ends)
    return float(ranked[enough[-1]]) if len(enough) else NEVER


def lower_end(hits: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> Matrix:
    """Lower end of Wilson's one-sided 95% interval for a share of which `hits` of `counts` were seen."""
    share, squared = hits / counts, SURE**2
    spread = SURE * np.sqrt(share * (1 - share) / counts + squared / (4 * counts**2))
    found: Matrix = (share + squared / (2 * counts) - spread) / (1 + squared / counts)
    return found


def evaluate(judged: IntentPredictions, *, rounds: int) -> dict[str, Any]:
    """Metrics of all and by language, each with its interval, the baselines', and the calibration of the likeliest.

    Accuracy and macro F1 are of the messages with an intent; coverage is the share of these that are answered, and
    precision that of right answers among all that are given; unclear_left is the share of the others left to a person.
    A figure of nothing is left out.
    """
    both = {"all": np.ones(len(judged.labels), dtype=bool)}
    both |= {str(language): judged.languages == language for language in np.unique(judged.languages)}
    found: dict[str, Interval] = {}
    for name, mine in both.items():
        scores = np.column_stack([judged.told, judged.given]).astype(np.float64)[mine]
        ours = measures.intervals(judged.labels[mine], scores, {**SHARES, **DECIDED}, rounds=rounds)
        found |= {measure if name == "all" else f"{measure}_{name}": figure for measure, figure in ours.items()}
    others = {
        name: measures.intervals(judged.labels, other[:, None].astype(np.float64), SHARES, rounds=rounds)
        for name, other in judged.others.items()
    }
    hits = (judged.told == judged.labels).astype(np.int64)
    best = max(others, key=lambda name: others[name]["accuracy"].value)
    gains = (hits - (judged.others[best] == judged.labels)).astype(np.float64)
    found |= measures.intervals(judged.labels, gains, {"accuracy_gain": _mean_of_clear}, rounds=rounds)
    return {
        "metrics": {name: asdict(interval) for name, interval in found.items() if not np.isnan(interval.value)},
        "baselines": {name: {m: asdict(i) for m, i in told.items()} for name, told in others.items()},
        "best_baseline": best,
        "calibration_error": measures.calibration_error(hits, judged.probability),
        "calibration": measures.calibration(hits, judged.probability),
        "texts": len(judged.labels),
        "texts_by_language": {name: int(mine.sum()) for name, mine in both.items() if name != "all"},
    }


def gates(told: Mapping[str, Any], *, min_precision: float) -> list[Gate]:
    """Surely better than the best baseline on the same messages; and it answers some, about as rightly as it was asked to."""
    found, best = told["metrics"], told["best_baseline"]
    gain, coverage = found["accuracy_gain"], found["coverage"]["value"]
    precision = found.get("precision", {"value": 0.0, "high": 0.0})  # nothing is answered
    return [
        Gate(
            "beats_baselines",
            bool(gain["low"] > 0),
            f"accuracy must surely exceed that of {best}, {told['baselines'][best]['accuracy']['value']:.3f}; the gain is "
            f"{gain['value']:.3f} (95% interval from {gain['low']:.3f})",
        ),
        Gate(
            "precise",
            bool(coverage > 0 and precision["high"] >= min_precision),
            f"{coverage:.0%} of the messages with an intent are answered, and {precision['value']:.3f} of all answers "
            f"are right (95% interval up to {precision['high']:.3f}); {min_precision} is asked for",
        ),
    ]


def _mean_of_clear(labels: Labels, values: Matrix) -> float:
    """The mean over the messages with an intent; NaN where there is none."""
    clear = labels != NO_INTENT
    return float(values[clear].mean()) if clear.any() else float("nan")


def _accuracy(labels: Labels, scores: Matrix) -> float:
    return _mean_of_clear(labels, (scores[:, 0] == labels).astype(np.float64))


def _macro_f1(labels: Labels, scores: Matrix) -> float:
    """Mean over the intents that occur; NaN where none does."""
    clear = labels != NO_INTENT
    if not clear.any():
        return float("nan")
    return measures.macro_f1(labels[clear], scores[clear, 0])


def _coverage(labels: Labels, scores: Matrix) -> float:
    return _mean_of_clear(labels, scores[:, 1])


def _precision(labels: Labels, scores: Matrix) -> float:
    """Share of right answers among those given; NaN where none is."""
    given = scores[:, 1] == 1
    return float(np.mean(scores[given, 0] == labels[given])) if given.any() else float("nan")


def _unclear_left(labels: Labels, scores: Matrix) -> float:
    """NaN where every message has an intent."""
    unclear = labels == NO_INTENT
    return float(1 - scores[unclear, 1].mean()) if unclear.any() else float("nan")


SHARES: Mapping[str, Measure] = {"accuracy": _accuracy, "macro_f1": _macro_f1}
DECIDED: Mapping[str, Measure] = {"coverage": _coverage, "precision": _precision, "unclear_left": _unclear_left}


def places(intents: Sequence[str], classes: Sequence[str]) -> Labels:
    """int64[n]: the place of each intent among the classes; NO_INTENT for one that is not among them."""
    place = {name: number for number, name in enumerate(classes)}
    return np.array([place.get(intent, NO_INTENT) for intent in intents], dtype=np.int64)
