"""What a mapping would make of a sample, and every fault of it, before anything is written. Reads source files only."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from warnings import catch_warnings, simplefilter

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.check.beside import Beside, lines_of_one_order_each, lines_without_rate, lookup_lines
from footfall.check.faults import sample_faults, value_faults
from footfall.check.hints import Hints, clock_lines, column_lines
from footfall.check.lines_made import document_lines, fill_lines, link_lines
from footfall.check.sample import Sample, sample_of
from footfall.contract import Table
from footfall.errors import SourceError
from footfall.ingest.arrival import has_columns
from footfall.mapping.source import Source, read_source
from footfall.mapping.targets import TARGETS
from footfall.mapping.yaml_file import Places, nearest, places, read_yaml
from footfall.privacy.pseudonyms import MintKey, actor_ids, text_ids
from footfall.refine.crowds import actors_of, metrics, warnings
from footfall.refine.feeds import with_zone
from footfall.refine.fills import ShopDefaults, row_contract, with_generated
from footfall.refine.kept import not_passed_on
from footfall.refine.keys import is_whole_line, matching_of
from footfall.refine.mapped import map_rows
from footfall.refine.pseudonyms import named_counts, new_pseudonyms
from footfall.refine.typed import typed_source
from footfall.runtime.explain import explain, is_about_a_value
from footfall.steps import history, sorting
from footfall.steps.matching import mark
from footfall.steps.places import position_of
from footfall.storage.in_place import has_change_feed
from footfall.tables import IDENTITY_LINKS

ROWS_SHOWN = 5
KEPT = {"keep_first": "the first is kept", "keep_latest": "the latest is kept", "quarantine": "set aside"}
NO_LINE_KEY = (
    "no `line_key`: nothing but all of its columns identifies a line, so a corrected amount will look like a new line. Name what "
    "identifies a line in its order, such as `line_key: [item_id]` or the source's own number of the line."
)
NO_CHANGE_FEED = (
    "the Delta table has no change feed: with each new version all its rows are read again, and known ones count as duplicates. "
    "Its owner switches it on by ALTER TABLE ... SET TBLPROPERTIES (delta.enableChangeDataFeed = true)."
)
NO_ROWS = (
    "there is no row in the files looked at, so nothing can be said of the mapping. A run waits for rows of this feed, and goes on "
    "with all others."
)
TRY_FORM = (
    "Rows on which an expression fails are set aside as `<column>_failed`, and reading them takes twice as long. Better declare "
    "the source column under `types:`, use the try_ form of the function, or give another value by CASE."
)


def check_source(
    spark: SparkSession, path: Path, *, root: str, shop: ShopDefaults, rows: int, now: datetime
) -> Iterator[str]:
    """Lines for a person: for each feed and table the mapped first rows, what would be set aside and why, and warnings.

    Raises SettingsError or SourceError with every fault of the file, each with its line. Pseudonyms shown are made
    under a key that is thrown away.
    """
    source = read_source(path)
    lines = places(path, read_yaml(path)[1])
    samples, faults = _samples(spark, source, lines, root=root, shop=shop, rows=rows, now=now)
    beside = Beside(spark, source, root, now, shop)
    with_rows = {name: sample for name, sample in samples.items() if has_columns(sample.rows)}
    for name, sample in with_rows.items() if not faults else ():
        samples[name], missing = beside.looked_up(sample, lines, samples)
        faults += missing or list(sample_faults(samples[name], lines))
    if faults:
        raise SourceError("\n".join(faults), fix=f"Correct {path} at these lines and check again. Nothing was written.")
    key = MintKey(secrets.token_bytes(32))
    rates = beside.rates({name: samples[name] for name in with_rows}, text_ids(key))
    yield from beside.shared(samples, lines)
    for name, sample in samples.items():
        yield f"\n{sample.name}: {sample.rows.count():,} rows of {sample.file_count:,} files looked at"
        yield from (f"  {line}" for line in _read_lines(spark, sample, shop))
        if name not in with_rows:
            yield f"  {NO_ROWS}"
            continue
        try:
            report = list(_report(sample, shop=shop, key=key, lines=lines, rates=rates))
        except Exception as fault:
            if not is_about_a_value(fault):
                raise
            yield from (f"  warning: {words}" for words in value_faults(sample, lines))
            yield f"  {TRY_FORM}"
            report = list(_report(replace(sample, guard=True), shop=shop, key=key, lines=lines, rates=rates))
        yield from report


def _samples(
    spark: SparkSession, source: Source, lines: Places, *, root: str, shop: ShopDefaults, rows: int, now: datetime
) -> tuple[dict[str, Sample], list[str]]:
    """The sample of each feed whose files can be read, and what is wrong with the files of the others, with their lines."""
    samples: dict[str, Sample] = {}
    faults: list[str] = []
    for name in source.feeds:
        try:
            sample = sample_of(spark, source, name, root=root, row_count=rows, now=now)
        except Exception as fault:
            known = fault if isinstance(fault, SourceError) else explain(fault)
            if not isinstance(known, SourceError):
                raise
            origin = "files" if source.feeds[name].files else "delta"
            faults.append(f"{nearest(('feeds', name, origin), lines)}: {known.what}")
        else:
            samples[name] = replace(sample, feed=with_zone(sample.feed, shop.time_zone))
    return samples, faults


def _read_lines(spark: SparkSession, sample: Sample, shop: ShopDefaults) -> Iterator[str]:
    """How the feed's files are read, and what its rows take from one another."""
    yield from column_lines(sample.source)
    yield from (f"note: {line}" for line in sample.notes)
    if not has_columns(sample.rows):
        return
    if sample.feed.partitions:
        yield f"columns that folders give: {', '.join(sample.feed.partitions)}"
    yield from clock_lines(sample.rows, sample.feed, shop)
    if sample.feed.delta and not has_change_feed(spark, sample.feed.delta):
        yield f"note: {NO_CHANGE_FEED}"
    yield from fill_lines(sample)
    yield from lookup_lines(sample)


