"""The columns that footfall fills in itself: days, clocks, base amounts, pseudonyms, ids and numbers. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.mapping.source import Feed, Number
from footfall.steps.sorting import FILE, FIRST_INSTANT, POSITION, RAW_ROW, TAKEN_AT, own_number, without

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
) -> DataFrame:
    """The mapped rows with what follows from the row itself; what follows from other rows, `with_generated` adds."""
    rows, wanted = mapped, set(table.column_names)
    for fills in _plain_fills(set(mapped.columns), wanted, feed, shop):
        rows = rows.withColumns(fills)
    if "text_id" in wanted:
        rows = rows.withColumn("text_id", text_ids(F.col("text")))
    if KIND in rows.columns and vault is not None:
        pseudonyms = vault.select(F.col("kind").alias(KIND), F.col("identifier").alias(JOINED), "actor_id")
        # rows without an identifier find none, but would all look for it in one task
        joined = F.coalesce(IDENTIFIER, F.concat_ws("\u0001", FILE, POSITION))
        rows = rows.withColumn(JOINED, joined).join(pseudonyms, on=[KIND, JOINED], how="left")
        rows = rows.withColumn("actor_id", F.when(F.col(IDENTIFIER).isNotNull(), F.col("actor_id")))
        rows = rows.drop(KIND, IDENTIFIER, JOINED)
    later = generated_columns(feed, table)
    absent = [c for c in table.columns if c.name not in rows.columns and c.name not in later]
    return rows.withColumns({c.name: F.lit(None).cast(c.type) for c in absent}) if absent else rows


def generated_columns(feed: Feed, table: Table) -> tuple[str, ...]:
    """The columns that follow from other rows of the batch: an id by hash, a number within an order."""
    target = feed.into[table.name]
    number = (target.number.column,) if target.number else ()
    has_id = table.key[0] in {*target.columns, *number, "actor_id", "text_id"}
    return number if has_id else (table.key[0], *number)


def row_contract(feed: Feed, table: Table) -> Table:
    """What a row of the feed can break: the table's contract without the columns that `with_generated` adds."""
    return without(table, generated_columns(feed, table))


def with_generated(checked: DataFrame, *, feed: Feed, table: Table) -> DataFrame:
    """The checked rows with their generated columns; this sorts, so what needs none of them does without."""
    columns, number = generated_columns(feed, table), feed.into[table.name].number
    rows = _numbered(checked, number, table) if number else checked
    return rows.withColumn(table.key[0], _hashed_id(feed)) if table.key[0] in columns else rows


def _plain_fills(mapped: set[str], wanted: set[str], feed: Feed, shop: ShopDefaults) -> tuple[dict[str, Column], ...]:
    """Columns that follow from others in the row: first those that follow from mapped ones, then those that need the first."""
    first: dict[str, Column] = {}
    if "valid_from" in wanted and "valid_from" not in mapped:
        first["valid_from"] = F.expr(FIRST_INSTANT)
    if "event_date" in wanted:
        first["event_date"] = F.to_date(F.from_utc_timestamp("event_time", shop.time_zone))
    if "currency" in wanted and "currency" not in mapped:
        first["currency"] = F.lit(feed.currency or shop.currency)
    then: dict[str, Column] = {}
    if "known_at" in wanted:
        then["known_at"] = _known_at(wanted, feed)
    at_par = F.col("currency") == shop.currency
    if "amount_base" in wanted:
        then["amount_base"] = (
            F.when(at_par, F.col("amount")) if "amount" in mapped else F.lit(None).cast("decimal(18,4)")
        )
    if "discount_base" in wanted:
        discount = F.coalesce(F.col("discount_amount"), F.lit(0)) if "discount_amount" in mapped else F.lit(0)
        then["discount_base"] = F.when(at_par, discount.cast("decimal(18,4)"))
    return tuple(fills for fills in (first, then) if fills)


def _known_at(wanted: set[str], feed: Feed) -> Column:
    """When the row was known: with `known` its own clock and the delay, else the moment of taking."""
    clocks = [clock for clock in ("event_time", "valid_from") if clock in wanted]
    if feed.known is None or not clocks:
        return F.col(TAKEN_AT)
    return F.col(clocks[0]) + F.expr(f"INTERVAL {feed.known.delay_s} SECONDS")


def _hashed_id(feed: Feed) -> Column:
    """Hash of the feed, the row and its ordinal among equal rows of its file, for sources without an id."""
    origin, row = feed.files or feed.delta or "", F.to_json(RAW_ROW)
    ordinal = F.row_number().over(Window.partitionBy(FILE, row, own_number()).orderBy(POSITION))
    return F.sha2(F.concat_ws("\u0001", F.lit(origin), row, ordinal.cast("string")), 256)


def _numbered(rows: DataFrame, number: Number, table: Table) -> DataFrame:
    """Numbers sound rows from 1; of those that will not land each is alone, so that every order with a sound line has a line 1."""
    order = Window.partitionBy(*number.within, own_number()).orderBy(*number.order_by, FILE, POSITION)
    return rows.withColumn(number.column, F.row_number().over(order).cast(table.column(number.column).type))
