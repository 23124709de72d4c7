"""Where each mapped row goes: valid, quarantined, duplicate, in conflict or skipped; pure functions of frames. Imports contracts only."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from footfall.contract import Severity, Table, Written
from footfall.contract.frames import broken_rules, checks, keeps
from footfall.steps.places import element_of, position_of
from footfall.tables.raw import QUARANTINE

NO_ELEMENTS = "no_elements"  # in `_skipped`: a document without elements is no row, and counted as a document only
# Columns that refine adds beside the target's own, and that end with the sorting.
FEED, FILE, POSITION, SKIPPED, UNREADABLE, WARNED = (
    "_feed", "_file", "_position", "_skipped", "_unreadable", "_warned",
)  # fmt: skip
RAW_ROW, TAKEN_AT = "_raw_row", "_taken_at"
REPLAYED = "_replayed"  # whether the row was taken out of raw.quarantine; only where rows were
# Whether the row is one of the batch, and not one that an earlier batch counted: such rows are read beside those of their
# delivery that come out of raw.quarantine, to number and match these as if all came at once; only there.
IN_BATCH = "_in_batch"
AGAIN = "_again"  # whether the row was read before, and waited or was in quarantine since; only where conflicts replace rows
SOUND = "_sound"
# Columns that `footfall.steps.matching.mark` adds: how the row stands beside others with its key.
DUPLICATE, CONFLICT, LANDS, REPLACES = "_duplicate", "_conflict", "_lands", "_replaces"
WAITING = "waiting: "  # how `_skipped` begins of rows that wait for a row of another feed; its name follows
EARLIER_RATE = "fx_rate_of_an_earlier_day"  # the warning of a row whose own day has no rate of its currency
LINE_CONFLICT = "line_conflict"  # the rule of rows that go to quarantine since they are in conflict

PLACES, RULES = "_places", "_rules"
IS_KNOWN, ROWS_ASIDE, ROWS_KNOWN = "_is_known", "_rows_aside", "_rows_known"
FRESH_CHECKED, FRESH_BROKEN = "fresh_checked", "fresh_broken"
MOST_PLACES = 10_000  # of broken rows that are looked up one by one; with more, all rows are read again
FIRST_INSTANT = "TIMESTAMP'1970-01-01 00:00:00'"  # the `valid_from` of rows whose mapping gives none
MOST_WEEKS = 52  # key ranges of older rows are one
LATE_LOAD_DAYS = 7  # a row that is taken so long after it happened is no daily log's


def check_rules(rows: DataFrame, table: Table) -> DataFrame:
    """The rows with `_sound`: neither skipped nor unreadable, and all rules kept; `reasons` names the broken rules."""
    is_readable = F.size(UNREADABLE) == 0
    return rows.withColumn(SOUND, F.col(SKIPPED).isNull() & is_readable & keeps(table))


def own_number() -> Column:
    """NULL of a sound row; of another a number of its own: those without a key then do not all meet in one task."""
    return F.when(~F.col(SOUND), F.xxhash64(FILE, POSITION))


def key_ranges(checked: DataFrame, table: Table, column: str) -> DataFrame:
    """Least and greatest value of a key column in the sound rows, by weeks between what happened and its arrival.

    Rows (age_weeks, least, greatest), at most one for each week of a year and one for all that is older: a late row
    with the key of long ago widens no range but its own.
    """
    day = F.col("event_date") if "event_date" in table.column_names else F.to_date(TAKEN_AT)
    age = F.floor(F.date_diff(F.to_date(TAKEN_AT), day) / 7)
    weeks = F.least(F.greatest(age, F.lit(0)), F.lit(MOST_WEEKS)).alias("age_weeks")
    return checked.where(SOUND).groupBy(weeks).agg(F.min(column).alias("least"), F.max(column).alias("greatest"))


def that_can_match(existing: DataFrame, column: str, ranges: Sequence[Row]) -> DataFrame | None:
    """The rows of the table whose key can be one of the batch's, by its `key_ranges`; None where there is no range.

    Delta leaves out the files whose statistics lie outside of all ranges, the Parquet reader the parts of files whose footers
    say so.
    """
    within = [F.col(column).between(F.lit(r["least"]), F.lit(r["greatest"])) for r in ranges]
    return existing.where(reduce(operator.or_, within)) if within else None


def without(table: Table, generated: Sequence[str]) -> Table:
    """The contract less columns that footfall generates and the rules about them: what a raw row can break."""
    return replace(
        table,
        columns=tuple(c for c in table.columns if c.name not in generated),
        key=tuple(k for k in table.key if k not in generated),
        rules=tuple(r for r in table.rules if not any(name in r.predicate for name in generated)),
    )


def is_valid() -> Column:
    """Whether a marked row adds a row to the table. What is written is another question: `_lands` says so of each row."""
    return F.col(SOUND) & ~F.col(DUPLICATE) & ~F.col(CONFLICT)


def is_broken() -> Column:
    """Whether a checked row goes to quarantine."""
    return F.col(SKIPPED).isNull() & ~F.col(SOUND)


def is_waiting() -> Column:
    """Whether a mapped row waits for a row of another feed; never NULL."""
    return F.coalesce(F.startswith(F.col(SKIPPED), F.lit(WAITING)), F.lit(False))


def is_late_load(table: Table, *, is_first: bool) -> Column:
    """Whether a marked row goes into the table, and was known more than LATE_LOAD_DAYS after it happened or began to hold.

    A row whose mapping does not say since when it holds, counts in the first load of the table only: from then on it is
    news, such as a customer of today, for which there is nothing to correct.
    """
    clocks = [clock for clock in ("event_time", "valid_from") if clock in table.column_names]
    if not clocks or "known_at" not in table.column_names:
        return F.lit(False)
    late = is_valid() & F.expr(f"known_at > {clocks[0]} + INTERVAL {LATE_LOAD_DAYS} DAY")
    return late if is_first else late & (F.col(clocks[0]) > F.expr(FIRST_INSTANT))


def late_load_warning(feed: str, table: Table, *, late: int, valid: int) -> str:
    """What it means, in words, that most valid rows of a feed without `known` are a late load; empty where they are not."""
    if late * 2 <= valid:
        return ""
    remedy = (
        "facts that were loaded without it keep their clock, so load them into a new lake."
        if table.written is Written.APPEND
        else "the next run makes the table anew with it. Without a `valid_from` in the mapping it says that the rows were ever so."
    )
    return (
        f"{late:,} of {valid:,} rows of {feed} for {table.full_name} are older than {LATE_LOAD_DAYS} days, and count as known "
        f"only from when they were taken: features as of earlier days do not see them. Fix: for a first load of old files give "
        f"the feed `known: {{delay: 0 hours}}`; {remedy}"
    )


def no_elements_warning(feed: str, each: str, *, documents: int, empty: int) -> str:
    """That no document of a feed has any element, in words; empty where some have, or there are none."""
    if not documents or empty < documents:
        return ""
    return f"{feed}: none of {documents:,} documents has an element under {each}, so that no row was made of them"


def places_of_broken() -> Column:
    """array<struct<file, position>> of the broken rows, MOST_PLACES at most: where to look for them again."""
    place = F.struct(F.col(FILE).alias("file"), position_of(F.col(POSITION)).alias("position"))
    return F.min_by(place, F.when(is_broken(), F.col(POSITION)), MOST_PLACES).alias(PLACES)


def among(aside: DataFrame, places: Sequence[Row]) -> DataFrame:
    """Rows of raw.quarantine that can lie at the places: their files and positions, which the scan itself sorts out.

    All of them where the places may not be all.
    """
    if len(places) >= MOST_PLACES:
        return aside
    files, positions = ({place[key] for place in places} for key in ("file", "position"))
    is_there = F.col("position").isin(positions) & F.col("file").isin(files)  # numbers first: they are compared faster
    return aside.where(is_there)


def known_aside(aside: DataFrame, before: DataFrame) -> DataFrame:
    """Rows of raw.quarantine with `_is_known`: whether those set aside before hold the same raw row for the same table."""
    places = list(QUARANTINE.key)
    known = before.select(*places, F.lit(True).alias("_known")).dropDuplicates(places)
    joined = aside.join(known, on=places, how="left")
    return joined.withColumn(IS_KNOWN, F.coalesce("_known", F.lit(False))).drop("_known")


def aside_counts() -> list[Column]:
    """Rows of `known_aside`, and those among them that are known."""
    return [F.count(F.lit(1)).alias(ROWS_ASIDE), F.count_if(IS_KNOWN).alias(ROWS_KNOWN)]


def rules_by_place() -> Column:
    """array<struct<feed, rules>> of rows of raw.quarantine, MOST_PLACES at most."""
    return F.min_by(F.struct("feed", "rules"), "position", MOST_PLACES).alias(RULES)


def rule_counts(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Feed -> rule -> rows that broke it, of rows with `feed` and `rules`."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row["feed"], Counter()).update(row["rules"])
    return {feed: dict(of_feed) for feed, of_feed in counts.items()}


def tallies(
    table: Table,
    feeds: Mapping[str, Sequence[str]],
    *,
    is_first: bool,
    aside: Column | None = None,
    of_documents: Collection[str] = (),
    fresh: Mapping[str, Column] | None = None,
    warned: Mapping[str, Sequence[str]] | None = None,
) -> list[Column]:
    """One struct a feed of exact counts over marked rows, named by the feed: its line of the ledger.

    `feeds` gives the reasons for which each feed's mapping skips rows; `is_first` says that the table was empty before; `aside`
    whether a row goes to quarantine since it is in conflict. `of_documents` are the feeds whose rows are elements of documents,
    which are counted too. `fresh` says of feeds which rows no batch has read before; without it all of them count as such;
    `warned` gives the mappings' own rules that only warn.
    """
    late, to_quarantine = is_late_load(table, is_first=is_first), F.lit(False) if aside is None else aside
    tallied = []
    for feed, skips in feeds.items():
        mine, others = F.col(FEED) == feed, dict[str, Column]()
        if feed in of_documents:
            is_empty = F.col(SKIPPED).eqNullSafe(NO_ELEMENTS)
            is_first_of_document = (F.col(POSITION) >= 0) | (element_of(F.col(POSITION)) == 1)
            others = {"documents": mine & is_first_of_document, "documents_empty": mine & is_empty}
            mine &= ~is_empty
        if fresh and feed in fresh:
            is_checked = F.col(SKIPPED).isNull() & mine & fresh[feed]
            others |= {FRESH_CHECKED: is_checked, FRESH_BROKEN: is_checked & (~F.col(SOUND) | to_quarantine)}
        own = (warned or {}).get(feed, ())
        others |= {f"rule:{name}": mine & F.col(SOUND) & F.array_contains(WARNED, name) for name in own}
        tallied.append(_tally(table, mine, skips, late, to_quarantine, others).alias(feed))
    return tallied


def _tally(
    table: Table,
    mine: Column,
    skip_reasons: Sequence[str],
    late_load: Column,
    aside: Column,
    others: Mapping[str, Column],
) -> Column:
    late = F.expr("known_at > event_time + INTERVAL 1 DAY") if "event_time" in table.column_names else F.lit(False)
    counted = {
        "rows_read": F.lit(True),
        "rows_valid": is_valid(),
        "rows_quarantined": is_broken() | aside,
        "rows_duplicate": F.col(DUPLICATE),
        "rows_conflict": F.col(CONFLICT) & ~aside,
        "rows_skipped": F.col(SKIPPED).isNotNull() & ~is_waiting(),
        "rows_waiting": is_waiting(),
        "rows_late": is_valid() & late,
    }
    counted |= {"late_load": late_load, "replaced": F.col(REPLACES), "conflicts_aside": aside}
    counted |= {f"reason:{reason}": F.col(SKIPPED) == reason for reason in skip_reasons}
    counted |= {f"rule:{name}": F.col(SOUND) & ~kept for name, kept in checks(table, Severity.WARN).items()}
    counted |= {f"rule:{name}": F.col(SOUND) & F.array_contains(WARNED, name) for name in warning_names(table)}
    counts = {name: F.count_if(mine & rule) for name, rule in counted.items()}
    counts |= {name: F.count_if(rule) for name, rule in others.items()}
    return F.struct(*(count.alias(name) for name, count in counts.items()))


def warning_names(table: Table) -> list[str]:
    """What times and days of a valid row may be warned of, whatever the mapping."""
    times = [c.name for c in table.columns if c.type == "timestamp" and c.name in {"event_time", "valid_from"}]
    days = [
        c.name for c in table.columns if c.type in {"timestamp", "date"} and c.name not in {"event_time", "event_date"}
    ]
    hours = [f"{c}_in_{kind}_hour" for c in times for kind in ("skipped", "repeated")]
    rates = [EARLIER_RATE] if "amount_base" in table.column_names else []
    return [*hours, *(f"{c}_open" for c in days if c not in {"valid_to", "known_at"}), *rates]


def close_intervals(valid: DataFrame, table: Table) -> DataFrame:
    """History rows with `valid_to` set to the next version's `valid_from`; other tables as they are."""
    if "valid_to" not in table.column_names:
        return valid
    versions = Window.partitionBy(*(c for c in table.key if c != "valid_from")).orderBy("valid_from")
    return valid.withColumn("valid_to", F.lead("valid_from").over(versions))


