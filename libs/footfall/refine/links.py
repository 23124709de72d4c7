"""Which identifiers stand on one row as one person's, by `links` of the mappings: pairs, a row a day. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.mapping.source import Feed, Target
from footfall.refine.feeds import RawFeed
from footfall.refine.fills import ShopDefaults
from footfall.refine.mapped import LINKED, map_rows
from footfall.steps.sorting import SKIPPED, UNREADABLE
from footfall.steps.step import Output
from footfall.tables import IDENTITY_LINKS

UNUSABLE = "_unusable"  # rows that name several identifiers and whose time cannot be read, or is not possible
_PAIR = ("kind", "identifier", "anchor", "linked_kind", "linked_identifier", "evidence", "state")


def links_output(
    feeds: Sequence[RawFeed],
    raw: Mapping[str, DataFrame],
    *,
    shop: ShopDefaults,
    vault: DataFrame,
    known: DataFrame | None,
    guard: bool = False,
) -> Output:
    """The `new_links` of the feeds' raw rows, with a warning where rows with links have no usable time."""
    named = [
        named_pairs(raw[f.name], f.reading(raw[f.name]).feed, f.name, shop=shop, guard=guard)
        for f in feeds
        if f.name in raw
    ]
    rows = reduce(DataFrame.unionByName, named)
    links = new_links(rows.where(~F.col(UNUSABLE)).drop(UNUSABLE), vault=vault, known=known, time_zone=shop.time_zone)
    again = partial(links_output, feeds, raw, shop=shop, vault=vault, known=known, guard=True)
    return Output(IDENTITY_LINKS, links, warnings=lambda: _warnings(rows), guarded=None if guard else again)


def named_pairs(raw: DataFrame, feed: Feed, name: str, *, shop: ShopDefaults, guard: bool = False) -> DataFrame:
    """Rows (kind, identifier, anchor, linked_kind, linked_identifier, evidence, state, clocks, `_unusable`).

    On a raw row the strongest identifier is linked with each of the others. Of words for nobody there is no pair.
    """
    target = feed.into[IDENTITY_LINKS.name]
    mapped = map_rows(
        raw, feed=feed, feed_name=name, table=IDENTITY_LINKS, shop=shop, vault=None, text_ids=lambda text: text, guard=guard
    )  # fmt: skip
    linked = F.filter(F.array(*_entries(target)), lambda entry: entry["identifier"].isNotNull())
    rows = mapped.where(F.col(SKIPPED).isNull()).withColumn("_linked", linked).where(F.size("_linked") > 1)
    is_usable = (F.size(UNREADABLE) == 0) & F.col("event_date").isNotNull()
    pairs = rows.withColumn("_other", F.explode(F.slice("_linked", 2, len(target.linked_actors))))
    first, other = F.col("_linked")[0], F.col("_other")
    return pairs.select(
        first["kind"].alias("kind"), first["identifier"].alias("identifier"), first["word"].alias("anchor"),
        other["kind"].alias("linked_kind"), other["identifier"].alias("linked_identifier"), other["word"].alias("evidence"),
        "state", "event_time", "event_date", "known_at", (~is_usable).alias(UNUSABLE),
    ).where("kind != linked_kind OR identifier != linked_identifier")  # fmt: skip


def new_links(pairs: DataFrame, *, vault: DataFrame, known: DataFrame | None, time_zone: str) -> DataFrame:
    """Rows of refined.identity_links that `known`, the table as it was, lacks: each pair once a day.

    Their times are those at which their days begin: so the rows are the same whichever file comes first.
    """
    known_date = F.to_date(F.from_utc_timestamp("known_at", time_zone)).alias("known_date")
    days = pairs.select(*_PAIR, "event_date", known_date).distinct()
    for clock, day in (("event_time", "event_date"), ("known_at", "known_date")):
        days = days.withColumn(clock, F.to_utc_timestamp(F.col(day).cast("timestamp"), time_zone))
    ids = vault.select("kind", "identifier", "actor_id")
    linked = vault.select(
        F.col("kind").alias("linked_kind"), F.col("identifier").alias("linked_identifier"), F.col("actor_id").alias("linked_id")
    )  # fmt: skip
    named = days.join(ids, ["kind", "identifier"], "inner").join(linked, ["linked_kind", "linked_identifier"], "inner")
    rows = named.select(*IDENTITY_LINKS.column_names)
    return (
        rows if known is None else rows.join(known.select(*IDENTITY_LINKS.key), list(IDENTITY_LINKS.key), "left_anti")
    )


def _entries(target: Target) -> list[Column]:
    return [
        F.struct(
            F.lit(word).alias("word"), F.lit(actor.kind).alias("kind"), F.col(LINKED + word).alias("identifier")
        )
        for word, actor in target.linked_actors.items()
    ]  # fmt: skip


def _warnings(pairs: DataFrame) -> list[str]:
    """Reads the new rows once more: where no pair is usable, Spark leaves out of its plan what an Observation would see."""
    count = pairs.where(UNUSABLE).count()
    words = (
        f"{IDENTITY_LINKS.name}: {count:,} pairs of identifiers stand on rows that cannot be read or whose time is impossible; "
        "they link nobody. Fix: see what the other tables of the feed set aside, and correct the source or the mapping."
    )
    return [words] if count else []
