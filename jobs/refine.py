"""Turns raw rows into typed, pseudonymous facts, once each; what breaks a rule goes to quarantine."""

import sys

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
    def apply(frames: Frames) -> StepResult:
        rows = {f.name: f.with_arrival(frames[f.reads], job.now) for f in feeds if f.reads in frames}
        raw = [(f.name, rows[f.name], f.reading(rows[f.name]).feed) for f in feeds if f.name in rows]
        return StepResult([minted_output(raw, vault=frames.get(PSEUDONYMS.full_name), actor_ids=actor_ids(job.key))])

    tables = {name: [f.feed for f in feeds if f.reads == name] for name in dict.fromkeys(f.reads for f in feeds)}
    reads = tuple(Read(name, new=True, derivation=identifier_derivation(of_name)) for name, of_name in tables.items())
    return Step("refine_pseudonyms", reads, (PSEUDONYMS.full_name,), apply)


def _identities() -> Step:
    def apply(frames: Frames) -> StepResult:
        identities = run_sql("refine", "identities", pseudonyms=frames[PSEUDONYMS.full_name])
        return StepResult([Output(IDENTITIES, identities)])

    return Step("refine_identities", (Read(PSEUDONYMS.full_name, new=True),), (IDENTITIES.full_name,), apply)


def _facts(job: Job, feeds: list[RawFeed], table: Table) -> Step:
    own = job.settings.shop
    shop = ShopDefaults(own.time_zone, own.currency, own.first_day)

    def apply(frames: Frames) -> StepResult:
        raw = {f.name: f.with_arrival(frames[f.reads], job.now) for f in feeds if f.reads in frames}
        vault = frames.get(PSEUDONYMS.full_name)
        return StepResult([fact_rows(feeds, raw, table, shop=shop, vault=vault, text_ids=text_ids(job.key))])

    only_new = table.written is Written.APPEND
    vault = (Read(PSEUDONYMS.full_name, lookup=True),) if "actor_id" in table.column_names else ()
    reads = (*(Read(f.reads, new=only_new) for f in feeds), *vault)
    values = {f.name: f.feed.model_dump() for f in feeds} | {"shop": shop}
    return Step(f"refine_{table.name}", reads, (table.full_name,), apply, code=("footfall.refine",), values=values)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
