"""The columns that footfall fills in itself: days, clocks, base amounts, pseudonyms, ids and numbers. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.mapping.gaps import fills_of
from footfall.mapping.identifiers import SESSION, hands_on
from footfall.mapping.json_paths import without_json_paths
from footfall.mapping.lines import LINE_NUMBER, is_numbered
from footfall.mapping.source import Feed
from footfall.mapping.targets import keeps_history
from footfall.refine.currencies import currency_code, with_base_amounts
from footfall.refine.file_days import day_fault, start_of_day
from footfall.refine.keys import with_line_key
from footfall.steps.history import DELAY_S, SINCE
from footfall.steps.line_keys import delivery_in_place
from footfall.steps.places import element_of
from footfall.steps.sorting import (
    FILE,
    FIRST_INSTANT,
    POSITION,
    RAW_ROW,
    SKIPPED,
    TAKEN_AT,
    UNREADABLE,
    WAITING,
    own_number,
    without,
)
from footfall.tables import PSEUDONYMS

KIND, IDENTIFIER, JOINED = "_kind", "_identifier", "_joined"
FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True)
class ShopDefaults:
    """What refine needs to know of the shop; `first_day` is the day before which nothing can have happened in it."""

    time_zone: str
    currency: str
    first_day: date = FIRST_DAY


def filled(
    mapped: DataFrame,
    *,
    feed: Feed,
    table: Table,
    shop: ShopDefaults,
    vault: DataFrame | None,
    text_ids: Callable[[Column], Column],
    rates: DataFrame | None = None,
) -> DataFrame:
    """The mapped rows with what follows from the row itself; what follows from other rows, `with_generated` adds."""
    rows, wanted = mapped, set(table.column_names)
    for fills in _plain_fills(set(mapped.columns), wanted, feed, shop):
        rows = rows.withColumns(fills)
    rows = with_base_amounts(rows, table, currency=shop.currency, rates=rates)
    if keeps_history(table):
        rows = _with_since(rows, feed, table, zone=feed.time_zone or shop.time_zone)
    if "text_id" in wanted and "text" in mapped.columns:
        rows = rows.withColumn("text_id", text_ids(F.col("text")))
    if KIND in rows.columns and vault is not None:
        pseudonyms = vault.select(F.col("kind").alias(KIND), F.col("identifier").alias(JOINED), "actor_id")
        # rows without an identifier find none, but would all look for it in one task
        joined = F.coalesce(IDENTIFIER, F.concat_ws("\u0001", FILE, POSITION))
        rows = rows.withColumn(JOINED, joined).join(pseudonyms, on=[KIND, JOINED], how="left")
        rows = rows.withColumn("actor_id", F.when(F.col(IDENTIFIER).isNotNull(), F.col("actor_id")))
        if feed.lookups:  # what was looked up may be newer than what the vault saw, which sees it in the next run
            is_unknown = F.col(IDENTIFIER).isNotNull() & F.col("actor_id").isNull()
            waits = F.when(is_unknown, F.lit(f"{WAITING}{PSEUDONYMS.name}"))
            rows = rows.withColumn(SKIPPED, F.coalesce(SKIPPED, waits))
        rows = rows.drop(KIND, IDENTIFIER, JOINED)
    if SESSION in wanted and _is_the_identifier(feed, feed.into[table.name].columns.get(SESSION, "")):
        rows = rows.withColumn(SESSION, F.col("actor_id"))
    later = generated_columns(feed, table)
    absent = [c for c in table.columns if c.name not in rows.columns and c.name not in later]
    return rows.withColumns({c.name: F.lit(None).cast(c.type) for c in absent}) if absent else rows


def _is_the_identifier(feed: Feed, sql: str) -> bool:
    return hands_on(without_json_paths(sql), tuple(map(without_json_paths, feed.identifiers)))


def generated_columns(feed: Feed, table: Table) -> tuple[str, ...]:
    """The columns that follow from other rows: an id by hash, a number within an order."""
    target = feed.into[table.name]
    number = (LINE_NUMBER,) if is_numbered(table) and LINE_NUMBER not in target.columns else ()
    has_id = table.key[0] in {*target.columns, "actor_id", "text_id"}
    return number if has_id else (table.key[0], *number)


def row_contract(feed: Feed, table: Table) -> Table:
    """What a row of the feed can break: the table's contract without the columns that `with_generated` adds."""
    return without(table, generated_columns(feed, table))


def with_generated(checked: DataFrame, *, feed: Feed, table: Table) -> DataFrame:
    """The checked rows with what identifies them; the ids by hash sort, so what needs none does without.

    Lines get their numbers when they are matched with those of the table (`footfall.steps.matching`).
    """
    rows = with_line_key(checked, feed.into[table.name], table) if is_numbered(table) else checked
    return rows.withColumn(table.key[0], _hashed_id(feed, table)) if _has_hashed_id(feed, table) else rows


