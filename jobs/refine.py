"""Turns raw rows into typed, pseudonymous facts, once each; what breaks a rule goes to quarantine."""

import sys
from functools import reduce

from pyspark.sql import DataFrame

from footfall.contract import Table, Written
from footfall.privacy.pseudonyms import actor_ids, text_ids
from footfall.refine.bare_numbers import require_times
from footfall.refine.feeds import (
    RawFeed,
    feeds_into,
    feeds_with_actors,
    has_versions,
    in_zone,
    ranged_key,
    raw_feeds,
)
from footfall.refine.fills import ShopDefaults, row_contract, with_generated
from footfall.refine.keys import matching_of
from footfall.refine.mapped import map_rows
from footfall.refine.pseudonyms import identifier_derivation, minted_output
from footfall.runtime.cli import Job, main
from footfall.steps.sorting import RAW_ROW, UNREADABLE, check_rules, conflicting, quarantined
from footfall.steps.sql import run_sql
from footfall.steps.step import FactRows, Frames, Output, Read, Step, StepResult
from footfall.tables import IDENTITIES, PSEUDONYMS, REFINED


def steps(job: Job) -> list[Step]:
    """The vault first, where some feed has an actor; then one step a fact table that some feed fills."""
    feeds = in_zone(raw_feeds(job.settings.all_sources), job.settings.shop.time_zone)
    with_actors = feeds_with_actors(feeds)
    people = [_pseudonyms(job, with_actors), _identities()] if with_actors else []
    return [*people, *(_facts(job, of_table, table) for table in REFINED if (of_table := feeds_into(feeds, table)))]


def _pseudonyms(job: Job, feeds: list[RawFeed]) -> Step:
    def apply(frames: Frames) -> StepResult:
        raw = [(f.name, f.with_arrival(frames[f.reads], job.now), f.feed) for f in feeds if f.reads in frames]
        vault = frames.get(PSEUDONYMS.full_name)
        return StepResult([minted_output(raw, vault=vault, actor_ids=actor_ids(job.key))])

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
        rows, aside, conflicts, matching = [], [], [], matching_of({f.name: f.feed for f in feeds}, table)
        for f in [f for f in feeds if f.reads in frames]:  # another may wait for its first files
            raw = f.with_arrival(frames[f.reads], job.now)
            mapped = map_rows(
                raw, feed=f.feed, feed_name=f.name, table=table, shop=shop,
                vault=frames.get(PSEUDONYMS.full_name), text_ids=text_ids(job.key),
            )  # fmt: skip
            require_times(raw, f.feed, table)
            contract = row_contract(f.feed, table)
            checked = check_rules(mapped, contract)
            rows.append(with_generated(checked, feed=f.feed, table=table).drop(RAW_ROW, UNREADABLE))
            aside.append(quarantined(checked, contract))
            conflicts += [conflicting(checked, table)] if f.name in matching.aside else []
        all_rows, all_aside = (reduce(DataFrame.unionByName, frames) for frames in (rows, aside))
        reasons = {f.name: f.reasons(table) for f in feeds}
        late = [f.name for f in feeds if f.feed.known is None]
        facts = FactRows(
            table, all_rows, reasons, all_aside, matching=matching, without_known=late, ranged_key=ranged_key(feeds, table),
            conflicts=reduce(DataFrame.unionByName, conflicts) if conflicts else None, versions=has_versions(feeds, table),
        )  # fmt: skip
        return StepResult([facts])

    only_new = table.written is Written.APPEND
    vault = (Read(PSEUDONYMS.full_name, lookup=True),) if "actor_id" in table.column_names else ()
    reads = (*(Read(f.reads, new=only_new) for f in feeds), *vault)
    values = {f.name: f.feed.model_dump() for f in feeds} | {"shop": shop}
    return Step(f"refine_{table.name}", reads, (table.full_name,), apply, code=("footfall.refine",), values=values)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
