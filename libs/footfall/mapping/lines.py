"""What a mapping may say of what identifies a line, and what is wrong where it says it otherwise. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from footfall.contract import Table, Written
from footfall.mapping.yaml_file import Key

if TYPE_CHECKING:
    from footfall.mapping.source import Number, Target

LINE_NUMBER = "line_number"
HASHED = {"events", "coupon_redemptions", "reviews", "tickets", "impressions", "contacts", "surveys", "labelled_rows"}


def line_faults(at: Key, table: Table, target: Target) -> list[tuple[Key, str]]:
    """What is wrong with `number`, `line_key` and `on_conflict` of a target: the key path below the feed, and the fault in words."""
    of_number = _number_faults(at, table, target, target.number) if target.number else []
    return [*of_number, *_line_key_faults(at, table, target), *_conflict_faults(at, table, target)]


def hashed_ids(table: Table) -> set[str]:
    """The id column that footfall makes by hashing, where a source has none."""
    return {table.key[0]} if table.name in HASHED else set()


def is_numbered(table: Table) -> bool:
    """Whether the table's rows are lines of something, an order say, and numbered in it."""
    return len(table.key) > 1 and table.key[-1] == LINE_NUMBER


def quoted(name: str) -> str:
    """The name of a source's column in SQL; a dot stands before a field of a nested one, unless the name is in backticks."""
    if name.startswith("`"):
        return name
    return ".".join(f"`{part.replace('`', '``')}`" for part in name.split("."))


def _line_key_faults(at: Key, table: Table, target: Target) -> list[tuple[Key, str]]:
    """What is wrong with the names of what identifies a line."""
    place = (*at, "line_key")
    if not target.line_key:
        return []
    if not is_numbered(table):
        return [(place, f"{table.name} has a row a {table.key[0]}, and no lines")]
    if target.number:
        return [(place, "`number` is for sources in which nothing identifies a line; leave it out")]
    if LINE_NUMBER in target.columns and target.line_key != (LINE_NUMBER,):
        return [(place, f"{LINE_NUMBER} is mapped, and identifies the line by itself; leave one of them out")]
    personal = [name for name in target.line_sources() if target.actor and _names(target.actor.identifier, name)]
    texts = dict.fromkeys(personal, "identifies a person; a line needs something else")
    group = set(table.key[:-1])
    texts |= {name: "is the same for all lines of it" for name in target.line_key if name in group}
    return [((*place, target.line_key.index(name)), f"{name}: {text}") for name, text in texts.items()]


def _names(sql: str, column: str) -> bool:
    """Whether an expression names the column, or the field of a nested one."""
    return bool(re.search(rf"(?<![\w.]){re.escape(column)}(?![\w.])", sql.replace("`", ""), re.IGNORECASE))


def _conflict_faults(at: Key, table: Table, target: Target) -> list[tuple[Key, str]]:
    """Where nothing can be in conflict: the table is made anew each time, or the whole row is the key."""
    if "on_conflict" not in target.model_fields_set:
        return []
    if table.written is not Written.APPEND:
        return [
            (
                (*at, "on_conflict"),
                f"{table.name} is made anew by each run, so that nothing stays to be in conflict with",
            )
        ]
    if is_numbered(table) and not target.line_key and LINE_NUMBER not in target.columns:
        return [((*at, "on_conflict"), "needs `line_key`: without it the whole line is the key")]
    if table.key[0] in hashed_ids(table) and table.key[0] not in target.columns:
        return [((*at, "on_conflict"), f"needs {table.key[0]} under `columns`: without it the whole row is the key")]
    return []


def _number_faults(at: Key, table: Table, target: Target, number: Number) -> list[tuple[Key, str]]:
    """What is wrong with the columns that `number` names: they are the target's, and there before the rows are numbered."""
    later = {"properties", "valid_to", number.column, *(hashed_ids(table) - set(target.columns))}
    usable = {*table.column_names} - later
    names = [("column", number.column, {LINE_NUMBER} if is_numbered(table) else set[str]())]
    names += [(key, name, usable) for key in ("within", "order_by") for name in getattr(number, key)]
    within, rest = set(number.within), set(table.key) - {number.column}
    clashes = number.column == LINE_NUMBER and within <= usable and within != rest
    faults = [((*at, "number", "within"), f"numbers would clash; write {', '.join(sorted(rest))}")] if clashes else []
    return faults + [
        ((*at, "number", key), f"{name}: no such column of {table.name} (there are {', '.join(sorted(allowed))})")
        for key, name, allowed in names
        if name not in allowed
    ]
