"""Raw rows of one feed as rows of one table, by its mapping; unreadable values are named, not dropped. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.contract.frames import names_of
from footfall.mapping.source import NOT_A_ROW, TYPED, Actor, Feed, Target
from footfall.mapping.sql_words import names_in, words_in
from footfall.refine.expressions import identifier_of, require_sound
from footfall.refine.fills import IDENTIFIER, KIND, ShopDefaults, filled
from footfall.refine.typed import TYPES, source_columns, typed_source
from footfall.refine.values import MappedValue, mapped_values, source_values
from footfall.steps.sorting import FEED, FILE, POSITION, RAW_ROW, SKIPPED, TAKEN_AT, UNREADABLE, WARNED
from footfall.tables.raw import CORRUPT


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

    The `generated_columns` are absent: `with_generated` adds them. `vault` maps (kind, identifier) to actor_id, None for
    tables about nobody; `text_ids` makes text_id of a text column.
    """
    target = feed.into[table.name]
    require_sound(raw, feed.model_copy(update={"into": {table.name: target}}))
    sources = typed_source(raw, feed).select(
        F.lit(feed_name).alias(FEED),
        F.col("_file").alias(FILE),
        F.col("_position").alias(POSITION),
        F.col("_known_at").alias(TAKEN_AT),
        RAW_ROW,
        TYPES,
        CORRUPT.name,
        _skip_reason(feed, target).alias(SKIPPED),
        *_identifier(target.actor),
        *([_unused(raw, feed, target).alias("properties")] if "properties" in table.column_names else []),
        *source_values(target.columns),
    )
    # Each value is computed once, and typed once, by a projection of its own: within one, the value, its type and its
    # fault would each compute it again, and a number with a fraction is costly to make a decimal of.
    zone = feed.time_zone or shop.time_zone
    values = mapped_values(sources, table, target.columns, zone=zone, between=_possible_times(shop))
    typed = sources.select("*", *(v.typed.alias(c) for c, v in values.items()))
    typed_values = {c: replace(v, read=F.col(c)) for c, v in values.items()}
    faults, warnings = _unreadable(typed_values, feed), _warnings(typed_values)
    helpers = {TYPES, CORRUPT.name, *(c for c in sources.columns if c.startswith("_value_"))}
    mapped = typed.select(
        faults.alias(UNREADABLE), warnings.alias(WARNED), *(c for c in typed.columns if c not in helpers)
    )
    return filled(mapped, feed=feed, table=table, shop=shop, vault=vault, text_ids=text_ids)


def _identifier(actor: Actor | None) -> list[Column]:
    return [F.lit(actor.kind).alias(KIND), identifier_of(actor).alias(IDENTIFIER)] if actor else []


def _unreadable(values: dict[str, MappedValue], feed: Feed) -> Column:
    """array<string> of what cannot be read: the whole row, source columns with a declared type, mapped values."""
    from_text = feed.format not in TYPED
    faults = [fault for c, value in values.items() if (fault := value.fault(c, from_text=from_text)) is not None]
    of_values = F.concat(TYPES, names_of(faults)) if feed.types else names_of(faults)
    return F.when(F.col(CORRUPT.name).isNotNull(), F.array(F.lit("row_unreadable"))).otherwise(of_values)


def _warnings(values: dict[str, MappedValue]) -> Column:
    """array<string> of what is worth counting in a valid row."""
    return names_of([warning for c, value in values.items() for warning in value.warnings(c)])


def _possible_times(shop: ShopDefaults) -> tuple[Column, Column]:
    """From the shop's first day to a day after the row was taken: clocks may be ahead."""
    first = F.to_utc_timestamp(F.lit(shop.first_day).cast("timestamp"), shop.time_zone)
    return first, F.col(TAKEN_AT) + F.expr("INTERVAL 1 DAY")


def _skip_reason(feed: Feed, target: Target) -> Column:
    no_rows = [F.when(F.rlike(CORRUPT.name, F.lit(feed.not_rows)), F.lit(NOT_A_ROW))] if feed.not_rows else []
    reasons = no_rows + [F.when(F.expr(skip.when), F.lit(skip.reason)) for skip in target.skipped]
    return F.coalesce(*reasons, F.lit(None).cast("string"))


def _unused(raw: DataFrame, feed: Feed, target: Target) -> Column:
    """map<string,string> of the source columns that no expression of the target names; NULL where all are used or empty.

    Identifiers of the feed's other targets stay out too: they leave raw through the vault only. So every word of an
    identifier's expression counts as the name of a column, wherever it stands.
    """
    identifiers = " ".join(into.actor.identifier for into in feed.into.values() if into.actor)
    used = names_in(identifiers) | words_in(identifiers) | {c.casefold() for c in feed.types}
    for sql in (*target.columns.values(), *(skip.when for skip in target.skipped)):
        used |= names_in(sql)
    left = [c for c in source_columns(raw) if c.casefold() not in used and not _is_odd_name_in(identifiers, c)]
    if not left:
        return F.lit(None).cast("map<string,string>")
    pairs = F.create_map(*(part for c in left for part in (F.lit(c), F.col(f"`{c}`").cast("string"))))
    present = F.map_filter(pairs, lambda _, value: value.isNotNull())
    return F.when(F.size(present) > 0, present)


def _is_odd_name_in(identifiers: str, column: str) -> bool:
    """Whether a column whose name is no single word stands anywhere in the identifiers' expressions."""
    return words_in(column) != {column.casefold()} and column.casefold() in identifiers.casefold()
