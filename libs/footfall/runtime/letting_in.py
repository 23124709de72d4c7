"""The options with which rows are let in: a batch that was held back, or rows of quarantine once more."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from footfall.contract import Table
from footfall.errors import SettingsError
from footfall.refine.feeds import RawFeed
from footfall.runtime.cli import Job, day
from footfall.steps.holding import Limit
from footfall.steps.replay import Replay
from footfall.steps.step import Step


def add_options(arguments: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The arguments with those of letting rows in."""
    arguments.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="FEED",
        help="let in what a feed brought, such as shop_orders, though too much of it is broken (quality.max_quarantined_share)",
    )
    add_replay(arguments)
    return arguments


def add_replay(arguments: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The arguments with those of a replay."""
    arguments.add_argument(
        "--replay",
        action="store_true",
        help="take rows of raw.quarantine in again, after what was wrong with them was put right",
    )
    arguments.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="RULE",
        help="with --replay: only rows under this rule (default: all)",
    )
    arguments.add_argument(
        "--since", type=day, metavar="DATE", help="with --replay: only rows that were taken since this day of the shop"
    )
    return arguments


def replay_of(job: Job, table: Table) -> Replay | None:
    """The rows for a table that the command line wants taken in again; None where it wants none."""
    options = job.options
    if not getattr(options, "replay", False):
        if getattr(options, "rule", None) or getattr(options, "since", None):
            raise SettingsError("--rule and --since say which rows a replay takes in again.", fix="Add --replay.")
        return None
    since = ""
    if options.since:
        begin = datetime.combine(options.since, time(), ZoneInfo(job.settings.shop.time_zone))
        since = begin.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return Replay(table.name, tuple(sorted(set(options.rule))), since)


def limits_of(job: Job, feeds: Sequence[RawFeed]) -> dict[str, Limit]:
    """From when on what each feed brings is held back; of feeds that the command line accepts none."""
    quality, accepted = job.settings.quality, set(getattr(job.options, "accept", ()))
    shares = {f.name: f.feed.max_quarantined_share for f in feeds if f.name not in accepted}
    usual, rows = quality.max_quarantined_share, quality.min_quarantined_rows
    return {name: Limit(usual if share is None else share, rows) for name, share in shares.items()}


def require_feeds(job: Job) -> None:
    """Raises SettingsError where a feed is to be accepted that no mapping has."""
    names = {source.raw_name(name) for source in job.settings.all_sources for name in source.feeds}
    if unknown := sorted(set(getattr(job.options, "accept", ())) - names):
        raise SettingsError(
            f"--accept {', '.join(unknown)}: no such feed.", fix=f"There are {', '.join(sorted(names))}."
        )


def side_by_side(job: Job, steps: Sequence[Step]) -> list[Step]:
    """The steps; those of a replay one after another, since each takes rows out of raw.quarantine, to which the others add."""
    if not getattr(job.options, "replay", False):
        return list(steps)
    before = [(), *((step.name,) for step in steps)]
    return [replace(step, after=(*step.after, *names)) for step, names in zip(steps, before, strict=False)]
