"""Rows of books.quality: what lines of the ledger say of a batch, beside what was usual. Values only, and what reads them of frames."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from footfall.quality.measures import OTHER
from footfall.steps.sql import run_sql

WINDOW_DAYS = 28  # of rows that rules go by
LEAST_ROWS = 500  # of a sample, or of a batch, that are enough to speak of drift
LEAST_SHARE, FLOOR = 0.01, 0.0001  # of a label that is a bin of its own; of a bin without rows
Shares = Mapping[str, float]
DaysOfBatches = Mapping[tuple[str, int], date]


@dataclass(frozen=True)
class QualityLimits:
    """What must not be exceeded: shares of broken and of warned rows, a ratio of rows, a rise of NULL, a stability index.

    A rule that fewer than `least_broken` rows break passes.
    """

    max_broken_share: float
    max_warned_share: float
    max_row_ratio: float
    max_null_rise: float
    max_drift: float
    least_broken: int

    def of(self, measure: str, strength: str) -> float:
        """The limit of a measure."""
        if measure == "rule":
            return self.max_broken_share if strength == "error" else self.max_warned_share
        return {"rows": self.max_row_ratio, "nulls": self.max_null_rise, "distribution": self.max_drift}[measure]


@dataclass(frozen=True)
class Measured:
    """One row of books.quality, as its contract has it."""

    day: date
    step: str
    of_batch: int
    target: str
    feed: str
    measure: str
    name: str
    strength: str
    rows_checked: int
    rows_broken: int | None = None
    value: float | None = None
    distribution: Shares | None = None
    baseline: float | None = None
    baseline_batches: int = 0
    drift: float | None = None
    limit: float | None = None
    is_passed: bool = True


@dataclass(frozen=True)
class Usual:
    """What was usual of a measure: the mean of so many batches."""

    value: float | None
    batches: int
    distribution: Shares


def baselines(measured: DataFrame, feeds: Sequence[str], day: date) -> dict[tuple[str, ...], Usual]:
    """(target, feed, measure, name) -> what was usual before the day, of feeds; `measured` is books.quality."""
    values = {"day": day, "feeds": sorted(feeds), "least_rows": LEAST_ROWS}
    rows = run_sql("quality", "baselines", measured=measured, values=values).collect()
    return {
        (row["target"], row["feed"], row["measure"], row["name"]): Usual(
            row["baseline"], row["batches"], _mean(row["distributions"])
        )
        for row in rows
    }


def days_of(measured: DataFrame | None, lines: Sequence[Row], day: date) -> DaysOfBatches:
    """(step, batch) -> the day on which it was measured, of batches whose rows lines with a replay took out; `day` is that of the lines.

    Batches are left out of which no row counts any more.
    """
    days = {(line["step"], line["batch_id"]): day for line in lines}
    batches = {batch for line in lines for batch in line["replayed_batches"] or {}}
    if measured is None or not batches:
        return days
    rows = measured.where("measure = 'rows'").where(F.col("of_batch").isin(batches))
    counting = rows.where(F.col("day") > day - timedelta(days=WINDOW_DAYS)).select("step", "of_batch", "day").distinct()
    return {(row["step"], row["of_batch"]): row["day"] for row in counting.collect()} | days


def measured_lines(
    lines: Iterable[Row],
    *,
    day: date,
    usual: Mapping[tuple[str, ...], Usual],
    limits: QualityLimits,
    days: DaysOfBatches | None = None,
) -> list[Measured]:
    """The measures of lines of the ledger that are about feeds; `days` as `days_of` gives them, where some are of a replay."""
    measures = []
    for line in lines:
        about = {name: line[name] for name in ("step", "target", "feed")} | {"of_batch": line["batch_id"]}
        for values in _measures(line, day, days or {}):
            key = (line["target"], line["feed"], values["measure"], values["name"])
            measures.append(_judged(Measured(**(about | {"day": day} | values)), usual.get(key), limits))
    return measures


def _measures(line: Row, day: date, days: DaysOfBatches) -> Iterator[dict[str, Any]]:
    replayed = line["rows_replayed"] or 0
    checked = line["rows_read"] - line["rows_skipped"] - line["rows_waiting"] - replayed
    landed = None if replayed else float(line["rows_valid"])
    yield {"measure": "rows", "name": "", "strength": "warn", "rows_checked": checked, "value": landed}
    for (of_day, name), rows in sorted(_broken(line, day, days).items()):
        of_all = checked if of_day == day else 0
        yield {
            "measure": "rule",
            "name": name,
            "strength": "error",
            "rows_checked": of_all,
            "rows_broken": rows,
            "day": of_day,
        }
    for name, rows in sorted((line["warnings"] or {}).items()):
        yield {"measure": "rule", "name": name, "strength": "warn", "rows_checked": checked, "rows_broken": rows}
    if replayed:  # what came back is no delivery as others are
        return
    sampled = {"strength": "warn", "rows_checked": line["sampled_rows"]}
    for name, share in sorted((line["null_shares"] or {}).items()):
        yield {"measure": "nulls", "name": name, "value": share, **sampled}
    for name, shares in sorted((line["distributions"] or {}).items()):
        yield {"measure": "distribution", "name": name, "distribution": shares, **sampled}


def _broken(line: Row, day: date, days: DaysOfBatches) -> Counter[tuple[date, str]]:
    """(day, rule) -> rows set aside, less those that a replay took out, which are taken off the day on which they were counted."""
    broken = Counter({(day, rule): rows for rule, rows in (line["broken_rules"] or {}).items()})
    for batch, rules in (line["replayed_batches"] or {}).items():
        if of_day := days.get((line["step"], batch)):
            broken.subtract({(of_day, rule): rows for rule, rows in rules.items()})
    return broken


def _judged(row: Measured, usual: Usual | None, limits: QualityLimits) -> Measured:
    """The row with its baseline, its drift and whether it passes."""
    limit, before = limits.of(row.measure, row.strength), usual or Usual(None, 0, {})
    drift = _drift(row, before)
    if drift is None:
        passed = True
    elif row.measure == "rule":
        passed = (row.rows_broken or 0) < limits.least_broken or drift <= limit
    elif row.measure == "rows":
        passed = max(row.value or 0, before.value or 0) < LEAST_ROWS or 1 / limit <= drift <= limit
    else:
        passed = drift <= limit
    changes = {
        "baseline": before.value,
        "baseline_batches": before.batches,
        "drift": drift,
        "limit": limit,
        "is_passed": passed,
    }
    return Measured(**{**vars(row), **changes})


def _drift(row: Measured, usual: Usual) -> float | None:
    if row.measure == "rule":
        return row.rows_broken / row.rows_checked if row.rows_checked and row.rows_broken is not None else None
    if row.measure == "rows":
        return row.value / usual.value if row.value is not None and usual.value else None
    if not usual.batches or row.rows_checked < LEAST_ROWS:
        return None
    if row.measure == "nulls":
        return None if row.value is None or usual.value is None else row.value - usual.value
    return stability_index(row.distribution or {}, usual.distribution)


def stability_index(now: Shares, before: Shares) -> float:
    """The population stability index of two distributions: the sum of (p - q) ln(p / q) over labels.

    Labels with less than LEAST_SHARE before are one; each share is FLOOR at least.
    """
    own = {label for label, share in before.items() if share >= LEAST_SHARE and label != OTHER}
    bins: dict[str, list[float]] = {label: [0.0, 0.0] for label in (*sorted(own), OTHER)}
    for place, shares in enumerate((now, before)):
        for label, share in sorted(shares.items()):
            bins[label if label in own else OTHER][place] += share
    pairs = [(max(p, FLOOR), max(q, FLOOR)) for p, q in bins.values()]
    return math.fsum((p - q) * math.log(p / q) for p, q in pairs)


def _mean(distributions: Sequence[Shares]) -> dict[str, float]:
    sums: Counter[str] = Counter()
    for shares in distributions:
        for label, share in shares.items():
            sums[label] += share  # type: ignore[assignment] # a Counter adds shares as well
    return {label: total / len(distributions) for label, total in sums.items()}
