"""How good answers about intents are: figures with intervals beside the baselines, the threshold. Plain arrays, no Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from footfall.models.common import measures
from footfall.models.common.featureset import Matrix
from footfall.models.common.gates import Metric
from footfall.models.common.measures import Interval, Labels
from footfall.models.common.resampling import Draws, Measure, macro_f1_on_draws, mean_of, mean_on_draws, measure
from footfall.models.intents.model import NEVER

NO_INTENT = -1  # the place of a message from which nobody could say it: any answer to it is wrong
SURE = 1.645  # deviates of the normal distribution: an end that holds in 95 of 100 cases


@dataclass(frozen=True)
class IntentPredictions:
    """The held-out messages: the place of each one's intent (NO_INTENT where it has none), the likeliest, its probability.

    `is_answered` says to which of them an answer is given, `baselines` what each baseline takes to be the likeliest.
    """

    labels: Labels
    likeliest: Labels
    probability: Matrix
    is_answered: npt.NDArray[np.bool_]
    baselines: Mapping[str, Labels]
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
    low: Matrix = (share + squared / (2 * counts) - spread) / (1 + squared / counts)
    return low


def evaluate(messages: IntentPredictions, *, rounds: int) -> dict[str, Any]:
    """Metrics of all and by language, each with its interval, the baselines', and the calibration of the likeliest.

    Accuracy and macro F1 are of the messages with an intent; coverage is the share of these that are answered, and
    precision that of right answers among all that are given; unclear_left is the share of the others left to a person.
    A figure of nothing is left out.
    """
    groups = {"all": np.ones(len(messages.labels), dtype=bool)}
    groups |= {str(language): messages.languages == language for language in np.unique(messages.languages)}
    figures: dict[str, Interval] = {}
    for name, mine in groups.items():
        scores = np.column_stack([messages.likeliest, messages.is_answered]).astype(np.float64)[mine]
        ours = measures.intervals(messages.labels[mine], scores, {**SHARES, **DECIDED}, rounds=rounds)
        figures |= {measure if name == "all" else f"{measure}_{name}": figure for measure, figure in ours.items()}
    of_baselines = {
        name: measures.intervals(messages.labels, other[:, None].astype(np.float64), SHARES, rounds=rounds)
        for name, other in messages.baselines.items()
    }
    hits = (messages.likeliest == messages.labels).astype(np.int64)
    best = max(of_baselines, key=lambda name: of_baselines[name]["accuracy"].value)
    gains = (hits - (messages.baselines[best] == messages.labels)).astype(np.float64)
    figures |= measures.intervals(messages.labels, gains, {"accuracy_gain": MEAN_OF_CLEAR}, rounds=rounds)
    return {
        "metrics": {name: asdict(interval) for name, interval in figures.items() if not np.isnan(interval.value)},
        "baselines": {name: {m: asdict(i) for m, i in of_one.items()} for name, of_one in of_baselines.items()},
        "best_baseline": best,
        "calibration_error": measures.calibration_error(hits, messages.probability),
        "calibration": measures.calibration(hits, messages.probability),
        "texts": len(messages.labels),
        "texts_by_language": {name: int(mine.sum()) for name, mine in groups.items() if name != "all"},
    }


def metrics(min_precision: float) -> Mapping[str, Metric]:
    """Metrics of float64[n, 2] predictions: the place of the likeliest intent, and whether it is answered.

    Utility counts an answer that is right as 1 and one that is wrong as so much that answers of `min_precision` come to 0;
    a message left to a person counts 0.
    """
    cost = min_precision / max(1 - min_precision, 1e-9)

    def utility(labels: Labels, answers: Matrix) -> Matrix:
        right = (answers[:, 0] == labels) & (labels != NO_INTENT)
        return np.asarray(np.where(right, 1.0, -cost) * answers[:, 1])

    return {"accuracy": ACCURACY, "utility": mean_of(utility)}


def _mean_over(
    rows: Callable[[Labels, Matrix], npt.NDArray[np.bool_]], values: Callable[[Labels, Matrix], npt.NDArray[Any]]
) -> Measure:
    """The mean of `values` over the messages that `rows` says, both [n_messages]; NaN where there is none."""

    def of(labels: Labels, scores: Matrix) -> float:
        chosen = rows(labels, scores)
        return float(np.mean(values(labels, scores)[chosen])) if chosen.any() else float("nan")

    return Measure(of, lambda y, s, draws: mean_on_draws(values(y, s), draws, where=rows(y, s)))


def _is_clear(labels: Labels, _: Matrix) -> npt.NDArray[np.bool_]:
    """Whether a message has an intent."""
    return np.asarray(labels != NO_INTENT)


def _is_right(labels: Labels, scores: Matrix) -> npt.NDArray[np.bool_]:
    return np.asarray(scores[:, 0] == labels)


def _macro_f1_on_draws(labels: Labels, scores: Matrix, draws: Draws) -> Matrix:
    return macro_f1_on_draws(labels, scores[:, 0], draws, where=labels != NO_INTENT)


@measure(_macro_f1_on_draws)
def _macro_f1(labels: Labels, scores: Matrix) -> float:
    """Mean over the intents that occur; NaN where none does."""
    clear = labels != NO_INTENT
    if not clear.any():
        return float("nan")
    return measures.macro_f1(labels[clear], scores[clear, 0])


MEAN_OF_CLEAR = _mean_over(_is_clear, lambda _, values: values)
ACCURACY = _mean_over(_is_clear, _is_right)
COVERAGE = _mean_over(_is_clear, lambda _, scores: scores[:, 1])
PRECISION = _mean_over(lambda _, scores: scores[:, 1] == 1, _is_right)  # NaN where no answer is given
UNCLEAR_LEFT = _mean_over(lambda labels, _: labels == NO_INTENT, lambda _, scores: 1 - scores[:, 1])
SHARES: Mapping[str, Measure] = {"accuracy": ACCURACY, "macro_f1": _macro_f1}
DECIDED: Mapping[str, Measure] = {"coverage": COVERAGE, "precision": PRECISION, "unclear_left": UNCLEAR_LEFT}


def places(intents: Sequence[str], classes: Sequence[str]) -> Labels:
    """int64[n]: the place of each intent among the classes; NO_INTENT for one that is not among them."""
    place = {name: number for number, name in enumerate(classes)}
    return np.array([place.get(intent, NO_INTENT) for intent in intents], dtype=np.int64)