def _report(
    sample: Sample, *, shop: ShopDefaults, key: MintKey, lines: Places, rates: DataFrame | None
) -> Iterator[str]:
    """What becomes of the sample in each table, and what to know of it."""
    yield from _outcomes(sample, shop=shop, key=key, lines=lines, rates=rates)
    yield from _order_of_files(sample, nearest(("feeds", sample.key, "file_day"), lines))
    yield from _crowds(sample, nearest(("feeds", sample.key, "nobody"), lines))


def _outcomes(
    sample: Sample, *, shop: ShopDefaults, key: MintKey, lines: Places, rates: DataFrame | None
) -> Iterator[str]:
    for target in sample.feed.into:
        table = TARGETS[target]
        if table is IDENTITY_LINKS:
            yield f"\n  into {table.full_name}, of the sample:"
            yield from (f"    {line}" for line in link_lines(sample, shop))
            continue
        marked = _marked(sample, table, shop=shop, key=key, rates=rates)
        yield from _outcome(sample, table, marked, shop=shop, lines=lines)
        yield from (f"  {line}" for line in lines_without_rate(marked, table))
        yield from (f"  {line}" for line in lines_of_one_order_each(sample, marked, table))
    if not sample.feed.into:
        yield "\n  no table is made of it: other feeds look its rows up"
    elif names := not_passed_on(typed_source(sample.rows, sample.feed), sample.feed):
        yield f"\n  not passed on to any table (`keep` lists what may pass into `properties`): {', '.join(names)}"


def _outcome(sample: Sample, table: Table, marked: DataFrame, *, shop: ShopDefaults, lines: Places) -> Iterator[str]:
    """What becomes of the sample's rows in one table."""
    target = sample.feed.into[table.name]
    contract, matching = row_contract(sample.feed, table), matching_of({sample.name: sample.feed}, table)
    filled_in = {"actor_id", "event_date", "amount_base", *(["valid_from"] if sample.feed.file_day else [])}
    shown = [c for c in table.column_names if c in target.columns or c in filled_in]
    first = marked.where(sorting.is_valid()).orderBy(sorting.FILE, sorting.POSITION)
    valid = _in_pandas(first.select(*shown).limit(ROWS_SHOWN))
    if "actor_id" in valid:
        valid["actor_id"] = valid["actor_id"].str[:8] + "..."
    yield f"\n  into {table.full_name}, first rows:"
    yield _indented(valid) if len(valid) else "    none"
    outcome = (
        F.when(sorting.is_waiting(), F.col(sorting.SKIPPED))
        .when(F.col(sorting.SKIPPED).isNotNull(), F.concat(F.lit("skipped: "), sorting.SKIPPED))
        .when(sorting.is_broken(), F.concat(F.lit("quarantined: "), F.array_join(sorting.reasons(contract), ", ")))
        .when(matching.is_set_aside(), F.lit(f"quarantined: {sorting.LINE_CONFLICT}"))
        .when(F.col(sorting.CONFLICT), F.lit(f"conflict: {KEPT[target.on_conflict]}"))
        .when(F.col(sorting.DUPLICATE), F.lit("duplicate key"))
        .otherwise(F.lit("valid"))
    )
    if target.each:
        place = nearest(("feeds", sample.key, "into", table.name, "each"), lines)
        yield from (f"  {line}" for line in document_lines(sample, marked, table.name, place))
    counts = _in_pandas(
        marked.where(~F.col(sorting.SKIPPED).eqNullSafe(sorting.NO_ELEMENTS))
        .groupBy(outcome.alias("outcome"))
        .agg(
            F.count_if(F.lit(True)).alias("rows"),
            F.min(position_of(F.col(sorting.POSITION))).alias("first_position"),
            F.count_if(sorting.is_late_load(table, is_first=True)).alias("late"),
        )
        .orderBy(F.desc("rows"), "outcome")
    )
    yield "  of the sample:"
    yield _indented(counts.drop(columns="late")) if len(counts) else "    no rows"
    yield from _explained(marked, contract, Hints(sample.feed, shop))
    valid_count = int(counts.loc[counts["outcome"] == "valid", "rows"].sum())
    warning = sorting.late_load_warning(sample.name, table, late=int(counts["late"].sum()), valid=valid_count)
    if warning and sample.feed.known is None:
        yield f"  warning: {nearest(('feeds', sample.key, 'known'), lines)}: missing: {warning}"
    if is_whole_line(target, table):
        yield f"  warning: {sample.key}: {NO_LINE_KEY}"


