"""How good a churn model is: figures with intervals beside its baselines, and the gates. Plain arrays, no Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from footfall.models.common import measures
from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels
from footfall.models.common.trained import Gate

MOST_CALIBRATION_ERROR = 0.05


@dataclass(frozen=True)
class ChurnPredictions:
    """The judged people: labels, what each model says of them, and who of them was active lately."""

    labels: Labels
    scores: Matrix
    others: Mapping[str, Matrix]
    is_active: np.ndarray[Any, np.dtype[np.bool_]]


def evaluate(judged: ChurnPredictions, rounds: int) -> dict[str, Any]:
    """Metrics with intervals, and the numbers behind the plots."""
    y, p, active = judged.labels, judged.scores, judged.is_active
    ranked = {"auroc": measures.auroc, "average_precision": measures.average_precision}
    found = measures.intervals(y, p, {**ranked, "brier": measures.brier, "log_loss": measures.log_loss}, rounds=rounds)
    lately = measures.intervals(y[active], p[active], ranked, rounds=rounds) if active.any() else {}
    found |= {f"{name}_active_people": interval for name, interval in lately.items()}
    found["auroc_gain"] = measures.gain(y, p, judged.others, rounds=rounds)
    others = {
        name: measures.intervals(y, s, {"auroc": measures.auroc}, rounds=rounds)["auroc"]
        for name, s in judged.others.items()
    }
    return {
        "metrics": {name: asdict(interval) for name, interval in found.items()},
        "baselines": {name: asdict(interval) for name, interval in others.items()},
        "calibration_error": measures.calibration_error(y, p),
        "calibration_by_chance": measures.calibration_by_chance(y, p),
        "calibration": measures.calibration(y, p),
        "gain_curve": {"churn model": measures.gain_curve(y, p)}
        | {name: measures.gain_curve(y, s) for name, s in judged.others.items()},
        "people": len(y),
        "people_active": int(active.sum()),
        "churned_share": float(y.mean()),
    }


def gates(told: Mapping[str, Any], *, min_auroc_gain: float) -> list[Gate]:
    """Clear of both baselines, as sure as 95% intervals are, and honest probabilities."""
    gain = told["metrics"]["auroc_gain"]
    error, by_chance = told["calibration_error"], told["calibration_by_chance"]
    best = max(told["baselines"].items(), key=lambda item: item[1]["value"])
    return [
        Gate(
            "clear_of_baselines",
            bool(gain["low"] >= min_auroc_gain),
            f"AUROC {told['metrics']['auroc']['value']:.3f} is {gain['value']:+.3f} from {best[0]} ({best[1]['value']:.3f}), "
            f"95% interval from {gain['low']:+.3f}; it must be at least {min_auroc_gain:+.3f}",
        ),
        Gate(
            "calibrated",
            error - by_chance <= MOST_CALIBRATION_ERROR,
            f"calibration error {error:.3f}, of which {by_chance:.3f} is chance; beyond it at most {MOST_CALIBRATION_ERROR}",
        ),
    ]
