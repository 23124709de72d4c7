"""Rules of a mapping's own: what every row of a target keeps, beside the rules of its table. Types and their checks only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from footfall.contract import Severity, Table
from footfall.mapping.sql_words import names_in, unrepeatable
from footfall.mapping.words import Name, Sql
from footfall.mapping.yaml_file import Closed, Key

OF_FOOTFALL = (
    "_required",
    "_unreadable",
    "_not_finite",
    "_encoding",
    "_failed",
    "_changed_by_type",
    "_zone_ambiguous",
    "_plausible",
    "_nested",
)


class OwnRule(Closed):
    """A SQL predicate over columns of the target that every row keeps; NULL counts as kept.

    A row that breaks it is set aside where its strength is `error`, and passes and is counted where it is `warn`.
    """

    name: Name
    keeps: Sql
    strength: Literal["error", "warn"] = Severity.ERROR.value


def rule_faults(at: Key, table: Table, rules: Sequence[OwnRule]) -> list[tuple[Key, str]]:
    """What can be seen wrong in rules without looking at data: the key path within the feed, and the fault in words."""
    faults: list[tuple[Key, str]] = []
    known = {rule.name for rule in table.rules}
    for i, rule in enumerate(rules):
        key = (*at, "rules", i)
        if rule.name in known:
            faults.append(((*key, "name"), f"{rule.name}: {table.name} has a rule of this name"))
        if rule.name.endswith(OF_FOOTFALL):
            faults.append(((*key, "name"), f"{rule.name}: footfall's own rules end so; take another name"))
        if not names_in(rule.keeps) & set(table.column_names):
            faults.append(((*key, "keeps"), f"names no column of {table.name}, whose rows it is about"))
        if fault := unrepeatable(rule.keeps):
            faults.append(((*key, "keeps"), f"`{rule.keeps}`: {fault}"))
        known.add(rule.name)
    return faults
