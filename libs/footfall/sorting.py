"""Where each mapped row goes: valid, quarantined, duplicate or withheld; pure functions of frames. Imports contracts only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from footfall.contract import Severity, Table, faults

# Columns that refine adds beside the target's own, and that end with the sorting.
FEED, FILE, POSITION, WITHHELD, UNREADABLE = "_feed", "_file", "_position", "_withheld", "_unreadable"
RAW_ROW = "_raw_row"
FAULTS, DUPLICATE = "_faults", "_duplicate"


def mark(rows: DataFrame, table: Table, *, existing: DataFrame | None, unique: bool = False) -> DataFrame:
    """The rows with `_faults` (rules broken) and `_duplicate` (the table or an earlier row of the batch has the key).

    A withheld row is not judged; only sound rows compete for a key. The first by file and position stays, so that
    the choice repeats. `existing` holds the table's keys so far; None where it is empty. `unique` says that sound rows
    have keys of their own already, which saves a sort.
    """
    judged = judge(rows, table)
    sound = F.col(WITHHELD).isNull() & (F.size(FAULTS) == 0)
    within_key = Window.partitionBy(*table.key).orderBy(sound.desc(), FEED, FILE, POSITION)
    marked = judged.withColumn(DUPLICATE, F.lit(False) if unique else sound & (F.row_number().over(within_key) > 1))
    if existing is None:
        return marked
    keys = existing.select(*table.key).withColumn("_exists", F.lit(True))
    return (
        marked.join(keys, on=list(table.key), how="left")
        .withColumn(DUPLICATE, F.col(DUPLICATE) | (sound & F.coalesce("_exists", F.lit(False))))
        .drop("_exists")
    )


def judge(rows: DataFrame, table: Table) -> DataFrame:
    """The rows with `_faults`: the rules that each breaks; a withheld row is not judged."""
    return rows.withColumn(
        FAULTS, F.when(F.col(WITHHELD).isNull(), F.concat(UNREADABLE, faults(table))).otherwise(F.array())
    )


def without(table: Table, generated: Sequence[str]) -> Table:
    """The contract less columns that footfall generates and the rules about them: what a raw row can break."""
    return replace(
        table,
        columns=tuple(c for c in table.columns if c.name not in generated),
        key=tuple(k for k in table.key if k not in generated),
        rules=tuple(r for r in table.rules if not any(name in r.predicate for name in generated)),
    )


def is_valid() -> Column:
    """Whether a marked row goes into the table."""
    return F.col(WITHHELD).isNull() & (F.size(FAULTS) == 0) & ~F.col(DUPLICATE)


def tallies(table: Table, feeds: Mapping[str, Sequence[str]]) -> list[Column]:
    """One struct a feed of exact counts over marked rows, named by the feed: its line of the ledger.

    `feeds` gives the reasons for which each feed's mapping withholds rows.
    """
    return [_tally(table, F.col(FEED) == feed, why).alias(feed) for feed, why in feeds.items()]


def _tally(table: Table, mine: Column, why: Sequence[str]) -> Column:
    late = F.expr("known_at > event_time + INTERVAL 1 DAY") if "event_time" in table.column_names else F.lit(False)
    counted = {
        "rows_read": F.lit(True),
        "rows_valid": is_valid(),
        "rows_quarantined": F.size(FAULTS) > 0,
        "rows_duplicate": F.col(DUPLICATE),
        "rows_withheld": F.col(WITHHELD).isNotNull(),
        "rows_late": is_valid() & late,
    }
    counted |= {f"why:{reason}": F.col(WITHHELD) == reason for reason in why}
    counted |= {f"rule:{r.name}": ~F.expr(r.predicate) for r in table.rules if r.severity is Severity.WARN}
    return F.struct(*(F.count_if(mine & rule).alias(name) for name, rule in counted.items()))


def close_intervals(valid: DataFrame, table: Table) -> DataFrame:
    """History rows with `valid_to` set to the next version's `valid_from`; other tables as they are."""
    if "valid_to" not in table.column_names:
        return valid
    versions = Window.partitionBy(*(c for c in table.key if c != "valid_from")).orderBy("valid_from")
    return valid.withColumn("valid_to", F.lead("valid_from").over(versions))


def quarantined(judged: DataFrame, table: Table) -> DataFrame:
    """The rows of raw.quarantine: those that broke a rule, with the raw row as JSON."""
    return judged.where(F.size(FAULTS) > 0).select(
        F.col(FEED).alias("feed"),
        F.lit(table.name).alias("target"),
        F.col(FILE).alias("file"),
        F.col(POSITION).alias("position"),
        F.array_sort(FAULTS).alias("rules"),
        F.col(RAW_ROW).alias("raw_row"),
        F.col("_taken_at").alias("known_at"),
    )
