"""Whether one identifier stands on so many rows that it is hardly one customer's: a guest's, a test's, the till's own. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.mapping.elements import names_element
from footfall.mapping.source import Actor, Feed, Target

# (rows, share): of at least so many rows that name somebody, one identifier holds more than this share
CROWDS = ((10, 0.5), (10_000, 0.1))


@dataclass(frozen=True)
class FeedActor:
    """One way in which a feed's rows name somebody: `each` is the list of which each element does, empty where the row does."""

    feed_name: str
    actor: Actor
    each: str = ""

    def warning(self, rows: int, largest: int) -> str:
        """What it means, in words, that so many of the rows that name somebody name the same; empty where it means nothing."""
        if not any(rows >= least and largest > share * rows for least, share in CROWDS):
            return ""
        return (
            f"{self.feed_name}: one identifier of kind {self.actor.kind} stands on {largest / rows:.0%} of the rows that name "
            f"somebody ({largest:,} of {rows:,}). Fix: count the raw rows by `{self.actor.identifier}`; if it stands for "
            "nobody, list it under `nobody` of the feed, beside the words there. No customer is made of it then."
        )


def actors_of(feeds: Sequence[tuple[str, Feed]]) -> list[FeedActor]:
    """The ways in which rows of the feeds, given by name, name somebody: each once a feed, in order."""
    return [
        way
        for name, feed in feeds
        for way in dict.fromkeys(_way(name, actor, target) for target in feed.into.values() for actor in target.actors)
    ]


def _way(feed_name: str, actor: Actor, target: Target) -> FeedActor:
    return FeedActor(feed_name, actor, target.each if names_element(actor.identifier) else "")


def counted(named: DataFrame, ways: Sequence[FeedActor]) -> DataFrame:
    """Rows (kind, identifier, `_rows_0`, `_rows_1`, ...): each identifier once, with its rows for each of the ways.

    `named` are rows (kind, identifier, `_way`), the last being the number of the way in which a row names somebody.
    """
    counts = [F.count_if(F.col("_way") == i).alias(_rows(i)) for i in range(len(ways))]
    return named.groupBy("kind", "identifier").agg(*counts)


def metrics(ways: Sequence[FeedActor]) -> list[Column]:
    """Over `counted` identifiers: for each of the ways its rows and the most of them that one identifier has."""
    return [
        F.struct(F.coalesce(F.sum(_rows(i)), F.lit(0)), F.coalesce(F.max(_rows(i)), F.lit(0))).alias(_rows(i))
        for i in range(len(ways))
    ]


def warnings(ways: Sequence[FeedActor], figures: dict[str, tuple[int, int]]) -> list[str]:
    """Words for each of the ways in which one identifier stands on too many rows, by the `metrics`."""
    return list(filter(None, (way.warning(*figures[_rows(i)]) for i, way in enumerate(ways))))


def _rows(i: int) -> str:
    return f"_rows_{i}"