def _in_pandas(frame: DataFrame) -> pd.DataFrame:
    """The rows; where an expression fails on a value, without Spark's own warning, which prints the value."""
    with catch_warnings():
        simplefilter("ignore", UserWarning)
        return frame.toPandas()


def _explained(marked: DataFrame, contract: Table, hints: Hints) -> Iterator[str]:
    """The rules and warnings of the sample that need words, each with its rows and its hint."""
    warned = F.when(F.col(sorting.SOUND), F.col(sorting.WARNED))
    names = F.when(sorting.is_broken(), sorting.reasons(contract)).otherwise(warned)
    for row in marked.select(F.explode(names).alias("name")).groupBy("name").count().orderBy("name").collect():
        if words := hints.of(row["name"]):
            yield f"  {row['name']} ({row['count']:,} rows): {words}"


def _order_of_files(sample: Sample, place: str) -> Iterator[str]:
    """Says by what the newest of several full dumps is known, where no day stands in their names."""
    tables = [TARGETS[name].full_name for name in sample.feed.into if sample.feed.has_versions(name)]
    if tables and sample.feed.files and sample.file_count > 1 and sample.feed.file_day is None:
        yield (
            f"  note: {place}: {sample.file_count:,} files fill {', '.join(tables)}, and no `file_day` says of which day each is. "
            "So a change holds from when its file was taken, and of files taken together the last by name is the newest "
            r"(10.csv after 9.csv). Where their names hold a day, give it, such as `file_day: dump_(\d{8})`."
        )


def _crowds(sample: Sample, place: str) -> Iterator[str]:
    """Warns where one identifier stands on most rows of the sample."""
    ways = actors_of([(sample.name, sample.feed)])
    if not ways:
        return
    figures = (
        named_counts([(sample.name, sample.rows, sample.feed)], guard=sample.guard).agg(*metrics(ways)).collect()[0]
    )
    yield from (f"  warning: {place}: {words}" for words in warnings(ways, figures.asDict()))


def _marked(sample: Sample, table: Table, *, shop: ShopDefaults, key: MintKey, rates: DataFrame | None) -> DataFrame:
    """The sample's rows as rows of the table, with where each would go."""
    vault = sample.rows.sparkSession.createDataFrame([], "kind string, identifier string, actor_id string")
    if sample.feed.into[table.name].actor:
        feeds = [(sample.name, sample.rows, sample.feed)]
        vault = new_pseudonyms(feeds, vault=None, actor_ids=actor_ids(key), guard=sample.guard)
    mapped = map_rows(
        sample.rows,
        feed=sample.feed,
        feed_name=sample.name,
        table=table,
        shop=shop,
        vault=vault,
        text_ids=text_ids(key),
        guard=sample.guard,
        rates=rates,
    )
    checked = sorting.check_rules(mapped, row_contract(sample.feed, table))
    complete = with_generated(checked, feed=sample.feed, table=table)
    if sample.feed.has_versions(table.name):
        return history.mark(complete, table)
    return mark(complete, table, existing=None, matching=matching_of({sample.name: sample.feed}, table))


def _indented(frame: pd.DataFrame) -> str:
    with pd.option_context("display.width", 160, "display.max_columns", 30, "display.max_colwidth", 24):
        return "\n".join(f"    {line}" for line in frame.to_string(index=False).splitlines())
