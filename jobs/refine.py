"""Turns raw rows into typed, pseudonymous facts, once each; what breaks a rule goes to quarantine."""

import sys

from footfall.refine.feeds import feeds_into, feeds_with_actors, in_zone, raw_feeds
from footfall.runtime.cli import Job, main
from footfall.runtime.refining import facts_step, pseudonyms_step
from footfall.steps.sql import run_sql
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import IDENTITIES, PSEUDONYMS, REFINED


def steps(job: Job) -> list[Step]:
    """The vault first, where some feed has an actor; then one step a fact table that some feed fills."""
    feeds = in_zone(raw_feeds(job.settings.all_sources), job.settings.shop.time_zone)
    with_actors = feeds_with_actors(feeds)
    people = [pseudonyms_step(job, with_actors), _identities()] if with_actors else []
    return [*people, *(facts_step(job, of_table, table) for table in REFINED if (of_table := feeds_into(feeds, table)))]


def _identities() -> Step:
    def apply(frames: Frames) -> StepResult:
        identities = run_sql("refine", "identities", pseudonyms=frames[PSEUDONYMS.full_name])
        return StepResult([Output(IDENTITIES, identities)])

    return Step("refine_identities", (Read(PSEUDONYMS.full_name, new=True),), (IDENTITIES.full_name,), apply)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
