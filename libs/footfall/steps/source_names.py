"""What a source calls its columns, beside the names that raw tables give them: kept in the comment of a column. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

# What footfall adds to a source's rows when it reads, keeps and types them.
OWN_NAMES = frozenset({
    "_source", "_file", "_position", "_known_at", "_corrupt", "batch_id", "_block", "_order", "_metadata", "_raw_row", "_types",
    "_waits_for", "_waited_for", "_waited_elements", "_lookup_key", "_gaps",
})  # fmt: skip
ARRIVED = "as it arrived"
_NAMED = f"{ARRIVED}, where its names are "


def comment_of(names: Mapping[str, str]) -> str:
    """The comment of a raw column: `names` gives the source's name of it ("") and of fields within it, by their stored path."""
    return _NAMED + json.dumps(dict(names), ensure_ascii=False) if names else ARRIVED


def source_name(field: T.StructField) -> str:
    """What the source calls a column of raw rows."""
    return _names(field).get("", field.name)


def quoted(column: str) -> str:
    """The name in backticks, as Spark takes it for one name whatever signs it has."""
    return f"`{column.replace('`', '``')}`"


def under_source_names(raw: DataFrame) -> DataFrame:
    """Raw rows whose columns, and fields within them, are called as the source calls them.

    A column of a name that footfall uses itself (`_source`) keeps that of the raw table; its comment goes on to say the
    source's.
    """
    columns, is_any = [], False
    for field in raw.schema.fields:
        names = _names(field)
        value = F.col(quoted(field.name))
        kind = _renamed(field.dataType, "", names)
        name = names.get("", field.name)
        new = field.name if name.casefold() in OWN_NAMES else name
        is_any |= kind != field.dataType or new != field.name
        columns.append(value.alias(new) if kind == field.dataType else value.cast(kind).alias(new))
    return raw.select(*columns) if is_any else raw


def _names(field: T.StructField) -> dict[str, str]:
    comment = str(field.metadata.get("comment", ""))
    if not comment.startswith(_NAMED):
        return {}
    try:
        names = json.loads(comment.removeprefix(_NAMED))
    except ValueError:  # somebody wrote another comment
        return {}
    return names if isinstance(names, dict) else {}


def _renamed(kind: T.DataType, above: str, names: Mapping[str, str]) -> T.DataType:
    """The type with the source's names of fields; values keep their places."""
    if isinstance(kind, T.StructType):
        paths = [f"{above}{f.name}" for f in kind.fields]
        return T.StructType(
            [
                T.StructField(names.get(path, f.name), _renamed(f.dataType, f"{path}.", names), f.nullable)
                for path, f in zip(paths, kind.fields, strict=True)
            ]
        )
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_renamed(kind.elementType, above, names), kind.containsNull)
    if isinstance(kind, T.MapType):
        value = _renamed(kind.valueType, above, names)
        return T.MapType(_renamed(kind.keyType, above, names), value, kind.valueContainsNull)
    return kind
