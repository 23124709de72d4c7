"""Objects and lists where one value is wanted: an identifier, an item's number. Pure."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.mapping.yaml_file import Key

_SEVERAL = (T.ArrayType, T.MapType, T.StructType, T.VariantType, T.BinaryType)


def kind_fault(key: Key, yields: T.DataType, wanted: T.DataType | None) -> str:
    """What is wrong with the type of an expression for a column of text (`wanted`) or an identifier (None); empty where nothing is."""
    is_text = wanted is None or isinstance(wanted, T.StringType)
    if is_text and isinstance(yields, _SEVERAL):
        return f"yields {yields.simpleString()}, and {key[-1]} is one value; take a field or an element of it"
    if wanted is None and isinstance(yields, T.BooleanType):
        return "yields true or false, which names nobody"
    return ""


def is_nested(text: Column) -> Column:
    """Whether a text is a JSON object or list; never NULL."""
    value = F.ltrim(text)
    is_object = F.startswith(value, F.lit("{")) & F.json_object_keys(text).isNotNull()
    is_list = F.startswith(value, F.lit("[")) & F.json_array_length(text).isNotNull()
    return F.coalesce(is_object | is_list, F.lit(False))
