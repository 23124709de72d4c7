"""The feed's expressions where a source has columns of names that footfall uses itself (`_source`, `batch_id`). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame

from footfall.mapping.source import Feed, Target
from footfall.mapping.sql_words import tokens_in
from footfall.steps.source_names import quoted, source_name


def with_own_names_apart(feed: Feed, rows: DataFrame) -> Feed:
    """The feed as it reads rows under the source's names: `_source` in it is the source's column, which has another name here.

    A name with a dot under `line_key` that is a column's is put in backticks: it is no field.
    """
    sources = {source_name(field): field.name for field in rows.schema.fields}
    others = {name.casefold(): stored for name, stored in sources.items() if name.casefold() != stored.casefold()}
    dotted = {name.casefold() for name in rows.columns if "." in name}
    if not others and not dotted:
        return feed

    def line_key(name: str) -> str:
        return quoted(name) if name.casefold() in dotted else others.get(name.casefold(), name)

    def of(target: Target) -> Target:
        actor = target.actor and target.actor.model_copy(
            update={"identifier": _renamed(target.actor.identifier, others)}
        )
        changes = {
            "columns": {column: _renamed(sql, others) for column, sql in target.columns.items()},
            "skipped": tuple(skip.model_copy(update={"when": _renamed(skip.when, others)}) for skip in target.skipped),
            "line_key": tuple(name if name in target.columns else line_key(name) for name in target.line_key),
            "actor": actor,
        }
        return target.model_copy(update=changes)

    types = {others.get(column.casefold(), column): kind for column, kind in feed.types.items()}
    into = {name: of(target) for name, target in feed.into.items()}
    return feed.model_copy(update={"types": types, "into": into})


def _renamed(sql: str, others: Mapping[str, str]) -> str:
    """The expression with the other names of columns; names behind a dot are fields, those before a bracket functions."""
    parts, end = [], 0
    tokens = list(tokens_in(sql))
    for i, token in enumerate(tokens):
        before, after = tokens[i - 1].text if i else "", tokens[i + 1].text if i + 1 < len(tokens) else ""
        if token.name in others and before != "." and (after != "(" or token.kind == "quoted"):
            parts += [sql[end : token.start], quoted(others[token.name])]
            end = token.end
    return "".join([*parts, sql[end:]])
