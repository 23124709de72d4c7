"""Measures the batches that were not measured yet, and says in words what fails of all that was measured. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame, Row

from footfall.steps.sql import run_sql

WINDOW_DAYS = 28  # of rows that rules go by
LEAST_ROWS = 500  # of a sample, or of a batch, that are enough to speak of drift


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


def quality(ledger: DataFrame, *, before: DataFrame, day: date, limits: QualityLimits) -> DataFrame:
    """Rows of books.quality for the batches in the ledger of which `before`, the table so far, has none."""
    values = {
        "day": day,
        "max_broken_share": limits.max_broken_share,
        "max_warned_share": limits.max_warned_share,
        "max_row_ratio": limits.max_row_ratio,
        "max_null_rise": limits.max_null_rise,
        "max_drift": limits.max_drift,
        "least_broken": limits.least_broken,
        "least_rows": LEAST_ROWS,
    }
    return run_sql("quality", "quality", ledger=ledger, before=before, values=values)


def failures(measured: DataFrame, *, made_anew: Collection[str], day: date, limits: QualityLimits) -> DataFrame:
    """What fails now; `made_anew` are the tables that each batch makes of all raw rows."""
    since = day - timedelta(days=WINDOW_DAYS)
    values = {"made_anew": sorted(made_anew), "since": since, "least_broken": limits.least_broken}
    return run_sql("quality", "gate", quality=measured, values=values)


def gate_report(failing: Iterable[Row]) -> str:
    """One line for each measure that fails, and one that says what to do; empty where none does."""
    lines = [line for row in failing for line in _lines(row)]
    return "\n".join([f"the gate of quality: {len(lines) // 2} measures fail", *lines]) if lines else ""


def _lines(row: Row) -> Iterator[str]:
    what, remedy = _words(row)
    yield f"  {row['target']:<24} {row['feed']:<28} {what}"
    yield f"    Fix: {remedy}"


def _words(row: Row) -> tuple[str, str]:
    name, drift, limit = row["name"], row["drift"], row["limit"]
    if row["measure"] == "rule" and row["strength"] == "error":
        return (
            f"{name}: {row['rows_broken']:,} of {row['rows_checked']:,} rows ({drift:.1%}) are in quarantine, more than {limit:.1%}",
            f"look at them in raw.quarantine; put the source, the mapping or the rule right, then jobs/ingest.py --replay --rule {name}",
        )
    if row["measure"] == "rule":
        return (
            f"{name}: {row['rows_broken']:,} of {row['rows_checked']:,} rows ({drift:.1%}) are warned of, more than {limit:.1%}",
            "they are in the table all the same; docs/mapping.md says what the warning means",
        )
    if row["measure"] == "rows":
        return (
            f"rows: {row['value']:,.0f}, where {row['baseline']:,.0f} are usual ({drift:.2f} times; limits 1/{limit:g} and {limit:g})",
            "see whether files are missing, or came twice under other names",
        )
    if row["measure"] == "nulls":
        return (
            f"{name}: {row['value']:.1%} are NULL, where {row['baseline']:.1%} are usual",
            "see whether the source renamed the column or left it out",
        )
    return (
        f"{name}: distributed otherwise than before (stability index {drift:.2f}, more than {limit:g})",
        "compare `distribution` of its rows in books.quality: a unit or a code may have changed",
    )
