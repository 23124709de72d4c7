"""Raw rows of one feed as rows of one table, by its mapping; unreadable values are named, not dropped. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract import BATCH_ID, Table
from footfall.contract.frames import names_of
from footfall.mapping.source import Actor, Feed, Number, Target
from footfall.steps.sorting import FEED, FILE, POSITION, RAW_ROW, SKIPPED, SOUND, UNREADABLE, without
from footfall.tables.raw import ARRIVAL, CORRUPT

OWN = {c.name for c in (*ARRIVAL, CORRUPT, BATCH_ID)}
FIRST_INSTANT = "TIMESTAMP'1970-01-01 00:00:00'"
HAS_OFFSET = r"(Z|[+-]\d{2}:?\d{2})$"
KIND, IDENTIFIER, TYPES = "_kind", "_identifier", "_types"


@dataclass(frozen=True)
class ShopDefaults:
    """What refine needs to know of the shop."""

    time_zone: str
    currency: str


def source_columns(raw: DataFrame) -> list[str]:
    """The source's own columns of a raw table."""
    return [c for c in raw.columns if c not in OWN]


def typed_source(raw: DataFrame, feed: Feed) -> DataFrame:
    """The raw rows with the feed's declared `types`; what cannot be read becomes NULL and stands in `_unreadable`.

    The row as it arrived is kept in `_raw_row`, a struct.
    """
    unreadable = [
        F.when(
            F.col(c).isNotNull()
            & (F.trim(F.col(c).cast("string")) != "")
            & F.expr(f"try_cast(`{c}` AS {kind})").isNull(),
            F.lit(f"{c}_unreadable"),
        )
        for c, kind in feed.types.items()
    ]
    rows = raw.withColumns(
        {
            RAW_ROW: F.struct(*(F.col(f"`{c}`") for c in source_columns(raw))),
            TYPES: names_of(unreadable),
        }
    )
    return rows.withColumns({c: F.expr(f"try_cast(`{c}` AS {kind})") for c, kind in feed.types.items()})


def map_rows(
    raw: DataFrame,
    *,
    feed: Feed,
    feed_name: str,
    table: Table,
    shop: ShopDefaults,
    vault: DataFrame | None,
    text_ids: Callable[[Column], Column],
) -> DataFrame:
    """Rows with the target's columns and those of `footfall.steps.sorting`, one for each raw row.

    The columns that `generated` names are absent: `generate` adds them. `vault` maps (kind, identifier) to actor_id,
    None for tables about nobody; `text_ids` makes text_id of a text column.
    """
    target = feed.into[table.name]
    zone = feed.time_zone or shop.time_zone
    rows = typed_source(raw, feed)
    texts = feed.format in {"csv", "json"}
    values = {
        c: _Value(
            T.DataType.fromDDL(table.column(c).type),
            rows.select(F.expr(sql).alias(c)).schema[0].dataType,
            F.expr(sql),
            zone,
        )
        for c, sql in target.columns.items()
    }
    faults_of_values = names_of([fault for c, v in values.items() if (fault := v.fault(c, texts=texts)) is not None])
    unreadable = F.concat(TYPES, faults_of_values) if feed.types else faults_of_values
    mapped = rows.select(
        F.lit(feed_name).alias(FEED),
        F.col("_file").alias(FILE),
        F.col("_position").alias(POSITION),
        F.col("_known_at").alias("_taken_at"),
        RAW_ROW,
        _skipped(target).alias(SKIPPED),
        F.when(F.col(CORRUPT.name).isNotNull(), F.array(F.lit("row_unreadable")))
        .otherwise(unreadable)
        .alias(UNREADABLE),
        *_identifier(target.actor),
        *(v.typed.alias(c) for c, v in values.items()),
        *([_unused(raw, feed, target).alias("properties")] if "properties" in table.column_names else []),
    )
    return _filled(mapped, feed=feed, table=table, shop=shop, vault=vault, text_ids=text_ids)