def reasons(table: Table) -> Column:
    """array<string> of the rules that a broken row breaks, in order."""
    return F.array_sort(F.concat(UNREADABLE, broken_rules(table)))


def quarantined(checked: DataFrame, table: Table, *, of_elements: bool = True) -> DataFrame:
    """The rows of raw.quarantine: those that broke a rule, with the raw row as JSON. Only these get reasons and JSON.

    `of_elements` says that rows may be elements of lists. Where none is, the scan itself sorts out positions (see `among`).
    """
    return _set_aside(checked.where(is_broken()), table, reasons(table), of_elements=of_elements)


def conflicting(checked: DataFrame, table: Table, *, of_elements: bool = True) -> DataFrame:
    """All sound rows as rows of raw.quarantine, should they turn out to be in conflict; `of_elements` as in `quarantined`."""
    return _set_aside(checked.where(SOUND), table, F.array(F.lit(LINE_CONFLICT)), of_elements=of_elements)


def _set_aside(rows: DataFrame, table: Table, rules: Column, *, of_elements: bool) -> DataFrame:
    place = F.col(POSITION)
    position, element = (position_of(place), element_of(place)) if of_elements else (place, F.lit(0))
    return rows.select(
        F.col(FEED).alias("feed"),
        F.lit(table.name).alias("target"),
        F.col(FILE).alias("file"),
        position.alias("position"),
        element.alias("element"),
        rules.alias("rules"),
        F.to_json(RAW_ROW).alias("raw_row"),
        F.col(TAKEN_AT).alias("known_at"),
    )
