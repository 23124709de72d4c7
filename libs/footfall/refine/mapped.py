"""Raw rows of one feed as rows of one table, by its mapping; unreadable values are named, not dropped. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract import BATCH_ID, Table
from footfall.contract.frames import names_of
from footfall.mapping.elements import lists_of_people
from footfall.mapping.source import NOBODY_REASON, NOT_A_ROW, TYPED, Actor, Feed, Target
from footfall.mapping.targets import keeps_history
from footfall.refine.elements import element_rows, elements_that_waited, no_elements, place
from footfall.refine.expressions import identifier_of, is_nobody, require_sound
from footfall.refine.fills import IDENTIFIER, KIND, ShopDefaults, filled, with_time_of_file
from footfall.refine.guarded import guarded
from footfall.refine.kept import features, properties
from footfall.refine.keys import source_key
from footfall.refine.lookups import looks_at_others
from footfall.refine.nested import is_nested
from footfall.refine.own_rules import with_own_rules
from footfall.refine.typed import TYPES, typed_source
from footfall.refine.values import MappedValue, mapped_values, source_values
from footfall.steps.history import TAKEN_BY
from footfall.steps.sorting import FEED, FILE, POSITION, RAW_ROW, SKIPPED, TAKEN_AT, UNREADABLE, WAITING, WARNED
from footfall.tables import IDENTITY_LINKS
from footfall.tables.raw import CORRUPT, WAITED_ELEMENTS, WAITED_FOR, WAITS_FOR

LINKED = "_linked_"  # how the columns of linked identifiers begin; what they are follows


def map_rows(
    raw: DataFrame,
    *,
    feed: Feed,
    feed_name: str,
    table: Table,
    shop: ShopDefaults,
    vault: DataFrame | None,
    text_ids: Callable[[Column], Column],
    rates: DataFrame | None = None,
    guard: bool = False,
) -> DataFrame:
    """Rows with the target's columns and those of `footfall.steps.sorting`, one for each raw row, or for each element of it.

    The `generated_columns` are absent: `with_generated` adds them. `vault` maps (kind, identifier) to actor_id, None for
    tables about nobody; `text_ids` makes text_id of a text column; `rates` is refined.fx_rates, None where the shop has none.
    With `guard` a row on which an expression fails is named for it; otherwise it ends the job.
    """
    target = feed.into[table.name]
    secret = (*feed.identifiers, *lists_of_people(feed))
    require_sound(raw, feed.model_copy(update={"into": {table.name: target}}), identifiers=secret)
    rows = element_rows(typed_source(raw, feed), feed, target)
    if target.each and WAITED_ELEMENTS in raw.columns:
        rows = elements_that_waited(rows)
    if guard:
        rows, target = guarded(rows, target)
    numbers, no_numbers = features(rows, feed, target)
    sources = rows.select(
        F.lit(feed_name).alias(FEED),
        F.col("_file").alias(FILE),
        place(target).alias(POSITION),
        F.col("_known_at").alias(TAKEN_AT),
        *([taken_by(raw).alias(TAKEN_BY)] if keeps_history(table) or WAITED_FOR in raw.columns else []),
        *([WAITED_FOR] if WAITED_FOR in raw.columns else []),
        RAW_ROW,
        F.concat(TYPES, names_of(no_numbers)).alias(TYPES) if no_numbers else F.col(TYPES),
        CORRUPT.name,
        _skip_reason(target, feed, feed.into[table.name]).alias(SKIPPED),
        *_identifier(target.actor, feed),
        *_linked(target, feed),
        *([properties(rows, feed, target).alias("properties")] if "properties" in table.column_names else []),
        *([numbers.alias("features")] if "features" in table.column_names else []),
        *source_values(target.columns),
        *source_key(target, table, feed),
    )
    # Each value is computed once, and typed once, by a projection of its own: within one, the value, its type and its
    # fault would each compute it again, and a number with a fraction is costly to make a decimal of.
    zone = feed.time_zone or shop.time_zone
    between = _possible_times(shop)
    values = mapped_values(sources, table, target.columns, zone=zone, between=between, decimal=feed.decimal)
    typed = sources.select("*", *(v.typed.alias(c) for c, v in values.items()))
    typed_values = {c: replace(v, read=F.col(c)) for c, v in values.items()}
    has_faults = guard or bool(feed.types or feed.fill_all or target.each or target.features)
    faults, warnings = _unreadable(typed_values, feed, has_faults=has_faults), _warnings(typed_values)
    helpers = {TYPES, CORRUPT.name, *(c for c in sources.columns if c.startswith("_value_"))}
    mapped = typed.select(
        faults.alias(UNREADABLE), warnings.alias(WARNED), *(c for c in typed.columns if c not in helpers)
    )
    if table is IDENTITY_LINKS and "event_time" not in target.columns:
        mapped = with_time_of_file(mapped, feed, zone=zone)
    rows = filled(mapped, feed=feed, table=table, shop=shop, vault=vault, text_ids=text_ids, rates=rates)
    return with_own_rules(rows, target, table.full_name, guard=guard)


def taken_by(raw: DataFrame) -> Column:
    """The batch that took the row; 0 of rows that are read in place, or are a sample."""
    return F.col(BATCH_ID.name) if BATCH_ID.name in raw.columns else F.lit(0).cast(BATCH_ID.type)


def _identifier(actor: Actor | None, feed: Feed) -> list[Column]:
    return [F.lit(actor.kind).alias(KIND), identifier_of(actor, feed).alias(IDENTIFIER)] if actor else []


def _linked(target: Target, feed: Feed) -> list[Column]:
    """The linked identifiers by what they are, and whether the row takes their link back."""
    linked = [identifier_of(actor, feed).alias(LINKED + word) for word, actor in target.linked_actors.items()]
    withdrawn = F.expr((target.links and target.links.withdrawn) or "false")
    return [*linked, F.when(withdrawn, "withdrawn").otherwise("linked").alias("state")] if linked else []


def _unreadable(values: dict[str, MappedValue], feed: Feed, *, has_faults: bool) -> Column:
    """array<string> of what cannot be read: the whole row, source columns with a declared type, mapped values."""
    from_text = feed.format not in TYPED
    faults = [fault for c, value in values.items() if (fault := value.fault(c, from_text=from_text)) is not None]
    if feed.format.startswith("json"):
        ids = (c for c, value in values.items() if c.endswith("_id") and isinstance(value.wanted, T.StringType))
        faults += [F.when(is_nested(values[c].typed), F.lit(f"{c}_nested")) for c in ids]
    of_values = F.concat(TYPES, names_of(faults)) if has_faults else names_of(faults)
    return F.when(F.col(CORRUPT.name).isNotNull(), F.array(F.lit("row_unreadable"))).otherwise(of_values)


def _warnings(values: dict[str, MappedValue]) -> Column:
    """array<string> of what is worth counting in a valid row."""
    return names_of([warning for c, value in values.items() for warning in value.warnings(c)])


def _possible_times(shop: ShopDefaults) -> tuple[Column, Column]:
    """From the shop's first day to a day after the row was taken: clocks may be ahead."""
    first = F.to_utc_timestamp(F.lit(shop.first_day).cast("timestamp"), shop.time_zone)
    return first, F.col(TAKEN_AT) + F.expr("INTERVAL 1 DAY")


