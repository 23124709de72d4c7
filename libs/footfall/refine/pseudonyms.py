"""The vault: every identifier that the raw rows carry, once, with its pseudonym. Pure functions of frames."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial, reduce

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from footfall.mapping.gaps import fills_of
from footfall.mapping.source import Feed, Target
from footfall.refine.crowds import FeedActor, actors_of, counted, metrics, warnings
from footfall.refine.elements import element_rows
from footfall.refine.expressions import identifier_of, require_sound
from footfall.refine.guarded import guarded
from footfall.refine.typed import typed_source
from footfall.steps.step import Output
from footfall.tables import PSEUDONYMS
from footfall.tables.raw import WAITS_FOR

NamedFeed = tuple[str, DataFrame, Feed]  # a feed's name, its raw rows, its mapping


def minted_output(
    feeds: Sequence[NamedFeed],
    *,
    vault: DataFrame | None,
    actor_ids: Callable[[Column, Column, Column], Column],
    guard: bool = False,
) -> Output:
    """The `new_pseudonyms` for the vault, with a warning where one identifier stands on most of a feed's rows."""
    crowds, ways = Observation(), _ways(feeds)
    minted = new_pseudonyms(feeds, vault=vault, actor_ids=actor_ids, crowds=crowds, guard=guard)
    again = partial(minted_output, feeds, vault=vault, actor_ids=actor_ids, guard=True)
    return Output(PSEUDONYMS, minted, warnings=lambda: warnings(ways, crowds.get), guarded=None if guard else again)


def new_pseudonyms(
    feeds: Sequence[NamedFeed],
    *,
    vault: DataFrame | None,
    actor_ids: Callable[[Column, Column, Column], Column],
    crowds: Observation | None = None,
    guard: bool = False,
) -> DataFrame:
    """Identifiers in the raw rows that the vault lacks, each minted once; of words for nobody none.

    `feeds` are named raw rows with their mapping, at least one of which has an actor; `vault` is refined.pseudonyms as it
    was, None where it is empty. `crowds` observes the `crowds.metrics` of the feeds. With `guard` a row on which the expression of
    its identifier fails names nobody; otherwise it ends the job.
    """
    if crowds is None:
        new = _named(feeds, guard=guard).select("kind", "identifier").dropDuplicates()
    else:  # counting takes the same shuffle as leaving out what comes again
        by_identifier = counted(_never_empty(_named(feeds, guard=guard)), _ways(feeds)).observe(
            crowds, *metrics(_ways(feeds))
        )
        new = by_identifier.where(F.col("identifier").isNotNull()).select("kind", "identifier")
    if vault is not None:
        new = new.join(vault.select("kind", "identifier"), on=["kind", "identifier"], how="left_anti")
    minted = new.withColumn("incarnation", F.lit(0))
    return minted.withColumn("actor_id", actor_ids(F.col("kind"), F.col("identifier"), F.col("incarnation")))


def named_counts(feeds: Sequence[NamedFeed], *, guard: bool = False) -> DataFrame:
    """Each identifier in the raw rows once, with its rows for each way in which these name somebody: see `crowds.counted`."""
    return counted(_named(feeds, guard=guard), _ways(feeds))


def _never_empty(named: DataFrame) -> DataFrame:
    """With a row that names nobody: of a frame without rows Spark observes nothing, and asking for it fails."""
    none = F.lit(None).cast("string")
    nobody = named.sparkSession.range(1).select(none.alias("kind"), none.alias("identifier"), F.lit(-1).alias("_way"))
    return named.unionByName(nobody)


def _ways(feeds: Sequence[NamedFeed]) -> list[FeedActor]:
    return actors_of([(name, feed) for name, _, feed in feeds])


def _named(feeds: Sequence[NamedFeed], *, guard: bool) -> DataFrame:
    """Rows (kind, identifier, `_way`) of all raw rows that name somebody."""
    for _, raw, feed in feeds:
        require_sound(raw, _identifiers_of(feed))
    rows = {name: (typed_source(raw, feed), feed) for name, raw, feed in feeds}
    frames = []
    for i, way in enumerate(_ways(feeds)):
        typed, feed = rows[way.feed_name]
        actor = way.actor
        typed = typed.where(F.col(WAITS_FOR).isNull()) if feed.lookups else typed
        if way.each:
            typed = element_rows(typed, feed, Target(columns={}, each=way.each))
        if guard:
            typed, target = guarded(typed, Target(columns={}, actor=actor))
            actor = target.actor or actor
        identifier = identifier_of(actor, feed).alias("identifier")
        frames.append(typed.select(F.lit(way.actor.kind).alias("kind"), identifier, F.lit(i).alias("_way")))
    return reduce(DataFrame.unionByName, frames).where(F.col("identifier").isNotNull())


def _identifiers_of(feed: Feed) -> Feed:
    """The feed with no other expressions and names than those of its identifiers."""
    actors = {name: target for name, target in feed.into.items() if target.actors}
    only = {
        name: target.model_copy(update={"columns": {}, "skipped": (), "keep": (), "line_key": ()})
        for name, target in actors.items()
    }
    return feed.model_copy(update={"into": only})


def identifier_derivation(feeds: Sequence[Feed]) -> str:
    """Hash of how identifiers follow from a raw table's rows by these feeds: 16 hex digits.

    Where it changes, identifiers of rows that were read before may be new.
    """
    actors = {
        (a.kind, a.identifier, *sorted({word.strip().lower() for word in feed.nobody} - {""}))
        for feed in feeds
        for target in feed.into.values()
        for a in target.actors
    }
    types = sorted((column, kind) for feed in feeds for column, kind in feed.types.items())
    rows = [feed.strip for feed in feeds if feed.strip]
    rows += sorted({str(fill) for feed in feeds for fill in fills_of(feed).items()})
    rows += sorted({way.each for way in actors_of([("", feed) for feed in feeds])} - {""})
    rows += sorted(text for feed in feeds for text in feed.with_)
    return hashlib.sha256(json.dumps([sorted(actors), types, *rows]).encode()).hexdigest()[:16]
