"""Turns raw rows into typed, pseudonymous facts, once each; what breaks a rule goes to quarantine."""

import sys
from functools import reduce

from pyspark.sql import DataFrame

from footfall.contract import Table, Written
from footfall.privacy.pseudonyms import actor_ids, text_ids
from footfall.refine.feeds import RawFeed, feeds_into, numbers_are_keys, raw_feeds
from footfall.refine.mapped import ShopDefaults, generate, judged_by, map_rows
from footfall.refine.pseudonyms import new_pseudonyms
from footfall.runtime.cli import Job, main
from footfall.steps.sorting import RAW_ROW, UNREADABLE, judge, quarantined
from footfall.steps.sql import run_sql
from footfall.steps.step import FactRows, Frames, Output, Read, Step, StepResult
from footfall.tables import IDENTITIES, PSEUDONYMS, REFINED


def steps(job: Job) -> list[Step]:
    """The vault first, then one step a fact table that some feed fills."""
    feeds = raw_feeds(job.settings.all_sources)
    facts = [table for table in REFINED if feeds_into(feeds, table)]
    return [_pseudonyms(job, feeds), _identities(), *(_facts(job, feeds_into(feeds, table), table) for table in facts)]


def _pseudonyms(job: Job, feeds: list[RawFeed]) -> Step:
    about_people = [f for f in feeds if any(target.actor for target in f.feed.into.values())]

    def apply(frames: Frames) -> StepResult:
        raw = [(f.with_arrival(frames[f.reads], job.now), f.feed) for f in about_people]
        minted = new_pseudonyms(raw, vault=frames.get(PSEUDONYMS.full_name), actor_ids=actor_ids(job.key))
        return StepResult([Output(PSEUDONYMS, minted)])

    reads = tuple(Read(f.reads, new=True) for f in about_people)
    return Step("refine_pseudonyms", reads, (PSEUDONYMS.full_name,), apply)


def _identities() -> Step:
    def apply(frames: Frames) -> StepResult:
        return StepResult(
            [Output(IDENTITIES, run_sql("refine", "identities", pseudonyms=frames[PSEUDONYMS.full_name]))]
        )

    return Step("refine_identities", (Read(PSEUDONYMS.full_name, new=True),), (IDENTITIES.full_name,), apply)


def _facts(job: Job, feeds: list[RawFeed], table: Table) -> Step:
    shop = ShopDefaults(job.settings.shop.time_zone, job.settings.shop.currency)

    def apply(frames: Frames) -> StepResult:
        rows, aside = [], []
        for f in feeds:
            mapped = map_rows(
                f.with_arrival(frames[f.reads], job.now), feed=f.feed, feed_name=f.name, table=table, shop=shop,
                vault=frames.get(PSEUDONYMS.full_name), text_ids=text_ids(job.key),
            )  # fmt: skip
            stated = judged_by(f.feed, table)
            judged = judge(mapped, stated)
            rows.append(generate(judged, feed=f.feed, table=table).drop(RAW_ROW, UNREADABLE))
            aside.append(quarantined(judged, stated))
        whole, broken = (reduce(DataFrame.unionByName, frames) for frames in (rows, aside))
        reasons = {f.name: f.reasons(table) for f in feeds}
        return StepResult([FactRows(table, whole, reasons, broken, unique=numbers_are_keys(feeds, table))])

    only_new = table.written is Written.APPEND
    vault = (Read(PSEUDONYMS.full_name, lookup=True),) if "actor_id" in table.column_names else ()
    reads = (*(Read(f.reads, new=only_new) for f in feeds), *vault)
    values = {f.name: f.feed.model_dump() for f in feeds} | {"shop": shop}
    return Step(f"refine_{table.name}", reads, (table.full_name,), apply, code=("footfall.refine",), values=values)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
