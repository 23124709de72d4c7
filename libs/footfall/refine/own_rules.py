"""Rules of a mapping's own, checked on rows of the target: those broken are named in the rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract.frames import names_of
from footfall.errors import SourceError
from footfall.mapping.own_rules import OwnRule
from footfall.mapping.source import Target
from footfall.refine.expressions import yielded
from footfall.refine.guarded import fails
from footfall.steps.sorting import UNREADABLE, WARNED


def with_own_rules(rows: DataFrame, target: Target, table: str, *, guard: bool) -> DataFrame:
    """The mapped rows, of which `_unreadable` names the broken rules of strength error, and `_warned` those of strength warn.

    With `guard` a predicate that fails on a row is broken by it; otherwise it ends the job. Raises SourceError where a
    predicate cannot be computed of the columns.
    """
    if not target.rules:
        return rows
    _require_predicates(rows, target, table)
    broken = {
        into: names_of(
            [F.when(~_is_kept(rule, guard=guard), F.lit(rule.name)) for rule in target.rules if rule.strength == s]
        )
        for s, into in (("error", UNREADABLE), ("warn", WARNED))
    }
    return rows.withColumns({into: F.concat(into, names) for into, names in broken.items()})


def own_warnings(target: Target) -> list[str]:
    """The names of the rules that only warn."""
    return [rule.name for rule in target.rules if rule.strength == "warn"]


def _is_kept(rule: OwnRule, *, guard: bool) -> Column:
    kept = F.coalesce(F.expr(rule.keeps), F.lit(True))
    is_broken = fails(kept, T.BooleanType(), always="length(_file) >= 0")  # places of elements are below 0
    return F.when(is_broken, F.lit(False)).otherwise(kept) if guard else kept


def _require_predicates(rows: DataFrame, target: Target, table: str) -> None:
    """In one question to Spark where all rules are sound, as they are as a rule."""
    if not _fault(rows, target.rules, table):
        return
    faults = {rule: _fault(rows, [rule], table) for rule in target.rules}
    words = "; ".join(f"{rule.name}: `{rule.keeps}`: {fault}" for rule, fault in faults.items() if fault)
    raise SourceError(
        f"rules for {table} cannot be checked: {words}.",
        fix="A rule speaks of columns of the table that the mapping fills, such as `dwell_ms < 3600000`: correct the mapping.",
    )


def _fault(rows: DataFrame, rules: Sequence[OwnRule], table: str) -> str:
    """What is wrong with the first rule at fault; empty where nothing is."""
    kinds, fault = yielded(rows, [rule.keeps for rule in rules], where=f"of {table} that the mapping fills")
    others = (kind.simpleString() for kind in kinds if not isinstance(kind, T.BooleanType))
    return fault or next((f"is {kind}, and neither true nor false" for kind in others), "")
