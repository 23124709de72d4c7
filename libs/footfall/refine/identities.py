"""Who is who: people out of links between identifiers, as rows of refined.identities. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from footfall.contract import EVERY_ROW
from footfall.refine.components import HIGH, LOW, Staged, components
from footfall.refine.people import DEVICE, TOO_MANY, LinkDay, Pair, StitchRules, histories
from footfall.steps.sorting import FIRST_INSTANT
from footfall.steps.sql import run_sql
from footfall.steps.step import Output
from footfall.tables import IDENTITIES, IDENTITY_LINKS

_HELD = "actor_id string, user_id string, valid_from int, valid_to int, known_from int, known_to int, evidence string"
_ROWS_A_BATCH = 10_000
MOST_ACTORS = 2000  # whose rows leave by name; with more, the table is written anew
ACTOR_HASH = "xxhash64(actor_id)"  # names an actor in Delta's log, where its pseudonym would outlive its rows


def own_people(pseudonyms: DataFrame) -> DataFrame:
    """Every actor as a person of its own, and always known to be."""
    return run_sql("refine", "identities", pseudonyms=pseudonyms)


def stitched(links: DataFrame, *, rules: StitchRules, max_linked: int, time_zone: str, staged: Staged) -> DataFrame:
    """Rows of refined.identities of all actors that a usable link names, with all that was ever held of them.

    `links` is refined.identity_links. A row counts from the shop's day on which it was known; what an as-of date sees is
    what was known before that day. An identifier that is linked with more than `max_linked` others within the window, or as
    the stronger one with more devices than a person may have identifiers, is shared from then on, and links nobody.
    """
    pairs = staged("pairs", _usable_pairs(links, rules=rules, max_linked=max_linked))
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
    hashes = [row[0] for row in leaving.selectExpr(ACTOR_HASH).distinct().limit(MOST_ACTORS + 1).collect()]
    if not hashes:
        return Output(IDENTITIES, added)
    if len(hashes) > MOST_ACTORS:
        return Output(IDENTITIES, now, replaces=EVERY_ROW)
    is_leaving = f"{ACTOR_HASH} IN ({', '.join(map(str, sorted(hashes)))})"
    return Output(IDENTITIES, now.where(is_leaving).unionByName(added.where(f"NOT {is_leaving}")), replaces=is_leaving)


def size_warnings(people: DataFrame, *, max_identifiers: int) -> list[str]:
    """That people would have more identifiers than may be, in words; asks Spark for the number."""
    count = people.where((F.col("evidence") == TOO_MANY) & F.col("known_to").isNull()).count()
    words = (
        f"{IDENTITIES.name}: {count:,} identifiers are linked into people of more than {max_identifiers:,} identifiers, and "
        f"joined to nobody. Fix: see what links them in {IDENTITY_LINKS.full_name}, and withdraw the links that are wrong "
        "(`withdrawn`, docs/mapping.md), or raise identities.max_identifiers."
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


def _usable_pairs(links: DataFrame, *, rules: StitchRules, max_linked: int) -> DataFrame:
    """Each pair (actor_id, linked_id, days, until), less those that no day saw before one of the two was known to be shared.

    Two that feeds name in either order are one pair: actor_id is the lesser pseudonym.
    """
    is_turned, words = F.col("actor_id") > F.col("linked_id"), (F.col("anchor"), F.col("evidence"))
    days = F.struct(
        F.unix_date("known_date").alias("known"), F.unix_date("event_date").alias("happened"),
        (F.col("state") == "withdrawn").alias("is_withdrawn"),
        F.when(is_turned, words[1]).otherwise(words[0]).alias("word"),
        F.when(is_turned, words[0]).otherwise(words[1]).alias("other_word"),
    )  # fmt: skip
    two = F.least("actor_id", "linked_id").alias("actor_id"), F.greatest("actor_id", "linked_id").alias("linked_id")
    pairs = links.groupBy(*two).agg(F.array_sort(F.collect_set(days)).alias("days"))
    shared = _shared_from(links, rules=rules, max_linked=max_linked)
    of_actors, of_linked = (
        shared.select(F.col("identifier").alias(name), F.col("until").alias(f"_{name}_until"))
        for name in ("actor_id", "linked_id")
    )
    both = pairs.join(of_linked, "linked_id", "left").join(of_actors, "actor_id", "left")
    cut = both.withColumn("until", F.least("_actor_id_until", "_linked_id_until"))
    unshared = F.col("until").isNull() | (F.col("days")[0]["known"] < F.col("until"))
    return cut.where(unshared).drop("_actor_id_until", "_linked_id_until")


def _shared_from(links: DataFrame, *, rules: StitchRules, max_linked: int) -> DataFrame:
    """Rows (identifier, until): from which day on it was known to have too many others; windows are laid side by side, twice.

    The others that it is weaker than are counted together, those that it is stronger than by what they are: of devices one
    person has many.
    """
    most = F.when(F.col("word") == DEVICE, rules.max_identifiers).otherwise(max_linked)
    linked, group = links.where("state = 'linked'"), ("identifier", "word")
    pairs = linked.select("actor_id", "linked_id", "evidence").distinct()
    with_many = _others(pairs).groupBy(*group).count().where(F.col("count") > most)
    day, half = F.unix_date("event_date"), rules.window_days // 2
    windows = F.array(F.floor(day / rules.window_days), -1 - F.floor((day + half) / rules.window_days))
    known = F.unix_date("known_date").alias("known")
    others = _others(linked, known, windows.alias("windows")).join(with_many, list(group), "left_semi")
    in_window = others.withColumn("window", F.explode("windows"))
    first = in_window.groupBy(*group, "window", "other").agg(F.min("known").alias("known"))
    place = F.row_number().over(Window.partitionBy(*group, "window").orderBy("known", "other"))
    beyond = first.withColumn("place", place).where(F.col("place") == most + 1)
    return beyond.groupBy("identifier").agg(F.min("known").alias("until"))


def _others(links: DataFrame, *columns: Column) -> DataFrame:
    """Rows (identifier, other, word, columns): each link from both sides; of the stronger one's with what the other is, else ''."""
    sides = F.array(
        F.struct(F.col("linked_id").alias("identifier"), F.col("actor_id").alias("other"), F.lit("").alias("word")),
        F.struct(F.col("actor_id").alias("identifier"), F.col("linked_id").alias("other"), F.col("evidence").alias("word")),
    )  # fmt: skip
    return links.select(F.inline(sides), *columns)


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
        Pair(row["actor_id"], row["linked_id"], [LinkDay(**day) for day in row["days"]], row["until"]) for row in rows
    ]
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
