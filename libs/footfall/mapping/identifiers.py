"""Where a mapping would hand an identifier on in clear, which leaves raw through the vault only. Pure; asks no Spark."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from footfall.contract import Personal, Table
from footfall.mapping.sql_words import Token, names_in, paths_in, tokens_in
from footfall.mapping.yaml_file import Key

if TYPE_CHECKING:
    from footfall.mapping.source import Feed

# What these make of an identifier still holds it, or most of it.
_HANDS_ON = {
    "btrim", "cast", "coalesce", "concat", "concat_ws", "decimal", "bigint", "initcap", "int", "left", "lower", "lpad", "ltrim",
    "nullif", "nvl", "regexp_extract", "regexp_replace", "replace", "reverse", "right", "rpad", "rtrim", "string", "substr",
    "substring", "translate", "trim", "try_cast", "upper",
}  # fmt: skip
# A question about it.
_CHOOSES = {"case", "if", "iff", "when", "in", "is", "like", "rlike", "ilike", "between", "exists"}
_ASKS = set("<>=!")
SESSION = "session_key"  # becomes the actor's pseudonym where it is the identifier
NAMES_OF_FILES = (
    "is taken from names of files and folders, which the books keep in clear; have it delivered within the rows"
)
IN_CLEAR = (
    "would hand the identifier on in clear, and these leave raw through the vault only, as actor_id. Leave the column out, or "
    "map sha2(..., 256) of it"
)


def identifier_faults(feed: Feed, tables: Mapping[str, Table]) -> list[tuple[Key, str]]:
    """Identifiers that come from names of files, and columns that hold one in clear: the key path below the feed, and words.

    `tables` are the contracts that a mapping can fill, by name.
    """
    in_names = {name.casefold() for name in feed.partitions} | {"_file"}
    faults: list[tuple[Key, str]] = []
    for table, target in feed.into.items():
        named = [(("actor", "identifier"), target.actor.identifier)] if target.actor else []
        linked = target.links.by_word if target.links else {}
        named += [(("links", word), of.identifier) for word, of in linked.items()]
        faults += [
            (("into", table, *key), f"`{sql}` {NAMES_OF_FILES}") for key, sql in named if names_in(sql) & in_names
        ]
        faults += [
            (("into", table, "columns", column), f"`{sql}` {IN_CLEAR}")
            for column, sql in target.columns.items()
            if column != SESSION and _may_hold_one(tables.get(table), column) and hands_on(sql, feed.identifiers)
        ]
    return faults


def _may_hold_one(table: Table | None, column: str) -> bool:
    """Whether the column is text, and no number of an order and the like: these are quasi-identifiers by contract.

    A till may know no more of its customer than the number of the receipt.
    """
    if table is None or column not in table.column_names:
        return False
    of_column = table.column(column)
    is_number = column.endswith("_id") and of_column.personal is Personal.QUASI
    return "string" in of_column.type and not is_number


def hands_on(sql: str, identifiers: tuple[str, ...]) -> bool:
    """Whether the expression is an identifier, or is put together with one, rather than a question about it."""
    secret = {path for identifier in identifiers for path in paths_in(identifier)}
    if not paths_in(sql) & secret:
        return False
    tokens = [token for token in tokens_in(sql) if token.kind != "comment"]
    if any(token.text in _ASKS or (token.kind == "word" and token.name in _CHOOSES) for token in tokens):
        return False
    return _functions(tokens) <= _HANDS_ON


def _functions(tokens: list[Token]) -> set[str]:
    return {token.name for token, after in pairwise(tokens) if token.kind == "word" and after.text == "("}
