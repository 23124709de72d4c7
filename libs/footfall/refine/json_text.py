"""Nested values of JSON feeds: raw keeps them as text, and a mapping's expressions read fields of it by their path. Pure."""

from __future__ import annotations

from functools import partial

from footfall.mapping.json_paths import with_json_paths
from footfall.mapping.source import Feed, Target

ELEMENT = "each"  # the element of an array of which a mapping makes rows; no text


def reading_json_text(feed: Feed) -> Feed:
    """The feed with expressions that read `props.sku` from the text of `props`; columns with a declared type are no text."""
    if not feed.format.startswith("json"):
        return feed
    read = partial(with_json_paths, others={ELEMENT, *(column.casefold() for column in feed.types)})

    def of(target: Target) -> Target:
        changes = {
            "columns": {column: read(sql) for column, sql in target.columns.items()},
            "skipped": tuple(skip.model_copy(update={"when": read(skip.when)}) for skip in target.skipped),
        }
        actor = target.actor and target.actor.model_copy(update={"identifier": read(target.actor.identifier)})
        return target.model_copy(update={**changes, "actor": actor})

    return feed.model_copy(update={"into": {name: of(target) for name, target in feed.into.items()}})
