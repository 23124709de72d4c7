"""The Steps of refine that read feeds, for the vault of pseudonyms and tables of facts, and the one that cuts sessions from events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from pyspark.sql import DataFrame

from footfall.contract import BATCH_ID, EVERY_ROW, Table, Written
from footfall.mapping.targets import NEVER_HELD_BACK
from footfall.privacy.pseudonyms import actor_ids, text_ids
from footfall.refine.facts import fact_rows
from footfall.refine.feeds import RawFeed
from footfall.refine.fills import ShopDefaults
from footfall.refine.identities import identities_output, own_people, size_warnings, stitched
from footfall.refine.links import links_output
from footfall.refine.people import StitchRules
from footfall.refine.pseudonyms import identifier_derivation, minted_output
from footfall.refine.replayed import ReplayedRows
from footfall.refine.sessions import condition_of, days_of, events_to_cut, sessions, touched_spans, untouched
from footfall.refine.waiting import ALL_ROWS, FeedReads, facts_that_wait, without_idle_lookups
from footfall.runtime.cli import Job
from footfall.runtime.letting_in import limits_of, replay_of, require_rules
from footfall.runtime.permissions import consent_of
from footfall.steps.consent import nobody_left
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import (
    EVENTS,
    FX_RATES,
    IDENTITIES,
    IDENTITY_LINKS,
    PERMISSIONS,
    PSEUDONYMS,
    SESSIONS,
)

STITCHING = ("footfall.refine.identities", "footfall.refine.people", "footfall.refine.components")


def pseudonyms_step(job: Job, feeds: Sequence[RawFeed]) -> Step:
    """Mints a pseudonym for each new identifier of the feeds, of which each has an actor."""
    looking = [without_idle_lookups(f) for f in feeds]
    of_feeds = FeedReads(looking, PSEUDONYMS.name, only_new=True, beside=facts_that_wait(looking))

    def apply(frames: Frames) -> StepResult:
        with _raw_rows(job, of_feeds, frames) as (raw, stack, _):
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


def links_step(job: Job, feeds: Sequence[RawFeed]) -> Step:
    """Adds what the feeds' rows say of identifiers that are one person's."""
    own = job.settings.shop
    shop = ShopDefaults(own.time_zone, own.currency, own.first_day)
    of_feeds = FeedReads(feeds, IDENTITY_LINKS.name, only_new=True)

    def apply(frames: Frames) -> StepResult:
        with _raw_rows(job, of_feeds, frames) as (raw, stack, _):
            vault, known = frames[PSEUDONYMS.full_name], frames.get(IDENTITY_LINKS.full_name)
            links = links_output(feeds, raw, shop=shop, vault=vault, known=known)
            return StepResult([links, *of_feeds.raw_waiting(raw)], ended=stack.pop_all().close)

    wakes = any(f.looks_up for f in feeds)
    return Step(
        f"refine_{IDENTITY_LINKS.name}",
        (*of_feeds.reads(), Read(PSEUDONYMS.full_name, lookup=True, wakes=wakes)),
        (IDENTITY_LINKS.full_name, *of_feeds.writes),
        apply,
        code=("footfall.refine",),
        values=_definitions(feeds) | {"shop": shop},
        waits_in=of_feeds.waits_in,
    )


def identities_step(job: Job, *, has_links: bool) -> Step:
    """Says which identifiers are one person; where no mapping links any, each is one."""
    vault, links = Read(PSEUDONYMS.full_name, new=True), IDENTITY_LINKS.full_name

    def of_new_actors(frames: Frames) -> StepResult:
        return StepResult([Output(IDENTITIES, own_people(frames[vault.name]))])

    def of_links(frames: Frames) -> StepResult:
        with ExitStack() as stack:
            staged = partial(_staged_identities, job, stack)
            people = staged("people", _stitched(job, frames[links], staged))
            before = frames.get(IDENTITIES.full_name)
            output = identities_output(frames[vault.name], people, before=before, staged=staged)
            warnings = size_warnings(people, max_identifiers=job.settings.identities.max_identifiers)
            return StepResult([output], warnings=warnings, ended=stack.pop_all().close)

    if not has_links:
        return Step(f"refine_{IDENTITIES.name}", (vault,), (IDENTITIES.full_name,), of_new_actors)
    rules = {"rules": job.settings.identities}
    reads = (vault, Read(links))
    return Step(f"refine_{IDENTITIES.name}", reads, (IDENTITIES.full_name,), of_links, STITCHING, rules)


def _stitched(job: Job, links: DataFrame, staged: Callable[[str, DataFrame], DataFrame]) -> DataFrame:
    settings = job.settings.identities
    rules = StitchRules(settings.window_days, settings.established_days, settings.max_identifiers)
    return stitched(
        links, rules=rules, max_linked=settings.max_linked, time_zone=job.settings.shop.time_zone, staged=staged
    )


def facts_step(job: Job, feeds: Sequence[RawFeed], table: Table) -> Step:
    """Makes one table of the feeds that fill it."""
    own = job.settings.shop
    shop = ShopDefaults(own.time_zone, own.currency, own.first_day)
    needs_rates = "amount_base" in table.column_names and job.feeds(FX_RATES)
    replay = replay_of(job, table)
    of_feeds = FeedReads(
        feeds, table.name, only_new=table.written is Written.APPEND, rates=needs_rates, replays=replay is not None
    )

    # a table that rows are added to holds the same in any order of files, so nothing that is only known as of now keeps rows out
    skips_withdrawn = "actor_id" in table.column_names and table.written is Written.REPLACE
    consent = consent_of(job) if skips_withdrawn else None

    def apply(frames: Frames) -> StepResult:
        withdrawn = nobody_left(frames[PERMISSIONS.full_name], consent.withheld) if consent else None
        with _raw_rows(job, of_feeds, frames) as (raw, stack, replayed):
            facts, places = fact_rows(
                feeds,
                raw,
                table,
                shop=shop,
                vault=frames.get(PSEUDONYMS.full_name),
                text_ids=text_ids(job.key),
                rates=frames.get(FX_RATES.full_name),
                waiting=of_feeds.table,
                replayed=None if replayed is None else ReplayedRows(replayed, job.now),
                withdrawn=withdrawn,
            )
            return StepResult([facts, *([places] if places else [])], ended=stack.pop_all().close)

    wakes = any(f.looks_up for f in feeds)
    vault = (Read(PSEUDONYMS.full_name, lookup=True, wakes=wakes),) if "actor_id" in table.column_names else ()
    return Step(
        f"refine_{table.name}",
        (*of_feeds.reads(), *vault, *((Read(PERMISSIONS.full_name, lookup=True),) if consent else ())),
        (table.full_name, *of_feeds.writes),
        apply,
        code=("footfall.refine", "footfall.steps.matching"),
        values=_definitions(feeds)
        | {"shop": shop}
        | ({"replay": replay} if replay else {})
        | ({"withheld": consent.withheld} if consent else {}),
        waits_in=of_feeds.waits_in,
        limits={} if table.name in NEVER_HELD_BACK else limits_of(job, feeds),
        replay=replay,
        requires=(partial(require_rules, job),) if replay else (),
    )


def sessions_step(job: Job) -> Step:
    """Cuts sessions from new events, and those again that these events touch; all where the gap is another or events were deleted."""
    gap, zone, every_event = job.settings.sessions.gap_minutes, job.settings.shop.time_zone, ALL_ROWS + EVENTS.name
    cut = partial(sessions, gap_minutes=gap, time_zone=zone)

    def apply(frames: Frames) -> StepResult:
        new, former = frames[EVENTS.full_name], frames.get(SESSIONS.full_name)
        if former is None:
            return StepResult([Output(SESSIONS, cut(new), replaces=EVERY_ROW)])
        with ExitStack() as stack:
            spans = stack.enter_context(job.lake.staged("refine_sessions", touched_spans(former, new, gap_minutes=gap)))
            days = condition_of([row[0] for row in days_of(spans, time_zone=zone).collect()])
            if not days:
                return StepResult([Output(SESSIONS, cut(new))])
            events = events_to_cut(frames[every_event], new, spans, on_days=days)
            rows = cut(events).unionByName(untouched(former, spans, on_days=days).drop(BATCH_ID.name))
            return StepResult([Output(SESSIONS, rows, replaces=days)], ended=stack.pop_all().close)

    news = Read(EVENTS.full_name, new=True, follows=True, derivation=f"gap of {gap} minutes")
    reads = (news, Read(EVENTS.full_name, lookup=True, alias=every_event))
    return Step("refine_sessions", reads, (SESSIONS.full_name,), apply, code=("footfall.refine",))


def _definitions(feeds: Sequence[RawFeed]) -> dict[str, Any]:
    """What the mappings say of the feeds, and of how those are read that they look up."""
    own = {f.name: f.feed.model_dump() for f in feeds}
    return own | {
        f"{f.name} with {name}": other.feed.model_dump(exclude={"into"}) for f in feeds for name, other in f.looks_up
    }


@contextmanager
def _raw_rows(
    job: Job, of_feeds: FeedReads, frames: Frames
) -> Iterator[tuple[dict[str, DataFrame], ExitStack, DataFrame | None]]:
    """The raw rows of the feeds, what ends with the stack, staged frames, and the places of rows that are replayed.

    Where the block takes the stack over, it does not end here.
    """
    with ExitStack() as stack:
        staged = partial(_staged, job, stack)
        replayed = of_feeds.replayed(frames, staged)
        yield of_feeds.rows(frames, job.now, staged, replayed), stack, replayed


def _staged_identities(job: Job, stack: ExitStack, name: str, frame: DataFrame) -> DataFrame:
    return stack.enter_context(job.lake.staged(f"{IDENTITIES.name}_{name}", frame))


def _staged(job: Job, stack: ExitStack, name: str, frame: DataFrame) -> DataFrame:
    return stack.enter_context(job.lake.staged(f"looked_up_{name}", frame))
