"""People made by a rule, as rows of user_features with what the models read; and trainings and scorings by hand."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from footfall.contract import Table
from footfall.features.dates import AsOfDates
from footfall.models.common.declaration import Model
from footfall.models.common.gates import Verdict
from footfall.models.common.runs import LoadedModel, ScoringRun, TrainingRun
from footfall.settings import resolve

ROOT = Path(__file__).resolve().parents[2]
EVALUATION_DATE = date(2017, 11, 1)
TRAINING = (date(2017, 8, 2), date(2017, 9, 1))
ROUNDS = 50  # resamples: enough for the gates of tests, whose differences are large
ENCODER = "enc1"


@cache
def base_settings() -> dict[str, Any]:
    """The sections of conf/base.yaml."""
    return resolve(ROOT / "conf", "local", {}).model_dump()


def training_run(
    model: Model,
    *,
    frames: Mapping[Table, DataFrame] | None = None,
    champion: LoadedModel | None = None,
    as_of: date = EVALUATION_DATE,
    time_zone: str = "UTC",
    max_champion_loss: float = 0.01,
    **settings: Any,
) -> TrainingRun:
    """A training on those frames by the model's own settings, of which `settings` differ."""
    return TrainingRun(
        model=model,
        frames={table.name: frame for table, frame in (frames or {}).items()},
        settings={**base_settings().get(model.settings, {}), **settings},
        as_of=as_of,
        dates=AsOfDates(as_of, EVALUATION_DATE, TRAINING),
        time_zone=time_zone,
        bootstrap_rounds=ROUNDS,
        max_champion_loss=max_champion_loss,
        champion=champion,
        former=champion.fitted if champion else None,
        encoder_fingerprint=lambda: ENCODER,
        encoder_folder=nullcontext,
        text={},
    )


def scoring_run(
    model: Model,
    *,
    frames: Mapping[Table, DataFrame] | None = None,
    champion: LoadedModel | None = None,
    reason: str = "",
    as_of: date = EVALUATION_DATE,
    time_zone: str = "UTC",
    others: Mapping[str, LoadedModel | None] | None = None,
) -> ScoringRun:
    """A scoring of those frames by the champion, with the model's own settings."""
    return ScoringRun(
        model=model,
        frames={table.name: frame for table, frame in (frames or {}).items()},
        settings={key: base_settings()[model.settings][key] for key in model.score_settings},
        as_of=as_of,
        time_zone=time_zone,
        champion=champion,
        reason=reason,
        others=others or {},
    )


def as_champion(fitted: Any, name: str, *, number: int = 1) -> LoadedModel:
    """A fitted model as the registry gives a champion back."""
    return LoadedModel(fitted, f"{name}/{number}", fitted.learner)


def gates_passed(verdict: Verdict) -> dict[tuple[str, str], bool]:
    """(metric, "baseline" or "champion") -> whether the gate was passed."""
    return {(r.metric, "champion" if r.is_champion else "baseline"): r.passed for r in verdict.reports}


def share(*what: object) -> float:
    """A number in [0, 1) that depends on `what` alone, the same on every machine."""
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:6], "big") / 2**48


def person(number: int, day: date) -> dict[str, object]:
    """Somebody whose chance to leave depends on how long they are silent beside their own usual gap."""
    gap = 2 + 40 * share("gap", number) ** 2
    recency = 1 + gap * 3 * share("recency", number, day)
    orders = int(15 * share("orders", number))  # newcomers and old hands alike: how many says nothing of the gap
    log_odds = 3.0 * (math.log1p(recency) - math.log1p(gap)) - 0.5
    return {
        "as_of_date": day,
        "user_id": f"u{number:04d}",
        "recency_days": recency,
        "gap_mean_days": None if number % 50 == 0 else gap,
        "gap_stddev_days": None if number % 50 == 0 else gap / 2,
        "gap_max_days": None if number % 50 == 0 else 2 * gap,
        "active_weeks_12w": min(orders, 12),
        "order_count_30d": orders // 3,
        "order_count_90d": orders,
        "order_count_365d": 4 * orders + 1,
        "net_amount_90d": 20.0 * orders,
        "net_amount_365d": 80.0 * orders + 20.0,
        "no_purchase": int(share("leaves", number, day) < 1 / (1 + math.exp(-log_odds))),
    }


PEOPLE = (
    "as_of_date date, user_id string, recency_days double, gap_mean_days double, gap_stddev_days double, "
    "gap_max_days double, active_weeks_12w long, order_count_30d long, order_count_90d long, order_count_365d long, "
    "net_amount_90d double, net_amount_365d double, no_purchase int"
)

KINDS = (  # recency, orders, paid per order, discount, weekend
    (2.0, 60, 15.0, 0.05, 0.3),
    (6.0, 12, 75.0, 0.05, 0.3),
    (4.0, 36, 25.0, 0.45, 0.3),
    (70.0, 1, 20.0, 0.05, 0.9),
)


def shopper(number: int, day: date) -> dict[str, object]:
    """Somebody of one of four kinds, a tenth up or down on any day; number 7 buys petrol by the tanker."""
    recency, orders, value, discount, weekend = KINDS[number % 4]
    near = [0.9 + 0.2 * share(number, place, *([] if day == EVALUATION_DATE else [day])) for place in range(7)]
    value = 1e6 if number == 7 else value * near[3]
    return {
        "as_of_date": day,
        "user_id": f"u{number:04d}",
        "recency_days": recency * near[0],
        "order_count_90d": round(orders * near[1]),
        "net_amount_365d": 4 * round(orders * near[1]) * value,
        "order_value_90d": value,
        "discount_share_90d": discount * near[4],
        "weekend_share_365d": weekend * near[5],
    }