def _skip_reason(target: Target, feed: Feed, mapped: Target) -> Column:
    """That it is no row; else the first of the mapping's reasons that holds; else, where the row is nobody's, that.

    `mapped` is the target as the mapping says it, `target` the one with expressions that are kept from failing.
    """
    no_row = no_elements(target)
    no_row += [F.when(F.rlike(CORRUPT.name, F.lit(feed.not_rows)), F.lit(NOT_A_ROW))] if feed.not_rows else []
    reasons = [F.when(F.expr(skip.when), F.lit(skip.reason)) for skip in target.skipped]
    reasons += [F.when(is_nobody(target.actor, feed), F.lit(NOBODY_REASON))] if target.actor else []
    if not feed.lookups:
        return F.coalesce(*no_row, *reasons, F.lit(None).cast("string"))
    # what a row says by itself holds though its other row has not come
    expressions = [*(skip.when for skip in mapped.skipped), *((mapped.actor.identifier,) if mapped.actor else ())]
    by_itself = [reason for sql, reason in zip(expressions, reasons, strict=True) if not looks_at_others(feed, sql)]
    waits = F.concat(F.lit(WAITING), F.col(WAITS_FOR))
    is_waiting = F.col(WAITS_FOR).isNotNull()
    return F.when(is_waiting, F.coalesce(*no_row, *by_itself, waits)).otherwise(
        F.coalesce(*no_row, *reasons, F.lit(None).cast("string"))
    )
