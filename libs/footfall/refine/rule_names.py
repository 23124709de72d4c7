"""The names of rules that rows of a shop's sources can break: its tables', its mappings' own, and those that go by a name. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from footfall.mapping.links import WORDS
from footfall.mapping.own_rules import OF_FOOTFALL
from footfall.mapping.source import Feed, Source, Target
from footfall.mapping.targets import TARGETS
from footfall.steps.sorting import LINE_CONFLICT

OF_ROWS = ("row", "file_day")  # what cannot be read or be so, beside columns


def rule_names(sources: Sequence[Source]) -> set[str]:
    """Every name under which a row of these sources can be in quarantine."""
    feeds = [feed for source in sources for feed in source.feeds.values()]
    targets = [(TARGETS[name], target) for feed in feeds for name, target in feed.into.items()]
    stated = {rule.name for table, _ in targets for rule in table.rules}
    stated |= {rule.name for _, target in targets for rule in target.rules}
    columns = {column.name for table, _ in targets for column in table.columns}
    of_mappings = {name for feed in feeds for target in feed.into.values() for name in _names(feed, target)}
    return stated | {LINE_CONFLICT} | {n + end for n in (*columns, *of_mappings, *OF_ROWS) for end in OF_FOOTFALL}


def _names(feed: Feed, target: Target) -> list[str]:
    """What of a mapping gives its name to a rule: source columns with a type, reasons, lists, features, linked identifiers."""
    reasons = [skip.reason for skip in target.skipped]
    return [*feed.types, *reasons, target.each, *target.features, *(WORDS if target.links else ())]
