"""What a mapping would make of a sample, and every fault of it, before anything is written. Reads source files only."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract import Table
from footfall.errors import SourceError
from footfall.ingest.arrival import arrive
from footfall.mapping.source import TARGETS, Feed, read_source
from footfall.mapping.yaml_file import Key, Places, nearest, places, read_yaml
from footfall.privacy.pseudonyms import MintKey, actor_ids, text_ids
from footfall.refine.mapped import OWN, ShopDefaults, generate, judged_by, map_rows, typed_source
from footfall.refine.pseudonyms import new_pseudonyms
from footfall.steps import sorting
from footfall.steps.step import Files
from footfall.storage.files import list_files, read_files

ROWS_SHOWN = 5


@dataclass(frozen=True)
class Sample:
    """The first rows of a feed, as raw would hold them."""

    name: str
    feed: Feed
    rows: DataFrame
    file_count: int


def check_source(
    spark: SparkSession, path: Path, *, root: str, shop: ShopDefaults, rows: int, now: Any
) -> Iterator[str]:
    """Lines for a person: for each feed and table the mapped first rows, and what would be set aside and why.

    Raises SettingsError or SourceError with every fault of the file, each with its line. Pseudonyms shown are made
    under a key that is thrown away.
    """
    source = read_source(path)
    where = places(path, read_yaml(path)[1])
    samples, faults = [], []
    for name, feed in source.feeds.items():
        try:
            sample = _sample(spark, source.raw_name(name), feed, root=root, rows=rows, now=now, source=source.source)
        except SourceError as fault:
            faults.append(f"{nearest(('feeds', name, 'files'), where)}: {fault.what}")
            continue
        samples.append(sample)
        faults += list(_sql_faults(sample, ("feeds", name), where))
    if faults:
        raise SourceError("\n".join(faults), fix=f"Correct {path} at these lines and check again. Nothing was written.")
    key = MintKey(secrets.token_bytes(32))
    for sample in samples:
        yield f"\n{sample.name}: {sample.rows.count():,} rows of {sample.file_count:,} files looked at"
        for target in sample.feed.into:
            yield from _told(sample, TARGETS[target], shop=shop, key=key)


def _sample(spark: SparkSession, name: str, feed: Feed, *, root: str, rows: int, now: Any, source: str) -> Sample:
    if feed.delta:
        found = spark.read.format("delta").load(feed.delta) if "/" in feed.delta else spark.read.table(feed.delta)
        placed = found.limit(rows).withColumns(
            {"_file": F.lit(feed.delta), "_position": F.monotonically_increasing_id()}
        )
        corrupt = placed.withColumn("_corrupt", F.lit(None).cast("string"))
        return Sample(name, feed, arrive(corrupt, source=source, feed=name, now=now)[1], 1)
    files = Files(root, feed.files or "", feed.format, feed.options)
    names = sorted(list_files(spark, files))
    taken = read_files(spark, files, names[:1]).orderBy("_position").limit(rows)
    return Sample(name, feed, arrive(taken, source=source, feed=name, now=now)[1], len(names))


def _sql_faults(sample: Sample, at: Key, where: Places) -> Iterator[str]:
    """Each expression of the feed that Spark cannot resolve on the file's columns, with its line."""
    own = [c for c in sample.rows.columns if c not in OWN]
    sound = {}
    for column, kind in sample.feed.types.items():
        key = (*at, "types", column)
        if column not in own:
            yield f"{nearest(key, where)}: no column {column} in the files (they have {', '.join(own)})"
        elif fault := _fault_of(sample.rows, f"try_cast(`{column}` AS {kind})"):
            yield f"{nearest(key, where)}: {fault}"
        else:
            sound[column] = kind
    rows = typed_source(sample.rows, sample.feed.model_copy(update={"types": sound}))
    for key, sql in _expressions(sample.feed, at):
        if fault := _fault_of(rows, sql):
            yield f"{nearest(key, where)}: `{sql}`: {fault}"


def _expressions(feed: Feed, at: Key) -> Iterator[tuple[Key, str]]:
    for table, target in feed.into.items():
        here = (*at, "into", table)
        yield from (((*here, "columns", column), sql) for column, sql in target.columns.items())
        yield from (((*here, "skipped", i, "when"), skip.when) for i, skip in enumerate(target.skipped))
        if target.actor:
            yield (*here, "actor", "identifier"), target.actor.identifier


def _fault_of(rows: DataFrame, sql: str) -> str:
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


def _told(sample: Sample, table: Table, *, shop: ShopDefaults, key: MintKey) -> Iterator[str]:
    empty = sample.feed.into[table.name]
    vault = sample.rows.sparkSession.createDataFrame([], "kind string, identifier string, actor_id string")
    if empty.actor:
        vault = new_pseudonyms([(sample.rows, sample.feed)], vault=None, actor_ids=actor_ids(key))
    mapped = map_rows(
        sample.rows,
        feed=sample.feed,
        feed_name=sample.name,
        table=table,
        shop=shop,
        vault=vault,
        text_ids=text_ids(key),
    )
    stated = judged_by(sample.feed, table)
    whole = generate(sorting.judge(mapped, stated), feed=sample.feed, table=table)
    marked = sorting.mark(whole, table, existing=None)
    wanted = [c for c in table.column_names if c in empty.columns or c in {"actor_id", "event_date", "amount_base"}]
    valid = marked.where(sorting.is_valid()).select(*wanted).limit(ROWS_SHOWN).toPandas()
    if "actor_id" in valid:
        valid["actor_id"] = valid["actor_id"].str[:8] + "..."
    yield f"\n  into {table.full_name}, first rows:"
    yield _indented(valid) if len(valid) else "    none"
    why = (
        marked.select(
            F.when(F.col(sorting.SKIPPED).isNotNull(), F.concat(F.lit("skipped: "), sorting.SKIPPED))
            .when(sorting.is_broken(), F.concat(F.lit("quarantined: "), F.array_join(sorting.reasons(stated), ", ")))
            .when(F.col(sorting.DUPLICATE), F.lit("duplicate key"))
            .otherwise(F.lit("valid"))
            .alias("outcome"),
            sorting.POSITION,
        )
        .groupBy("outcome")
        .agg(F.count_if(F.lit(True)).alias("rows"), F.min(sorting.POSITION).alias("first_position"))
        .orderBy(F.desc("rows"), "outcome")
        .toPandas()
    )
    yield "  of the sample:"
    yield _indented(why)


def _indented(frame: pd.DataFrame) -> str:
    with pd.option_context("display.width", 160, "display.max_columns", 30, "display.max_colwidth", 24):
        return "\n".join(f"    {line}" for line in frame.to_string(index=False).splitlines())
