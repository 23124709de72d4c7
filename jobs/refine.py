"""Turns raw rows into typed, pseudonymous facts, once each; what breaks a rule goes to quarantine. Measures what came of it."""

import sys

from footfall.refine.feeds import feeds_into, feeds_with_actors, in_zone, raw_feeds
from footfall.runtime.cli import Job, main, parser
from footfall.runtime.letting_in import add_options
from footfall.runtime.measuring import quality_step
from footfall.runtime.permissions import permissions_step
from footfall.runtime.refining import facts_step, identities_step, links_step, pseudonyms_step, sessions_step
from footfall.steps.step import Step
from footfall.tables import CONSENTS, EVENTS, IDENTITY_LINKS, REFINED


def steps(job: Job) -> list[Step]:
    """The vault and who is who first, where some feed names people; what they allow; then one step a fact table, and sessions."""
    feeds = in_zone(raw_feeds(job.settings.all_sources), job.settings.shop.time_zone)
    with_actors, with_links = feeds_with_actors(feeds), feeds_into(feeds, IDENTITY_LINKS)
    people = [pseudonyms_step(job, with_actors)] if with_actors else []
    links = [links_step(job, with_links)] if with_links else []
    people += [*links, identities_step(job, has_links=bool(with_links))] if with_actors else []
    facts = {t: facts_step(job, of_table, t) for t in REFINED if (of_table := feeds_into(feeds, t))}
    facts.pop(IDENTITY_LINKS, None)
    first = {t: facts.pop(t) for t in (CONSENTS,) if t in facts}
    consents = [*first.values(), permissions_step(job)] if first else []
    cut = [sessions_step(job)] if EVENTS in facts else []
    measured = [*links, *first.values(), *facts.values()]
    return [*people, *consents, *facts.values(), *cut, quality_step(job, measured)]


if __name__ == "__main__":
    sys.exit(main(__doc__, steps, command_line=add_options(parser(__doc__))))
