"""Turns raw rows into typed, pseudonymous facts, once each; what breaks a rule goes to quarantine."""

import sys
from contextlib import ExitStack
from functools import partial
from typing import Any

from pyspark.sql import DataFrame

from footfall.contract import Table, Written
from footfall.privacy.pseudonyms import actor_ids, text_ids
from footfall.refine.facts import fact_rows
from footfall.refine.feeds import (
    RawFeed,
    feeds_into,
    feeds_with_actors,
    in_zone,
    raw_feeds,
)
from footfall.refine.fills import ShopDefaults
from footfall.refine.pseudonyms import identifier_derivation, minted_output
from footfall.refine.waiting import FeedReads, without_idle_lookups
from footfall.runtime.cli import Job, main
from footfall.steps.sql import run_sql
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import IDENTITIES, PSEUDONYMS, REFINED


def steps(job: Job) -> list[Step]:
    """The vault first, where some feed has an actor; then one step a fact table that some feed fills."""
    feeds = in_zone(raw_feeds(job.settings.all_sources), job.settings.shop.time_zone)
    with_actors = feeds_with_actors(feeds)
    people = [_pseudonyms(job, with_actors), _identities()] if with_actors else []
    return [*people, *(_facts(job, of_table, table) for table in REFINED if (of_table := feeds_into(feeds, table)))]


def _pseudonyms(job: Job, feeds: list[RawFeed]) -> Step:
    reads = FeedReads([without_idle_lookups(f) for f in feeds], PSEUDONYMS.name, only_new=True)

    def apply(frames: Frames) -> StepResult:
        with ExitStack() as stack:
            raw = reads.rows(frames, job.now, partial(_staged, job, stack))
            minted = minted_output(
                [(f.name, raw[f.name], f.feed) for f in reads.feeds if f.name in raw],
                vault=frames.get(PSEUDONYMS.full_name),
                actor_ids=actor_ids(job.key),
            )
            return StepResult([minted, *reads.raw_waiting(raw)], ended=stack.pop_all().close)

    tables = {f.reads: [other.feed for other in reads.feeds if other.reads == f.reads] for f in feeds}
    derivations = {name: identifier_derivation(of_name) for name, of_name in tables.items()}
    writes = (PSEUDONYMS.full_name, *reads.writes)
    return Step("refine_pseudonyms", reads.reads(derivations), writes, apply, waits_in=reads.waits_in)


def _staged(job: Job, stack: ExitStack, name: str, frame: DataFrame) -> DataFrame:
    return stack.enter_context(job.lake.staged(f"looked_up_{name}", frame))


def _identities() -> Step:
    def apply(frames: Frames) -> StepResult:
        identities = run_sql("refine", "identities", pseudonyms=frames[PSEUDONYMS.full_name])
        return StepResult([Output(IDENTITIES, identities)])

    return Step("refine_identities", (Read(PSEUDONYMS.full_name, new=True),), (IDENTITIES.full_name,), apply)


def _facts(job: Job, feeds: list[RawFeed], table: Table) -> Step:
    own = job.settings.shop
    shop = ShopDefaults(own.time_zone, own.currency, own.first_day)

    of_feeds = FeedReads(feeds, table.name, only_new=table.written is Written.APPEND)

    def apply(frames: Frames) -> StepResult:
        with ExitStack() as stack:
            raw = of_feeds.rows(frames, job.now, partial(_staged, job, stack))
            vault, ids = frames.get(PSEUDONYMS.full_name), text_ids(job.key)
            facts = fact_rows(feeds, raw, table, shop=shop, vault=vault, text_ids=ids, waiting=of_feeds.table)
            return StepResult(facts, ended=stack.pop_all().close)

    vault = (Read(PSEUDONYMS.full_name, lookup=True),) if "actor_id" in table.column_names else ()
    reads, writes = (*of_feeds.reads(), *vault), (table.full_name, *of_feeds.writes)
    values = {f.name: f.feed.model_dump() for f in feeds} | {"shop": shop}
    how: dict[str, Any] = {"code": ("footfall.refine",), "values": values, "waits_in": of_feeds.waits_in}
    return Step(f"refine_{table.name}", reads, writes, apply, **how)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
