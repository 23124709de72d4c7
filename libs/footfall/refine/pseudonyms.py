"""The vault: every identifier that the raw rows carry, once, with its pseudonym. Pure functions of frames."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.mapping.source import Feed
from footfall.refine.expressions import identifier_of, require_sound
from footfall.refine.typed import typed_source


def new_pseudonyms(
    feeds: Sequence[tuple[DataFrame, Feed]],
    *,
    vault: DataFrame | None,
    actor_ids: Callable[[Column, Column, Column], Column],
) -> DataFrame:
    """Identifiers in the raw rows that the vault lacks, each minted once.

    `feeds` pairs raw rows with their mapping, at least one of which has an actor; `vault` is refined.pseudonyms as it was,
    None where it is empty.
    """
    for raw, feed in feeds:
        require_sound(raw, _identifiers_of(feed))
    identifiers = [
        typed_source(raw, feed).select(F.lit(actor.kind).alias("kind"), identifier_of(actor).alias("identifier"))
        for raw, feed in feeds
        for actor in {target.actor: None for target in feed.into.values() if target.actor}  # each once, in order
    ]
    new = (
        reduce(DataFrame.unionByName, identifiers)
        .where(F.col("identifier").isNotNull())
        .dropDuplicates(["kind", "identifier"])
    )
    if vault is not None:
        new = new.join(vault.select("kind", "identifier"), on=["kind", "identifier"], how="left_anti")
    minted = new.withColumn("incarnation", F.lit(0))
    return minted.withColumn("actor_id", actor_ids(F.col("kind"), F.col("identifier"), F.col("incarnation")))


def _identifiers_of(feed: Feed) -> Feed:
    """The feed with no other expressions and names than those of its identifiers."""
    actors = {name: target for name, target in feed.into.items() if target.actor}
    only = {name: target.model_copy(update={"columns": {}, "skipped": (), "keep": ()}) for name, target in actors.items()}
    return feed.model_copy(update={"into": only})


def identifier_derivation(feeds: Sequence[Feed]) -> str:
    """Hash of how identifiers follow from a raw table's rows by these feeds: 16 hex digits.

    Where it changes, identifiers of rows that were read before may be new.
    """
    actors = {(a.kind, a.identifier) for feed in feeds for target in feed.into.values() if (a := target.actor)}
    types = sorted((column, kind) for feed in feeds for column, kind in feed.types.items())
    return hashlib.sha256(json.dumps([sorted(actors), types]).encode()).hexdigest()[:16]
