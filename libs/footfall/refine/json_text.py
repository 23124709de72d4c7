"""Nested values of JSON feeds: raw keeps them as text, and a mapping's expressions read fields of it by their path. Pure."""

from __future__ import annotations

from functools import partial

from footfall.mapping.elements import typed_names
from footfall.mapping.json_paths import with_json_paths
from footfall.mapping.links import with_sql
from footfall.mapping.source import Feed, Target
from footfall.mapping.sql_words import tokens_in
from footfall.mapping.targets import TARGETS


def reading_json_text(feed: Feed) -> Feed:
    """The feed with expressions that read `props.sku` from the text of `props`; columns with a declared type are no text.

    A column that is handed over as it is to a list of the target is parsed.
    """
    if not feed.format.startswith("json"):
        return feed

    def value(table: str, column: str, sql: str, others: set[str]) -> str:
        tokens = list(tokens_in(sql))
        kind = TARGETS[table].column(column).type
        is_list_as_text = kind.startswith("array") and len(tokens) == 1 and tokens[0].name not in {"", *others}
        return f"from_json({sql}, '{kind}')" if is_list_as_text else with_json_paths(sql, others)

    def of(table: str, target: Target) -> Target:
        others = typed_names(feed, target)
        read = partial(with_json_paths, others=others)
        changes = {
            "columns": {column: value(table, column, sql, others) for column, sql in target.columns.items()},
            "skipped": tuple(skip.model_copy(update={"when": read(skip.when)}) for skip in target.skipped),
        }
        actor = target.actor and target.actor.model_copy(update={"identifier": read(target.actor.identifier)})
        links = target.links and with_sql(target.links, read)
        return target.model_copy(update={**changes, "actor": actor, "links": links})

    return feed.model_copy(update={"into": {name: of(name, target) for name, target in feed.into.items()}})
