"""The vault: every identifier that the raw rows carry, once, with its pseudonym. A pure function of frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.mapping.source import Feed
from footfall.refine.mapped import identifier_of, typed_source


def new_pseudonyms(
    feeds: Sequence[tuple[DataFrame, Feed]],
    *,
    vault: DataFrame | None,
    actor_ids: Callable[[Column, Column, Column], Column],
) -> DataFrame:
    """Identifiers in the raw rows that the vault lacks, each minted once.

    `feeds` pairs raw rows with their mapping; `vault` is refined.pseudonyms as it was; None where it is empty.
    """
    found = [
        typed_source(raw, feed).select(
            F.lit(target.actor.kind).alias("kind"), identifier_of(target.actor).alias("identifier")
        )
        for raw, feed in feeds
        for target in feed.into.values()
        if target.actor
    ]
    seen = (
        reduce(DataFrame.unionByName, found)
        .where(F.col("identifier").isNotNull())
        .dropDuplicates(["kind", "identifier"])
    )
    if vault is not None:
        seen = seen.join(vault.select("kind", "identifier"), on=["kind", "identifier"], how="left_anti")
    minted = seen.withColumn("incarnation", F.lit(0))
    return minted.withColumn("actor_id", actor_ids(F.col("kind"), F.col("identifier"), F.col("incarnation")))
