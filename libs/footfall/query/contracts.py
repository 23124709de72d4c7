"""The contract of a table in the lake: the declared one, or for a raw feed one with the columns that it arrived with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from footfall.contract import BATCH_ID, Layer, Table
from footfall.tables import BY_NAME, feed_table

if TYPE_CHECKING:
    from deltalake import Schema

# Delta's name of a type -> Spark SQL's, where they differ
_SPARK_NAMES = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}


def contract_of(table: str, stored: Schema) -> Table | None:
    """The contract of `layer.table`, whose columns in the lake are `stored`.

    None where this footfall declares no such table, so that an older lake can still be read.
    """
    layer, _, name = table.partition(".")
    if table in BY_NAME or layer != Layer.RAW:
        return BY_NAME.get(table)
    return feed_table(name, {f.name: type_name(f.type) for f in stored.fields if f.name != BATCH_ID.name})


def type_name(kind: Any) -> str:
    """A type of delta-rs as Spark SQL writes it: `bigint`, `array<string>`, `struct<a:int>`."""
    if kind.type == "array":
        return f"array<{type_name(kind.element_type)}>"
    if kind.type == "map":
        return f"map<{type_name(kind.key_type)},{type_name(kind.value_type)}>"
    if kind.type == "struct":
        return f"struct<{','.join(f'{f.name}:{type_name(f.type)}' for f in kind.fields)}>"
    return _SPARK_NAMES.get(kind.type, str(kind.type))
