"""What a mapping may say of values that stand on some lines of an order only, and what is wrong where it says it otherwise. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from footfall.mapping.words import SourceName
from footfall.mapping.yaml_file import Closed, Key

if TYPE_CHECKING:
    from footfall.mapping.source import Feed


class Fill(Closed):
    """Source columns whose empty values come from other lines with the same value in the column `within`, an order's number say."""

    within: SourceName
    columns: tuple[SourceName, ...] = Field(min_length=1, strict=False)


def fills_of(feed: Feed) -> dict[str, Fill]:
    """The feed's `fill_down` and `fill_all`, as far as it has them."""
    return {key: fill for key, fill in (("fill_down", feed.fill_down), ("fill_all", feed.fill_all)) if fill}


def fill_faults(feed: Feed) -> list[tuple[Key, str]]:
    """What is wrong with `fill_down` and `fill_all`, whatever columns the files have: the key path, and the fault in words."""
    faults: list[tuple[Key, str]] = []
    names: set[str] = set()
    for key, fill in fills_of(feed).items():
        if feed.delta is not None:
            faults.append(((key,), "goes by the lines of a file; a Delta table has none"))
        for i, name in enumerate(fill.columns):
            if name.casefold() == fill.within.casefold():
                faults.append(((key, "columns", i), f"{name}: stands under `within`, so it is never filled"))
            if name.casefold() in names:
                faults.append(((key, "columns", i), f"{name}: listed twice"))
            names.add(name.casefold())
    return faults
