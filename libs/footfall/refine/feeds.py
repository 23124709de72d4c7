"""The feeds of all sources as refine reads them: raw tables, or a shop's own Delta tables in place. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import Personal, Table
from footfall.mapping.source import NOBODY_REASON, NOT_A_ROW, Feed, Source
from footfall.refine.json_text import reading_json_text
from footfall.refine.own_names import with_own_names_apart
from footfall.steps.source_names import under_source_names
from footfall.tables.raw import CORRUPT

RANGED_TYPES = ("string", "int", "bigint", "date")  # a time stamp goes through the driver's time zone


@dataclass(frozen=True)
class RawFeed:
    """One feed and the name under which its rows are read; and the feeds that it looks up, by their names in the mapping."""

    name: str
    source: str
    feed: Feed
    looks_up: tuple[tuple[str, RawFeed], ...] = ()

    @property
    def reads(self) -> str:
        """`raw.<name>`, or `delta:<table>` for a feed read in place."""
        return f"delta:{self.feed.delta}" if self.feed.delta else f"raw.{self.name}"

    def reasons(self, table: Table) -> list[str]:
        """The reasons for which rows are skipped from the table, each once: the mapping's, and that they are no rows or nobody's."""
        target = self.feed.into[table.name]
        no_rows = [NOT_A_ROW] if self.feed.not_rows else []
        nobody = [NOBODY_REASON] if target.actor else []
        return list(dict.fromkeys([*no_rows, *(skip.reason for skip in target.skipped), *nobody]))

    def with_arrival(self, rows: DataFrame, now: datetime) -> DataFrame:
        """The rows as a raw table would hold them, but under the source's names; a Delta source's rows get the run's clock."""
        if self.feed.delta is None:
            return under_source_names(rows)
        return rows.withColumns(
            {
                "_source": F.lit(self.source),
                "_known_at": F.lit(now).cast("timestamp"),
                CORRUPT.name: F.lit(None).cast("string"),
            }
        )

    def reading(self, rows: DataFrame) -> RawFeed:
        """The feed as it reads these rows, which have their arrival."""
        return replace(self, feed=with_own_names_apart(self.feed, rows))


def raw_feeds(sources: Sequence[Source]) -> list[RawFeed]:
    """Every feed of every source."""
    feeds: list[RawFeed] = []
    for source in sources:
        alone = {
            name: RawFeed(source.raw_name(name), source.source, reading_json_text(feed))
            for name, feed in source.feeds.items()
        }
        feeds += [
            replace(f, looks_up=tuple((lookup.feed, alone[lookup.feed]) for lookup in f.feed.lookups))
            for f in alone.values()
        ]
    return feeds


def in_zone(feeds: Sequence[RawFeed], time_zone: str) -> list[RawFeed]:
    """The feeds, each with a time zone: its own, else the shop's."""
    return [
        replace(
            f,
            feed=with_zone(f.feed, time_zone),
            looks_up=tuple((name, in_zone([other], time_zone)[0]) for name, other in f.looks_up),
        )
        for f in feeds
    ]


def with_zone(feed: Feed, time_zone: str) -> Feed:
    """The feed with a time zone: its own, else the shop's."""
    return feed if feed.time_zone else feed.model_copy(update={"time_zone": time_zone})


def feeds_into(feeds: Sequence[RawFeed], table: Table) -> list[RawFeed]:
    """The feeds that fill a table."""
    return [f for f in feeds if table.name in f.feed.into]


def feeds_with_actors(feeds: Sequence[RawFeed]) -> list[RawFeed]:
    """The feeds whose rows are about people in at least one table."""
    return [f for f in feeds if any(target.actors for target in f.feed.into.values())]


def has_versions(feeds: Sequence[RawFeed], table: Table) -> bool:
    """Whether rows of some feed for the table are versions without a `valid_from` of their own: see `steps.history`."""
    return any(f.feed.has_versions(table.name) for f in feeds)


def ranged_key(feeds: Sequence[RawFeed], table: Table) -> str:
    """The first key column that every feed takes from its source, by itself no identifier, in an order that Python keeps; or empty.

    The values of others are hashes, whose ranges leave nothing out. Of a quasi-identifier (an order number) Delta has no
    statistics; by the footers of the files what cannot match stays unread all the same.
    """
    by_source = (k for k in table.key if all(k in f.feed.into[table.name].columns for f in feeds))
    open_to_all = (Personal.NONE, Personal.QUASI)
    fits = (k for k in by_source if table.column(k).personal in open_to_all and table.column(k).type in RANGED_TYPES)
    return next(fits, "")