@dataclass(frozen=True)
class _Value:
    """One mapped value: its SQL, what it yields, and what the contract wants."""

    wanted: T.DataType
    given: T.DataType
    sql: Column
    zone: str

    @property
    def typed(self) -> Column:
        """The value in the wanted type; NULL where it cannot be read."""
        if self.wanted == self.given or isinstance(self.wanted, T.StringType):
            return (
                F.nullif(F.trim(self.sql.cast("string")), F.lit(""))
                if isinstance(self.wanted, T.StringType)
                else self.sql
            )
        if isinstance(self.wanted, T.TimestampType):
            return self._instant()
        return self.sql.try_cast(self.wanted)

    def fault(self, column: str, *, texts: bool) -> Column | None:
        """The name of the rule that the value breaks, or NULL; None where it cannot break one."""
        if isinstance(self.wanted, T.StringType):
            # U+FFFD stands where bytes did not fit the file's encoding
            return (
                F.when(F.contains(self.sql.cast("string"), F.lit("\ufffd")), F.lit(f"{column}_encoding"))
                if texts
                else None
            )
        if self.wanted == self.given:
            return None
        filled = F.trim(self.sql.cast("string")) != "" if isinstance(self.given, T.StringType) else self.sql.isNotNull()
        return F.when(filled & self.typed.isNull(), F.lit(f"{column}_unreadable"))

    def _instant(self) -> Column:
        """An instant: as it stands where the value carries an offset, else local time of the source's zone."""
        if isinstance(self.given, T.TimestampType):
            return self.sql
        local = F.to_utc_timestamp(self.sql.try_cast("timestamp"), self.zone)
        if not isinstance(self.given, T.StringType):
            return local
        return F.when(F.rlike(F.trim(self.sql), F.lit(HAS_OFFSET)), self.sql.try_cast("timestamp")).otherwise(local)


def _skipped(target: Target) -> Column:
    reasons = [F.when(F.expr(skip.when), F.lit(skip.reason)) for skip in target.skipped]
    return F.coalesce(*reasons, F.lit(None).cast("string"))


def identifier_of(actor: Actor) -> Column:
    """The identifier as text without blanks around it; NULL where there is none."""
    return F.nullif(F.trim(F.expr(actor.identifier).cast("string")), F.lit(""))


def _identifier(actor: Actor | None) -> list[Column]:
    return [F.lit(actor.kind).alias(KIND), identifier_of(actor).alias(IDENTIFIER)] if actor else []


def _unused(raw: DataFrame, feed: Feed, target: Target) -> Column:
    """map<string,string> of the source columns that no expression of the target names; NULL where all are used or empty.

    Identifiers of the feed's other targets stay out too: they leave raw through the vault only.
    """
    identifiers = [into.actor.identifier for into in feed.into.values() if into.actor]
    said = " ".join([*target.columns.values(), *(s.when for s in target.skipped), *identifiers])
    used = set(re.findall(r"\w+", said))
    left = [c for c in source_columns(raw) if c not in used and c not in feed.types]
    if not left:
        return F.lit(None).cast("map<string,string>")
    pairs = F.create_map(*(part for c in left for part in (F.lit(c), F.col(f"`{c}`").cast("string"))))
    present = F.map_filter(pairs, lambda _, value: value.isNotNull())
    return F.when(F.size(present) > 0, present)


