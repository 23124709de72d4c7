"""The options with which rows are let in: a batch that was held back, or rows of quarantine once more."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.errors import SettingsError
from footfall.refine.feeds import RawFeed
from footfall.refine.rule_names import rule_names
from footfall.runtime.cli import Job, day
from footfall.settings import Settings
from footfall.steps.holding import Limit
from footfall.steps.replay import Replay
from footfall.tables import QUARANTINE


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
    arguments.set_defaults(require=require_usable)
    return arguments


def require_usable(settings: Settings, options: argparse.Namespace) -> None:
    """Raises SettingsError where the options would let in nothing, or not what they name; asks no Spark."""
    accept, stages = getattr(options, "accept", []), getattr(options, "stages", ("refine",))
    names = {source.raw_name(name) for source in settings.all_sources for name in source.feeds}
    if (options.rule or options.since) and not options.replay:
        raise SettingsError("--rule and --since say which rows a replay takes in again.", fix="Add --replay.")
    if options.replay and getattr(options, "check", None):
        raise SettingsError("--check writes nothing, and --replay does.", fix="Give one of the two.")
    if (options.replay or accept) and "refine" not in stages:
        raise SettingsError(
            "--replay and --accept are for the stage refine, which --stages leaves out.", fix="Add refine to --stages."
        )
    if unknown := sorted(set(accept) - names):
        raise SettingsError(
            f"--accept {', '.join(unknown)}: no such feed.", fix=f"There are {', '.join(sorted(names))}."
        )


def replay_of(job: Job, table: Table) -> Replay | None:
    """The rows for a table that the command line wants taken in again; None where it wants none."""
    options = job.options
    if not getattr(options, "replay", False):
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


def require_rules(job: Job) -> None:
    """Raises SettingsError where a replay names a rule that no table or mapping has, and under which no row is in quarantine."""
    known = rule_names(job.settings.all_sources)
    unknown = set(job.options.rule) - known
    if unknown and job.lake.properties(QUARANTINE.full_name) is not None:
        broken = job.lake.read(QUARANTINE.full_name).select(F.explode("rules").alias("rule"))
        unknown -= {row["rule"] for row in broken.where(F.col("rule").isin(unknown)).distinct().collect()}
    if unknown:
        near = sorted({name for rule in unknown for name in difflib.get_close_matches(rule, known)})
        raise SettingsError(
            f"--rule {', '.join(sorted(unknown))}: no table and no mapping has such a rule, and no row of quarantine is under it.",
            fix=f"Write a name as `rules` of raw.quarantine has it{', such as ' + ', '.join(near) if near else ''}.",
        )
