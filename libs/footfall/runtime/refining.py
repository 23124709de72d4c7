"""The Steps of refine that read feeds: the vault of pseudonyms, and a table of facts. What they look up of other feeds is staged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from pyspark.sql import DataFrame

from footfall.contract import Table, Written
from footfall.privacy.pseudonyms import actor_ids, text_ids
from footfall.refine.facts import fact_rows
from footfall.refine.feeds import RawFeed
from footfall.refine.fills import ShopDefaults
from footfall.refine.pseudonyms import identifier_derivation, minted_output
from footfall.refine.waiting import FeedReads, facts_that_wait, without_idle_lookups
from footfall.runtime.cli import Job
from footfall.steps.step import Frames, Read, Step, StepResult
from footfall.tables import FX_RATES, PSEUDONYMS


def pseudonyms_step(job: Job, feeds: Sequence[RawFeed]) -> Step:
    """Mints a pseudonym for each new identifier of the feeds, of which each has an actor."""
    looking = [without_idle_lookups(f) for f in feeds]
    of_feeds = FeedReads(looking, PSEUDONYMS.name, only_new=True, beside=facts_that_wait(looking))

    def apply(frames: Frames) -> StepResult:
        with _raw_rows(job, of_feeds, frames) as (raw, stack):
            named = [(f.name, raw[f.name], f.reading(raw[f.name]).feed) for f in of_feeds.feeds if f.name in raw]
            minted = minted_output(named, vault=frames.get(PSEUDONYMS.full_name), actor_ids=actor_ids(job.key))
            return StepResult([minted, *of_feeds.raw_waiting(raw)], ended=stack.pop_all().close)

    by_table = {f.reads: [other.feed for other in of_feeds.feeds if other.reads == f.reads] for f in feeds}
    derivations = {name: identifier_derivation(of_name) for name, of_name in by_table.items()}
    writes = (PSEUDONYMS.full_name, *of_feeds.writes)
    return Step(
        "refine_pseudonyms",
        of_feeds.reads(derivations),
        writes,
        apply,
        code=("footfall.refine",),
        values=_definitions(looking),
        waits_in=of_feeds.waits_in,
    )


def facts_step(job: Job, feeds: Sequence[RawFeed], table: Table) -> Step:
    """Makes one table of the feeds that fill it."""
    own = job.settings.shop
    shop = ShopDefaults(own.time_zone, own.currency, own.first_day)
    needs_rates = "amount_base" in table.column_names and job.feeds(FX_RATES)
    of_feeds = FeedReads(feeds, table.name, only_new=table.written is Written.APPEND, rates=needs_rates)

    def apply(frames: Frames) -> StepResult:
        with _raw_rows(job, of_feeds, frames) as (raw, stack):
            facts, places = fact_rows(
                feeds,
                raw,
                table,
                shop=shop,
                vault=frames.get(PSEUDONYMS.full_name),
                text_ids=text_ids(job.key),
                rates=frames.get(FX_RATES.full_name),
                waiting=of_feeds.table,
            )
            return StepResult([facts, *([places] if places else [])], ended=stack.pop_all().close)

    wakes = any(f.looks_up for f in feeds)
    vault = (Read(PSEUDONYMS.full_name, lookup=True, wakes=wakes),) if "actor_id" in table.column_names else ()
    return Step(
        f"refine_{table.name}",
        (*of_feeds.reads(), *vault),
        (table.full_name, *of_feeds.writes),
        apply,
        code=("footfall.refine", "footfall.steps.matching"),
        values=_definitions(feeds) | {"shop": shop},
        waits_in=of_feeds.waits_in,
    )


def _definitions(feeds: Sequence[RawFeed]) -> dict[str, Any]:
    """What the mappings say of the feeds, and of how those are read that they look up."""
    own = {f.name: f.feed.model_dump() for f in feeds}
    return own | {
        f"{f.name} with {name}": other.feed.model_dump(exclude={"into"}) for f in feeds for name, other in f.looks_up
    }


@contextmanager
def _raw_rows(job: Job, of_feeds: FeedReads, frames: Frames) -> Iterator[tuple[dict[str, DataFrame], ExitStack]]:
    """The raw rows of the feeds, and what ends with the stack: staged frames. Where the block takes it over, it does not end here."""
    with ExitStack() as stack:
        yield of_feeds.rows(frames, job.now, partial(_staged, job, stack)), stack


def _staged(job: Job, stack: ExitStack, name: str, frame: DataFrame) -> DataFrame:
    return stack.enter_context(job.lake.staged(f"looked_up_{name}", frame))
