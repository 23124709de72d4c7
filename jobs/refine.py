"""Turns raw rows into typed, pseudonymous facts, once each; what breaks a rule goes to quarantine."""

import sys

from footfall.refine.feeds import feeds_into, feeds_with_actors, in_zone, raw_feeds
from footfall.runtime.cli import Job, main
from footfall.runtime.refining import facts_step, identities_step, links_step, pseudonyms_step
from footfall.steps.step import Step
from footfall.tables import IDENTITY_LINKS, REFINED


def steps(job: Job) -> list[Step]:
    """The vault and who is who first, where some feed names people; then one step a fact table that some feed fills."""
    feeds = in_zone(raw_feeds(job.settings.all_sources), job.settings.shop.time_zone)
    with_actors, with_links = feeds_with_actors(feeds), feeds_into(feeds, IDENTITY_LINKS)
    people = [pseudonyms_step(job, with_actors)] if with_actors else []
    people += [links_step(job, with_links)] if with_links else []
    people += [identities_step(job, has_links=bool(with_links))] if with_actors else []
    facts = [table for table in REFINED if table is not IDENTITY_LINKS]
    return [*people, *(facts_step(job, of_table, table) for table in facts if (of_table := feeds_into(feeds, table)))]


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
