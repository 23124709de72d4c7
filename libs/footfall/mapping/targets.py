"""The tables that a mapping may fill, and what can be seen wrong in a target without looking at data. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from footfall.contract import BATCH_ID, Table
from footfall.mapping.lines import LINE_NUMBER, hashed_ids, line_faults
from footfall.mapping.own_rules import rule_faults
from footfall.mapping.yaml_file import Key
from footfall.tables import CONSENTS, IDENTITY_LINKS, REFINED

if TYPE_CHECKING:
    from footfall.mapping.source import Target

_COMPUTED = {"pseudonyms", "identities", "sessions", "permissions"}  # of what other tables say
TARGETS: dict[str, Table] = {t.name: t for t in REFINED if t.name not in _COMPUTED}
NEVER_HELD_BACK = {CONSENTS.name, IDENTITY_LINKS.name}  # a withdrawal must not wait for what else came with it
FILLED_IN = frozenset(
    {
        "event_date",
        "known_at",
        "actor_id",
        "amount_base",
        "discount_base",
        "text_id",
        "valid_to",
        "properties",
        "features",
        "line_key",
        "arrived",
        "known_date",
    }
)
MAPS = {"keep": "properties", "features": "features"}  # list of a target -> the column of its table that it fills
LINKS_SAY_IT = "of `columns` only event_time can be mapped here; `links` says the rest"
NO_RULES = "no row of links is set aside or counted under a rule; leave out rows that must not link under `skipped`"


def keeps_history(table: Table) -> bool:
    """Whether the table's rows are versions, each of which holds from `valid_from` on."""
    return "valid_to" in table.column_names


def target_faults(name: str, target: Target) -> list[tuple[Key, str]]:
    """What can be seen wrong in a target without looking at data: the key path within the feed, and the fault in words."""
    at = ("into", name)
    table = TARGETS.get(name)
    if table is None:
        return [(at, f"no such table (there are {', '.join(sorted(TARGETS))})")]
    own = set(table.column_names)
    needs_actor = "actor_id" in own and table is not IDENTITY_LINKS
    if (table is IDENTITY_LINKS) != (target.links is not None):
        words = f"`links` belong to {IDENTITY_LINKS.name}, and that table needs them"
        return [(at if target.links is None else (*at, "links"), words)]
    number = target.number.column if target.number else LINE_NUMBER
    faults: list[tuple[Key, str]] = []
    faults += [((*at, "columns", c), f"no such column of {name}") for c in target.columns if c not in own]
    faults += [((*at, "columns", c), "footfall fills this in") for c in target.columns if c in FILLED_IN]
    if needs_actor and target.actor is None:
        faults.append((at, "`actor` is missing (kind and identifier of who the row is about)"))
    if not needs_actor and target.actor is not None:
        faults.append(((*at, "actor"), f"{name} is about nobody, leave `actor` out"))
    faults += line_faults(at, table, target)
    for key, names in target.passed.items():
        faults += _passed_faults(at, table, key, names)
    if table is IDENTITY_LINKS:
        faults += [((*at, "rules"), NO_RULES)] if target.rules else []
        return faults + [((*at, "columns", c), LINKS_SAY_IT) for c in target.columns if c != "event_time"]
    faults += rule_faults(at, table, target.rules)
    filled = {*target.columns, *FILLED_IN, "currency", number, "valid_from", *hashed_ids(table)}
    required = [c.name for c in table.all_columns if c.required and c.name not in {*filled, BATCH_ID.name}]
    return faults + [((*at, "columns", c), "missing") for c in required]


def _passed_faults(at: Key, table: Table, key: str, listed: tuple[str, ...]) -> list[tuple[Key, str]]:
    """What is wrong with `keep` or `features`, whatever columns the files have."""
    column = MAPS[key]
    if listed and column not in table.column_names:
        there = sorted(name for name, t in TARGETS.items() if column in t.column_names)
        have = "has" if len(there) == 1 else "have"
        return [((*at, key), f"{table.name} has no `{column}` to keep them in ({', '.join(there)} {have})")]
    names = [name.casefold() for name in listed]
    return [((*at, key, i), f"{name}: listed twice") for i, name in enumerate(names) if name in names[:i]]