def _filled(
    mapped: DataFrame,
    *,
    feed: Feed,
    table: Table,
    shop: ShopDefaults,
    vault: DataFrame | None,
    text_ids: Callable[[Column], Column],
) -> DataFrame:
    """What footfall fills in itself: ids, days, clocks, base amounts, pseudonyms."""
    rows, has = mapped, set(table.column_names)
    for name, value in _plain_fills(set(mapped.columns), has, feed, shop).items():
        rows = rows.withColumn(name, value)
    if "text_id" in has:
        rows = rows.withColumn("text_id", text_ids(F.col("text")))
    if KIND in rows.columns and vault is not None:
        known = vault.select(F.col("kind").alias(KIND), F.col("identifier").alias(IDENTIFIER), "actor_id")
        rows = rows.join(known, on=[KIND, IDENTIFIER], how="left").drop(KIND, IDENTIFIER)
    made = generated(feed, table)
    absent = [c for c in table.columns if c.name not in rows.columns and c.name not in made]
    return rows.withColumns({c.name: F.lit(None).cast(c.type) for c in absent}) if absent else rows


def generated(feed: Feed, table: Table) -> tuple[str, ...]:
    """The columns that footfall generates from other rows of the batch: an id by hash, a number within an order."""
    target = feed.into[table.name]
    number = (target.number.column,) if target.number else ()
    has_id = table.key[0] in {*target.columns, *number, "actor_id", "text_id"}
    return number if has_id else (table.key[0], *number)


def judged_by(feed: Feed, table: Table) -> Table:
    """The contract by which the feed's rows are judged: all of it but what `generate` adds."""
    return without(table, generated(feed, table))


def generate(judged: DataFrame, *, feed: Feed, table: Table) -> DataFrame:
    """The judged rows with their generated columns; this sorts, so what needs none of them does without."""
    made, number = generated(feed, table), feed.into[table.name].number
    rows = _numbered(judged, number, table) if number else judged
    return rows.withColumn(table.key[0], _hashed_id(feed)) if table.key[0] in made else rows


def _plain_fills(mapped: set[str], wanted: set[str], feed: Feed, shop: ShopDefaults) -> dict[str, Column]:
    """Columns that follow from others in the row, in an order in which each finds what it needs."""
    fills: dict[str, Column] = {}
    if "valid_from" in wanted and "valid_from" not in mapped:
        fills["valid_from"] = F.expr(FIRST_INSTANT)
    if "event_date" in wanted:
        fills["event_date"] = F.to_date(F.from_utc_timestamp("event_time", shop.time_zone))
    if "known_at" in wanted:
        happened = "event_time" if "event_time" in wanted else "valid_from" if "valid_from" in wanted else None
        bulk = feed.known is not None and happened is not None
        delay = F.expr(f"INTERVAL {feed.known.delay_s if feed.known else 0} SECONDS")
        fills["known_at"] = F.col(happened) + delay if bulk and happened else F.col("_taken_at")
    if "currency" in wanted and "currency" not in mapped:
        fills["currency"] = F.lit(feed.currency or shop.currency)
    at_par = F.col("currency") == shop.currency
    if "amount_base" in wanted:
        fills["amount_base"] = (
            F.when(at_par, F.col("amount")) if "amount" in mapped else F.lit(None).cast("decimal(18,4)")
        )
    if "discount_base" in wanted:
        discount = F.coalesce(F.col("discount_amount"), F.lit(0)) if "discount_amount" in mapped else F.lit(0)
        fills["discount_base"] = F.when(at_par, discount.cast("decimal(18,4)"))
    return fills


def _hashed_id(feed: Feed) -> Column:
    """Hash of the feed, the row and its ordinal among equal rows of its file, for sources without an id."""
    what, row = feed.files or feed.delta or "", F.to_json(RAW_ROW)
    ordinal = F.row_number().over(Window.partitionBy(FILE, row).orderBy(POSITION))
    return F.sha2(F.concat_ws("\u0001", F.lit(what), row, ordinal.cast("string")), 256)


def _numbered(rows: DataFrame, number: Number, table: Table) -> DataFrame:
    """Numbers rows from 1; rows that will not land come last, so that every order with a sound line has a line 1."""
    order = Window.partitionBy(*number.within).orderBy(F.desc(SOUND), *number.order_by, FILE, POSITION)
    return rows.withColumn(number.column, F.row_number().over(order).cast(table.column(number.column).type))
