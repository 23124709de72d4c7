"""The elements of a document's list, of which a target makes rows, within the expressions of a mapping. Pure.

`each: line_items` makes a row of each element; in its expressions `each.sku` is a field of the element, any other name the document's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from footfall.mapping.json_paths import with_json_paths
from footfall.mapping.lines import quoted
from footfall.mapping.sql_words import names_in

if TYPE_CHECKING:
    from footfall.mapping.source import Feed, Target

ELEMENT = "each"


def typed_names(feed: Feed, target: Target) -> set[str]:
    """The names, in one case of letters, that stand for no JSON text in a feed of JSON.

    They have a declared type, or are feeds that are looked up.
    """
    typed = {column.casefold() for column in feed.types}
    others = {lookup.feed.casefold() for lookup in feed.lookups}
    head = target.each.partition(".")[0].casefold()
    return typed | others | {ELEMENT} if head in typed else typed | others


def source_sql(feed: Feed, target: Target, name: str) -> str:
    """A column of the source, or a field below one, in SQL: as a list of names has it, `customer.id` or `each.id`."""
    sql = quoted(name)
    return with_json_paths(sql, typed_names(feed, target)) if feed.format.startswith("json") else sql


def names_element(sql: str) -> bool:
    """Whether an expression looks at the element, and not at the document alone."""
    return ELEMENT in names_in(sql)


def lists_of_people(feed: Feed) -> list[str]:
    """The lists, in SQL, whose elements hold an identifier."""
    lists = ((t, any(names_element(actor.identifier) for actor in t.actors)) for t in feed.into.values() if t.each)
    return [quoted(target.each) for target, holds_people in lists if holds_people]
