"""The columns by which a feed looks rows of others up, as its expressions see them: stripped, filled, typed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.mapping.json_paths import below
from footfall.mapping.source import Feed
from footfall.mapping.yaml_file import Key
from footfall.refine.expressions import in_words, type_faults
from footfall.refine.gaps import gap_faults
from footfall.refine.typed import own_columns, source_columns, with_typed_copies
from footfall.steps.sorting import RAW_ROW
from footfall.steps.source_names import quoted, source_name

LOOKUP_KEY = "_lookup_key"


def with_own_keys(rows: DataFrame, feed: Feed) -> tuple[DataFrame, dict[str, str]]:
    """The rows, raw or filled, with typed copies of the columns that `with` names; these by the columns."""
    there = {c.casefold(): c for c in own_columns(rows, feed)}
    heads = dict.fromkeys(head_of(path) for lookup in feed.lookups for path in lookup.own)
    free = (name for i in count() if (name := f"{LOOKUP_KEY}_{i}") not in rows.columns)
    copies = {head: next(free) for head in heads if head in there}
    return with_typed_copies(rows, feed, {copy: there[head] for head, copy in copies.items()}), copies


def own_sql(path: str, feed: Feed, copies: Mapping[str, str], others: Mapping[str, Feed]) -> str:
    """The SQL of a column left of `=`, or of a field below it; of JSON text too. `others` are the feeds that `with` names."""
    head, rest = _parts(path)
    if head in copies:
        return below(copies[head], rest) if _is_json_text(feed, head) else copies[head] + rest
    other = {name.casefold(): of_name for name, of_name in others.items()}.get(head)
    if other is None or not rest:
        return path
    name, deeper = _parts(rest[1:])
    return below(f"{quoted(head)}.{quoted(name)}", deeper) if _is_json_text(other, name) else path


def unusable(rows: DataFrame, feed: Feed, names: set[str]) -> list[tuple[Key, str]]:
    """Declared types of columns, in one case of letters, and fills that cannot be used: key path below the feed, and words."""
    faults = [] if RAW_ROW in rows.columns else gap_faults(rows, feed, source_columns(rows))
    there = {c.casefold() for c in source_columns(rows)} & names
    types = {c: kind for c, kind in feed.types.items() if c.casefold() in there}
    plain = feed.model_copy(update={"fill_down": None, "fill_all": None, "with_": ()})
    return faults + type_faults(rows, plain, types)


def path_faults(
    rows: DataFrame, feed: Feed, others: Mapping[str, tuple[Feed, DataFrame | None]]
) -> list[tuple[Key, str]]:
    """Fields left of `=` that are not there, for rows whose types can be used: key path below the feed, and words.

    `others` are the feeds that `with` names, and their rows; None where none came yet, so that nothing is known of their fields.
    """
    probe, copies = with_own_keys(rows, feed)
    feeds = {name: other for name, (other, _) in others.items()}
    faults: list[tuple[Key, str]] = []
    known = set(copies)
    for i, lookup in enumerate(feed.lookups):
        for path in lookup.own:
            head, rest = _parts(path)
            if rest and head in known and (words := _fault(probe, own_sql(path, feed, copies, feeds))):
                shown = words.replace(copies.get(head, head), head)
                faults.append((("with", i), f"{path}: {shown}"))
        other, of_other = others[lookup.feed]
        if of_other is not None:
            known.add(lookup.feed.casefold())
            probe = probe.withColumn(lookup.feed, F.lit(None).cast(_row_of(of_other, other)))
    return faults


def kind_of(feed: Feed, column: str, arrives: T.DataType | None = None) -> T.DataType:
    """The type of a column, in any case of letters: the declared one, else that in which it arrives, else text."""
    declared = {c.casefold(): kind for c, kind in feed.types.items()}.get(column.casefold())
    try:
        return T.DataType.fromDDL(declared) if declared else arrives or T.StringType()
    except ParseException:  # said when its rows come
        return T.StringType()


def head_of(path: str) -> str:
    """The first name of a path as SQL has it, in one case of letters."""
    return _parts(path)[0]


def _parts(path: str) -> tuple[str, str]:
    """The first name of a path in one case of letters, and what stands behind it, with its dot."""
    if path.startswith("`"):
        end = path.replace("``", "\0\0").index("`", 1)
        return path[1:end].replace("``", "`").casefold(), path[end + 1 :]
    head, dot, rest = path.partition(".")
    return head.casefold(), dot + rest


def _is_json_text(feed: Feed, column: str) -> bool:
    return feed.format.startswith("json") and column not in {c.casefold() for c in feed.types}


def _row_of(rows: DataFrame, feed: Feed) -> T.StructType:
    """The type of a row of a feed that is looked up, with declared types."""
    fields = [rows.schema[c] for c in source_columns(rows)]
    return T.StructType([T.StructField(source_name(f), kind_of(feed, f.name, f.dataType)) for f in fields])


def _fault(rows: DataFrame, sql: str) -> str:
    """Why the expression cannot be resolved, in words; empty where it can."""
    try:
        rows.select(F.expr(sql)).schema  # noqa: B018 - asking for the schema resolves it
    except AnalysisException as fault:
        if fault.getCondition() == "INVALID_EXTRACT_BASE_FIELD_TYPE":
            return "no field there: what stands before the dot is no object (a type STRUCT<...> under `types` makes one of text)"
        return in_words(fault)
    return ""
