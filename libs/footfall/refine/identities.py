"""Who is who: people out of links between identifiers, as rows of refined.identities. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from footfall.contract import EVERY_ROW
from footfall.contract.ddl import literal
from footfall.refine.components import HIGH, LOW, Staged, components
from footfall.refine.people import TOO_MANY, Pair, StitchRules, histories
from footfall.steps.sorting import FIRST_INSTANT
from footfall.steps.sql import run_sql
from footfall.steps.step import Output
from footfall.tables import IDENTITIES, IDENTITY_LINKS

_HELD = "actor_id string, user_id string, valid_from int, valid_to int, known_from int, known_to int, evidence string"
_ROWS_A_BATCH = 10_000
MOST_ACTORS = 2000  # whose rows leave by name; with more, the table is written anew


def own_people(pseudonyms: DataFrame) -> DataFrame:
    """Every actor as a person of its own, and always known to be."""
    return run_sql("refine", "identities", pseudonyms=pseudonyms)


def stitched(links: DataFrame, *, rules: StitchRules, max_linked: int, time_zone: str, staged: Staged) -> DataFrame:
    """Rows of refined.identities of all actors that a usable link names, with all that was ever held of them.

    `links` is refined.identity_links. A row counts from the shop's day on which it was known; what an as-of date sees is
    what was known before that day. An identifier that is linked with more than `max_linked` others within the window is
    shared from then on, and links nobody.
    """
    pairs = staged("pairs", _usable_pairs(links, window_days=rules.window_days, max_linked=max_linked))
    nodes = (F.xxhash64("actor_id"), F.xxhash64("linked_id"))
    numbers = pairs.select(F.least(*nodes).alias(LOW), F.greatest(*nodes).alias(HIGH)).where("low < high").distinct()
    of_nodes = components(numbers, staged=staged)
    joined = pairs.join(of_nodes, nodes[0] == of_nodes["node"], "inner").drop("node")
    together = joined.repartition("component").sortWithinPartitions("component", "actor_id", "linked_id")
    held = together.mapInArrow(_held_by(rules), _HELD)
    return held.select(
        "actor_id", "user_id",
        *(F.coalesce(_instant(c, time_zone), F.expr(FIRST_INSTANT)).alias(c) if c.endswith("from")
          else _instant(c, time_zone).alias(c) for c in ("valid_from", "valid_to", "known_from", "known_to")),
        "evidence",
    )  # fmt: skip


def identities_output(
    new_pseudonyms: DataFrame, people: DataFrame, *, before: DataFrame | None, staged: Staged
) -> Output:
    """What changes in refined.identities: rows that are closed leave in the commit that adds them as they are now.

    `people` are all stitched people, `before` the table as it was, None where there is none, `new_pseudonyms` those that the
    step has not seen.
    """
    if before is None:
        return Output(IDENTITIES, all_people(new_pseudonyms, people))
    actors = before.select("actor_id").unionByName(new_pseudonyms.select("actor_id")).distinct()
    now = all_people(actors, people)
    differing = staged("differing", differing_rows(now, before))
    added = differing.where("is_new").drop("is_new")
    leaving = differing.where("NOT is_new").select("actor_id").distinct()
    named = [row[0] for row in leaving.limit(MOST_ACTORS + 1).collect()]
    if not named:
        return Output(IDENTITIES, added)
    if len(named) > MOST_ACTORS:
        return Output(IDENTITIES, now, replaces=EVERY_ROW)
    listed = ", ".join(literal(actor) for actor in sorted(named))
    theirs = now.join(leaving, "actor_id", "left_semi")
    others = added.join(leaving, "actor_id", "left_anti")
    return Output(IDENTITIES, theirs.unionByName(others), replaces=f"actor_id IN ({listed})")


def size_warnings(people: DataFrame, *, max_identifiers: int) -> list[str]:
    """That people would have more identifiers than may be, in words; asks Spark for the number."""
    count = people.where((F.col("evidence") == TOO_MANY) & F.col("known_to").isNull()).count()
    words = (
        f"{IDENTITIES.name}: {count:,} identifiers are linked into people of more than {max_identifiers:,} identifiers, and "
        f"joined to nobody. Fix: find what links them in {IDENTITY_LINKS.full_name}; list it under `nobody`, withdraw it, or raise "
        "identities.max_identifiers."
    )
    return [words] if count else []


def all_people(pseudonyms: DataFrame, people: DataFrame) -> DataFrame:
    """Stitched people, and each other actor by itself."""
    others = pseudonyms.join(people.select("actor_id").distinct(), "actor_id", "left_anti")
    return people.unionByName(own_people(others))


def differing_rows(now: DataFrame, before: DataFrame) -> DataFrame:
    """Rows of identities that only one of two states has, with `is_new`: whether that is the later one."""
    columns = IDENTITIES.column_names
    states = now.select(*columns, F.lit(1).alias("_n")).unionByName(before.select(*columns, F.lit(-1).alias("_n")))
    counts = states.groupBy(*columns).agg(F.sum("_n").alias("_n")).where("_n != 0")
    return counts.select(*columns, (F.col("_n") > 0).alias("is_new"))


def _usable_pairs(links: DataFrame, *, window_days: int, max_linked: int) -> DataFrame:
    """Each pair with its days, less those that no day saw before one of the two was known to be shared."""
    known, happened = F.unix_date("known_date").alias("known"), F.unix_date("event_date").alias("happened")
    day = F.struct(known, happened, (F.col("state") == "withdrawn").alias("withdrawn"))
    pairs = links.groupBy("actor_id", "linked_id").agg(
        F.min("anchor").alias("anchor"), F.min("evidence").alias("evidence"), F.array_sort(F.collect_set(day)).alias("days")
    )  # fmt: skip
    shared = _shared_from(links, window_days=window_days, max_linked=max_linked)
    anchors = shared.select(F.col("linked_id").alias("actor_id"), F.col("until").alias("_anchor_until"))
    both = pairs.join(shared, "linked_id", "left").join(anchors, "actor_id", "left")
    cut = both.withColumn("until", F.least("until", "_anchor_until")).drop("_anchor_until")
    return cut.where(F.col("until").isNull() | (F.col("days")[0]["known"] < F.col("until")))


def _shared_from(links: DataFrame, *, window_days: int, max_linked: int) -> DataFrame:
    """Rows (linked_id, until): from which day on it was known that too many share it; windows are laid side by side, twice."""
    day, half = F.unix_date("event_date"), window_days // 2
    windows = F.array(F.floor(day / window_days), -1 - F.floor((day + half) / window_days))
    seen_in = links.where("state = 'linked'").select(
        "linked_id", "actor_id", F.unix_date("known_date").alias("known"), F.explode(windows).alias("window")
    )
    first = seen_in.groupBy("linked_id", "window", "actor_id").agg(F.min("known").alias("known"))
    place = F.row_number().over(Window.partitionBy("linked_id", "window").orderBy("known", "actor_id"))
    beyond = first.withColumn("place", place).where(F.col("place") == max_linked + 1)
    return beyond.groupBy("linked_id").agg(F.min("known").alias("until"))


def _instant(day: str, time_zone: str) -> Column:
    return F.to_utc_timestamp(F.date_from_unix_date(day).cast("timestamp"), time_zone)


def _held_by(rules: StitchRules) -> Any:
    def held(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = (row for batch in batches for row in batch.to_pylist())
        batch_rows: list[dict[str, Any]] = []
        for _, of_component in groupby(rows, key=lambda row: row["component"]):
            batch_rows += _as_rows(of_component, rules)
            if len(batch_rows) >= _ROWS_A_BATCH:
                yield _batch(batch_rows)
                batch_rows = []
        yield _batch(batch_rows)

    return held


def _as_rows(rows: Iterable[Mapping[str, Any]], rules: StitchRules) -> Iterator[dict[str, Any]]:
    pairs = [
        Pair(
            row["actor_id"], row["linked_id"], row["anchor"], row["evidence"],
            [(day["known"], day["happened"], day["withdrawn"]) for day in row["days"]], row["until"],
        )
        for row in rows
    ]  # fmt: skip
    for held in histories(pairs, rules):
        stay = held.stay
        yield {
            "actor_id": held.actor, "user_id": stay.person, "valid_from": stay.since, "valid_to": stay.until,
            "known_from": held.known_from, "known_to": held.known_to, "evidence": stay.evidence,
        }  # fmt: skip


_ARROW = pa.schema(
    [(name, pa.int32() if kind == "int" else pa.string()) for name, kind in (c.split() for c in _HELD.split(", "))]
)


def _batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=_ARROW)
