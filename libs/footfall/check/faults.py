"""Which expressions of a mapping Spark cannot resolve on a feed's columns, each with its line. Reads no rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.check.sample import Sample
from footfall.mapping.source import Feed
from footfall.mapping.yaml_file import Key, Places, nearest
from footfall.refine.mapped import source_columns, typed_source


def expression_faults(sample: Sample, places: Places) -> Iterator[str]:
    """Each type and expression of the feed that is at fault, in words, with file and line."""
    at: Key = ("feeds", sample.key)
    columns = source_columns(sample.rows)
    usable_types = {}
    for column, kind in sample.feed.types.items():
        place = nearest((*at, "types", column), places)
        if column not in columns:
            yield f"{place}: no column {column} in the files (they have {', '.join(columns)})"
        elif fault := _fault(sample.rows, f"try_cast(`{column}` AS {kind})"):
            yield f"{place}: {fault}"
        else:
            usable_types[column] = kind
    rows = typed_source(sample.rows, sample.feed.model_copy(update={"types": usable_types}))
    for key, sql in _expressions(sample.feed, at):
        if fault := _fault(rows, sql):
            yield f"{nearest(key, places)}: `{sql}`: {fault}"


def _expressions(feed: Feed, at: Key) -> Iterator[tuple[Key, str]]:
    for table, target in feed.into.items():
        at_target = (*at, "into", table)
        yield from (((*at_target, "columns", column), sql) for column, sql in target.columns.items())
        yield from (((*at_target, "skipped", i, "when"), skip.when) for i, skip in enumerate(target.skipped))
        if target.actor:
            yield (*at_target, "actor", "identifier"), target.actor.identifier


def _fault(rows: DataFrame, sql: str) -> str:
    """What is wrong with an expression over the rows; empty where nothing is."""
    try:
        rows.select(F.expr(sql)).schema  # noqa: B018 - asking for the schema is what resolves it
    except (AnalysisException, ParseException) as fault:
        return _plain(fault)
    return ""


def _plain(fault: AnalysisException | ParseException) -> str:
    """Spark's message, without its stack, its SQLSTATE and the query that footfall wrapped around the expression."""
    parameters: Mapping[str, str] = fault.getMessageParameters() or {}
    if fault.getCondition() == "UNRESOLVED_COLUMN.WITH_SUGGESTION":
        return f"no column {parameters['objectName']} in the files (near: {parameters['proposal']})"
    return str(fault).strip().split("\n")[0].split("SQLSTATE")[0].strip()
