"""The source columns and fields that a mapping lets pass, into `properties` by `keep` and into `features`; no others do. Pure."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.mapping.json_paths import without_json_paths
from footfall.mapping.source import Feed, Target
from footfall.mapping.sql_words import paths_in
from footfall.mapping.yaml_file import Key
from footfall.refine.numbers import plain_number, read_number
from footfall.refine.typed import TYPES, source_columns
from footfall.steps.source_names import quoted, source_name

Path = tuple[str, ...]  # a column, and the fields below it
NESTED = (T.StructType, T.ArrayType, T.MapType, T.VariantType)


@dataclass(frozen=True)
class KeptValue:
    """A column, or a field below it, as the rows have it: its path in one case of letters, and its value as text."""

    path: Path
    text: Column


def properties(rows: DataFrame, feed: Feed, target: Target) -> Column:
    """map<string,string> of what `keep` lists, by the names that stand there; without what is empty, NULL where all is."""
    values = {name: value.text for name in target.keep if (value := _value(rows, feed, name))}
    if not values:
        return F.lit(None).cast("map<string,string>")
    pairs = F.create_map(*(part for name, text in values.items() for part in (F.lit(name), text)))
    is_any = reduce(operator.or_, (text.isNotNull() for text in values.values()))
    return F.when(is_any, F.map_filter(pairs, lambda _, text: text.isNotNull()))


def features(rows: DataFrame, feed: Feed, target: Target) -> tuple[Column, list[Column]]:
    """map<string,double> of what `features` lists, without what is empty; and the names of rules that the values break, each or NULL."""
    texts = {name: value.text for name in target.features if (value := _value(rows, feed, name))}
    if not texts:
        return F.lit(None).cast("map<string,double>"), []
    plain = {name: plain_number(text, feed.decimal) if feed.decimal else text for name, text in texts.items()}
    numbers = {n: read_number(text, yields=T.StringType(), wanted=T.DoubleType()) for n, text in plain.items()}
    pairs = F.create_map(*(part for name, number in numbers.items() for part in (F.lit(name), number)))
    faults = [F.when(text.isNotNull() & numbers[n].isNull(), F.lit(f"{n}_unreadable")) for n, text in texts.items()]
    return F.map_filter(pairs, lambda _, number: number.isNotNull()), faults


def keep_faults(rows: DataFrame, feed: Feed, *, identifiers: Sequence[str]) -> list[tuple[Key, str]]:
    """Names under `keep` and `features` that are no columns of the rows, or that hold an identifier: their key path, and why.

    `identifiers` are expressions in SQL; each column or field that one of them names leaves raw through the vault only.
    """
    secret = [path for sql in identifiers for path in paths_in(without_json_paths(sql))]
    faults: list[tuple[Key, str]] = []
    for table, target in feed.into.items():
        for key, i, name in ((key, i, name) for key, names in target.passed.items() for i, name in enumerate(names)):
            value = _value(rows, feed, name)
            if value is None:
                fault = f"no column {name} in the files (they have {', '.join(source_columns(rows))})"
            elif any(_overlap(value.path, path) for path in secret):
                fault = f"{name} holds an identifier, and these leave raw through the vault only"
            else:
                continue
            faults.append((("into", table, key, i), fault))
    return faults


def not_passed_on(rows: DataFrame, feed: Feed) -> list[str]:
    """The source columns, and fields of structs, that the feed hands on to no table, identifiers left out."""
    named = {path for sql in feed.identifiers for path in paths_in(without_json_paths(sql))}
    for target in feed.into.values():
        named |= {_in_one_case(tuple(target.each.split(".")))} if target.each else set()
        named |= {path for sql in target.columns.values() for path in paths_in(without_json_paths(sql))}
        passed = (name for names in target.passed.values() for name in names)
        named |= {value.path for name in passed if (value := _value(rows, feed, name))}
    leaves = [
        leaf for c in source_columns(rows) for leaf in _leaves((c,), rows.schema[c].dataType) if leaf[-1] != TYPES
    ]
    return [".".join(leaf) for leaf in leaves if not any(_overlap(_in_one_case(leaf), path) for path in named)]


def _value(rows: DataFrame, feed: Feed, name: str) -> KeptValue | None:
    """What stands under the name: a column, or a field below one; None where nothing does."""
    columns = {source_name(rows.schema[c]).casefold(): c for c in source_columns(rows)}
    for head, below in _splits(name):
        if head.casefold() not in columns:
            continue
        column = columns[head.casefold()]
        kind = rows.schema[column].dataType
        value = _below(
            F.col(quoted(column)), kind, below, path=(column.casefold(),), is_json=feed.format.startswith("json")
        )
        if value is not None:
            return value
    return None


def _below(value: Column, kind: T.DataType, rest: str, *, path: Path, is_json: bool) -> KeptValue | None:
    """The value, or what stands under the rest of the name below it. `is_json` says that text may be a JSON object."""
    if not rest:
        text = F.to_json(value) if isinstance(kind, NESTED) else value.cast("string")
        return KeptValue(path, F.nullif(F.trim(text), F.lit("")))
    whole = (*path, *_in_one_case(tuple(rest.split("."))))
    if isinstance(kind, T.StructType):
        fields = {field.name.casefold(): field for field in kind.fields}
        for head, below in _splits(rest):
            if field := fields.get(head.casefold()):
                inner = value.getField(field.name)
                return _below(inner, field.dataType, below, path=(*path, head.casefold()), is_json=is_json)
    elif isinstance(kind, T.VariantType):
        return KeptValue(whole, F.nullif(F.trim(F.try_variant_get(value, _json_path(rest), "string")), F.lit("")))
    elif isinstance(kind, T.StringType) and is_json:
        return KeptValue(whole, F.nullif(F.trim(F.get_json_object(value, _json_path(rest))), F.lit("")))
    return None


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """The name as a whole, and then cut at each dot, from the last one on: names of columns may hold dots too."""
    parts = name.split(".")
    yield from ((".".join(parts[:end]), ".".join(parts[end:])) for end in range(len(parts), 0, -1))


def _leaves(path: Path, kind: T.DataType) -> Iterator[Path]:
    if isinstance(kind, T.StructType) and kind.fields:
        for field in kind.fields:
            yield from _leaves((*path, field.name), field.dataType)
    else:
        yield path


def _overlap(path: Path, other: Path) -> bool:
    """Whether one of the paths is the other one or lies above it."""
    shorter = min(len(path), len(other))
    return path[:shorter] == other[:shorter]


def _in_one_case(path: Path) -> Path:
    return tuple(part.casefold() for part in path)


def _json_path(rest: str) -> str:
    return "$" + "".join(f"['{part}']" for part in rest.split("."))
