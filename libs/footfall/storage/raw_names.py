"""Names of source columns that raw tables and Spark's dots can take: other characters become `_`. Reads no rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import count

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.errors import SourceError

# What footfall adds to a source's rows when it reads, keeps and types them.
OWN_NAMES = frozenset({
    "_source", "_file", "_position", "_known_at", "_corrupt", "batch_id", "_block", "_order", "_metadata", "_raw_row", "_types",
    "_waits_for", "_waited_for", "_lookup_key",
})  # fmt: skip
_REFUSED = re.compile(r"[ ,;{}()\n\t\r=.`]")  # by Delta, or by Spark, for which a dot leads to a field
_NO_WORD = re.compile(r"[^A-Za-z0-9_]")  # a field's name stands without quotes in the type of its column


def refuse_own_names(names: Sequence[str], origin: str) -> None:
    """Raises SourceError where columns of a source have, or would get, names that footfall adds itself."""
    clash = sorted(name for name in names if _usable_name(name).casefold() in OWN_NAMES)
    if clash:
        raise SourceError(
            f"{origin}: columns {clash} are footfall's own names.", fix="Rename them before they are delivered."
        )


def told_apart(header: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Names for the columns of a header, and those that differ from it: `text_2` for a second `text`, `column_6` for none.

    Names that differ only in case are the same, since Spark takes them so.
    """
    names: list[str] = []
    folded = {name.casefold() for name in header}
    kept: set[str] = set()
    for place, name in enumerate(header, start=1):
        wanted = name if name.strip() else f"column_{place}"
        new = wanted
        if name.casefold() in kept or not name.strip():
            numbers = ("" if i == 1 else f"_{i}" for i in count(2 if name.strip() else 1))
            new = next(n for number in numbers if (n := wanted + number).casefold() not in folded)
        kept.add(name.casefold())
        folded.add(new.casefold())
        names.append(new)
    return names, {name: new for name, new in zip(header, names, strict=True) if name != new}


def with_usable_names(rows: DataFrame, origin: str) -> tuple[DataFrame, dict[str, str]]:
    """The rows with usable names of columns and their fields, and the new name of each that changed.

    Raises SourceError where two would get the same name.
    """
    fields = rows.schema.fields
    changes: dict[str, str] = {}
    names = _usable([f.name for f in fields], _usable_name, "", origin, changes)
    types = [_usable_type(f.dataType, f"{name}.", origin, changes) for f, name in zip(fields, names, strict=True)]
    renamed = {f.name: name for f, name in zip(fields, names, strict=True) if f.name != name}
    recast = {
        name: F.col(f"`{name}`").cast(kind)
        for f, name, kind in zip(fields, names, types, strict=True)
        if kind != f.dataType
    }
    named = rows.withColumnsRenamed(renamed) if renamed else rows
    return named.withColumns(recast) if recast else named, changes


def _usable_name(name: str) -> str:
    return _REFUSED.sub("_", name) or "_"


def _usable_field(name: str) -> str:
    word = _NO_WORD.sub("_", name) or "_"
    return word if re.match(r"[A-Za-z_]", word) else f"_{word}"


def _usable(
    names: Sequence[str], usable_name: Callable[[str], str], above: str, origin: str, changes: dict[str, str]
) -> list[str]:
    """The names made usable, side by side; those that differ go into `changes` with their path."""
    usable = [usable_name(name) for name in names]
    folded = [name.casefold() for name in usable]
    twice = sorted(f"{above}{name}" for name, new in zip(names, folded, strict=True) if folded.count(new) > 1)
    if twice:
        raise SourceError(
            f"{origin}: {' and '.join(f'`{name}`' for name in twice)} would have the same name in the raw table.",
            fix="Rename one of them before they are delivered: signs that a table cannot take become _, and case does not count.",
        )
    changes |= {above + name: above + new for name, new in zip(names, usable, strict=True) if name != new}
    return usable


def _usable_type(kind: T.DataType, above: str, origin: str, changes: dict[str, str]) -> T.DataType:
    """The type with usable names of the fields within it; values keep their places."""
    if isinstance(kind, T.StructType):
        names = _usable([f.name for f in kind.fields], _usable_field, above, origin, changes)
        types = [
            _usable_type(f.dataType, f"{above}{n}.", origin, changes) for f, n in zip(kind.fields, names, strict=True)
        ]
        fields = zip(names, types, kind.fields, strict=True)
        return T.StructType([T.StructField(name, inner, f.nullable) for name, inner, f in fields])
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_usable_type(kind.elementType, above, origin, changes), kind.containsNull)
    if isinstance(kind, T.MapType):
        value = _usable_type(kind.valueType, above, origin, changes)
        return T.MapType(_usable_type(kind.keyType, above, origin, changes), value, kind.valueContainsNull)
    return kind
