"""The feed's expressions where a source has columns of names that footfall uses itself (`_source`, `batch_id`). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame

from footfall.mapping.gaps import Fill, fills_of
from footfall.mapping.links import with_sql
from footfall.mapping.source import Feed, Target
from footfall.mapping.sql_words import tokens_in
from footfall.steps.source_names import quoted, source_name


def with_own_names_apart(feed: Feed, rows: DataFrame) -> Feed:
    """The feed as it reads rows under the source's names: `_source` in it is the source's column, which has another name here.

    A name with a dot under `line_key` or `each` that is a column's is put in backticks: it is no field.
    """
    others = other_names(rows)
    dotted = {name.casefold() for name in rows.columns if "." in name}
    if not others and not dotted:
        return feed

    def stored(name: str) -> str:
        return quoted(name) if name.casefold() in dotted else path_apart(name, others)

    def fill(of: Fill) -> Fill:
        columns = tuple(path_apart(name, others) for name in of.columns)
        return of.model_copy(update={"within": path_apart(of.within, others), "columns": columns})

    def of(target: Target) -> Target:
        actor = target.actor and target.actor.model_copy(
            update={"identifier": _renamed(target.actor.identifier, others)}
        )
        changes = {
            "columns": {column: _renamed(sql, others) for column, sql in target.columns.items()},
            "skipped": tuple(skip.model_copy(update={"when": _renamed(skip.when, others)}) for skip in target.skipped),
            "line_key": tuple(name if name in target.columns else stored(name) for name in target.line_key),
            "each": stored(target.each),
            "actor": actor,
            "links": target.links and with_sql(target.links, lambda sql: _renamed(sql, others)),
        }
        return target.model_copy(update=changes)

    changes = {
        "types": {path_apart(column, others): kind for column, kind in feed.types.items()},
        "into": {name: of(target) for name, target in feed.into.items()},
        "with_": tuple(str(lookup.by(*(path_apart(name, others) for name in lookup.own))) for lookup in feed.lookups),
    }
    return feed.model_copy(update=changes | {key: fill(of_key) for key, of_key in fills_of(feed).items()})


def other_names(rows: DataFrame) -> dict[str, str]:
    """What the rows call a column of the source that has the name of one of footfall's own, by its name in one case of letters."""
    sources = {source_name(field): field.name for field in rows.schema.fields}
    return {name.casefold(): stored for name, stored in sources.items() if name.casefold() != stored.casefold()}


def path_apart(path: str, others: Mapping[str, str]) -> str:
    """The path of a column, or of a field below one, as the rows have it."""
    head, dot, below = path.partition(".")
    return others.get(path.casefold()) or others.get(head.strip("`").casefold(), head) + dot + below


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
