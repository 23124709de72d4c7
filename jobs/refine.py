"""Turns raw rows into typed, pseudonymous facts, once each; what breaks a rule goes to quarantine. Measures what came of it."""

import sys

from footfall.refine.feeds import feeds_into, feeds_with_actors, in_zone, raw_feeds
from footfall.runtime.cli import Job, main, parser
from footfall.runtime.letting_in import add_options, require_feeds, side_by_side
from footfall.runtime.measuring import quality_step
from footfall.runtime.permissions import permissions_step
from footfall.runtime.refining import facts_step, pseudonyms_step, sessions_step
from footfall.steps.sql import run_sql
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import CONSENTS, EVENTS, IDENTITIES, PSEUDONYMS, REFINED


def steps(job: Job) -> list[Step]:
    """The vault first, where some feed has an actor; then one step a fact table that some feed fills, and sessions of events."""
    feeds = in_zone(raw_feeds(job.settings.all_sources), job.settings.shop.time_zone)
    with_actors = feeds_with_actors(feeds)
    people = [pseudonyms_step(job, with_actors), _identities()] if with_actors else []
    require_feeds(job)
    facts = {t: facts_step(job, of_table, t) for t in REFINED if (of_table := feeds_into(feeds, t))}
    first = {t: facts.pop(t) for t in (CONSENTS,) if t in facts}
    every = side_by_side(job, [*first.values(), *facts.values()])
    consents = [*every[: len(first)], permissions_step(job)] if first else []
    cut = [sessions_step(job)] if EVENTS in facts else []
    return [*people, *consents, *every[len(first) :], *cut, quality_step(job, every)]


def _identities() -> Step:
    def apply(frames: Frames) -> StepResult:
        identities = run_sql("refine", "identities", pseudonyms=frames[PSEUDONYMS.full_name])
        return StepResult([Output(IDENTITIES, identities)])

    return Step("refine_identities", (Read(PSEUDONYMS.full_name, new=True),), (IDENTITIES.full_name,), apply)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps, command_line=add_options(parser(__doc__))))
