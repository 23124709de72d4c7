"""Values in an environment's settings that a shop has to fill in before a job can run, such as `<your bucket>`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from footfall.errors import SettingsError, listed
from footfall.settings.sections import Settings

_PLACEHOLDER = re.compile(r"<your [^<>]+>")


def filled_in(settings: Settings, section: str = "") -> Settings:
    """The same settings; raises SettingsError with every key, in the section if one is given, that holds a placeholder."""
    values = settings.model_dump(include={section} if section else None, exclude={"sources": {"mappings"}})
    unfilled = [f"{key} is {value}" for key, value in _flat(values) if _PLACEHOLDER.search(str(value))]
    if unfilled:
        raise SettingsError(
            f"settings that you have to fill in: {listed(unfilled)}.",
            fix="Write your own names into conf/env/<env>/settings.yaml, or give them by --lake, --raw or --set KEY=VALUE.",
        )
    return settings


def _flat(values: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """(dotted key, value) of nested mappings."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