def needs_its_delivery(feed: Feed, table: Table) -> bool:
    """Whether what identifies a row follows from other rows of its file too: its ordinal among equal lines, or equal raw rows."""
    is_line = is_numbered(table) and LINE_NUMBER not in feed.into[table.name].columns
    return is_line or (_has_hashed_id(feed, table) and bool(fills_of(feed)))


def _has_hashed_id(feed: Feed, table: Table) -> bool:
    return table.key[0] in generated_columns(feed, table)


def _plain_fills(mapped: set[str], wanted: set[str], feed: Feed, shop: ShopDefaults) -> tuple[dict[str, Column], ...]:
    """Columns that follow from others in the row: first those that follow from mapped ones, then those that need the first."""
    first: dict[str, Column] = {}
    if "valid_from" in wanted and "valid_from" not in mapped:
        first["valid_from"] = F.expr(FIRST_INSTANT)
    if "event_date" in wanted:
        first["event_date"] = F.to_date(F.from_utc_timestamp("event_time", shop.time_zone))
    if "currency" in wanted:
        first["currency"] = currency_code(mapped, wanted, default=feed.currency or shop.currency)
    then: dict[str, Column] = {}
    if "known_at" in wanted:
        then["known_at"] = _known_at(wanted, feed)
    return tuple(fills for fills in (first, then) if fills)


def _with_since(rows: DataFrame, feed: Feed, table: Table, *, zone: str) -> DataFrame:
    """With `_since`, from when what the row says holds: the day of its file, else the moment of taking; NULL where it is mapped.

    `valid_from` and `known_at` of such rows are those of a first version, until `history.mark` knows which it is.
    """
    delay = F.lit(feed.known.delay_s if feed.known else None).cast("int")
    if not feed.has_versions(table.name):
        return rows.withColumns({SINCE: F.lit(None).cast("timestamp"), DELAY_S: delay})
    if feed.file_day is None:
        return rows.withColumns({SINCE: F.col(TAKEN_AT), DELAY_S: delay})
    dated = rows.withColumns({SINCE: start_of_day(F.col(FILE), feed.file_day, zone), DELAY_S: delay})
    fault = day_fault(F.col(SINCE), F.col(TAKEN_AT))
    faults = F.when(fault.isNotNull(), F.array_append(UNREADABLE, fault)).otherwise(F.col(UNREADABLE))
    return dated.withColumn(UNREADABLE, faults)


def with_time_of_file(rows: DataFrame, feed: Feed, *, zone: str) -> DataFrame:
    """The rows with `event_time`: the day of their file where the feed has `file_day`, else the moment of taking."""
    if feed.file_day is None:
        return rows.withColumn("event_time", F.col(TAKEN_AT))
    dated = rows.withColumn("event_time", start_of_day(F.col(FILE), feed.file_day, zone))
    fault = day_fault(F.col("event_time"), F.col(TAKEN_AT))
    return dated.withColumn(
        UNREADABLE, F.when(fault.isNotNull(), F.array_append(UNREADABLE, fault)).otherwise(F.col(UNREADABLE))
    )


def _known_at(wanted: set[str], feed: Feed) -> Column:
    """When the row was known: with `known` its own clock and the delay, else the moment of taking.

    What a clock ahead of footfall's wrote is known when it happened: not before, though it was taken before.
    """
    clocks = [clock for clock in ("event_time", "valid_from") if clock in wanted]
    if feed.known is None:
        return F.greatest(TAKEN_AT, "event_time") if "event_time" in wanted else F.col(TAKEN_AT)
    if not clocks:
        return F.col(TAKEN_AT)
    return F.col(clocks[0]) + F.expr(f"INTERVAL {feed.known.delay_s} SECONDS")


def _hashed_id(feed: Feed, table: Table) -> Column:
    """Hash of the feed, the row and its ordinal among equal rows of its delivery, for sources without an id.

    That is a file, or all that is read at once of a table in place, however it is laid out in files. Of a document with lines
    the number of the element takes part. Equal rows are sound or broken alike, unless fills tell them apart: with these the
    broken ones are counted too, so that each keeps its ordinal when it is read again.
    """
    origin, row = feed.files or feed.delta or "", F.to_json(RAW_ROW)
    delivery = F.col(FILE) if feed.delta is None else delivery_in_place()
    element = [element_of(F.col(POSITION))] if feed.into[table.name].each else []
    equal = [delivery, row, *element, *([] if fills_of(feed) else [own_number()])]
    ordinal = F.row_number().over(Window.partitionBy(*equal).orderBy(FILE, POSITION))
    numbers = (number.cast("string") for number in (*element, ordinal))
    return F.sha2(F.concat_ws("\u0001", F.lit(origin), row, *numbers), 256)
