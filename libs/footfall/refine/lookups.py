"""The rows of other feeds that belong to a feed's rows, as its mapping says by `with`; rows whose other row has not come wait. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract import BATCH_ID, SEPARATOR
from footfall.errors import SourceError
from footfall.mapping.gaps import fills_of
from footfall.mapping.lookups import Lookup, looked_up_columns
from footfall.mapping.source import Feed
from footfall.mapping.sql_words import names_in
from footfall.mapping.yaml_file import Key
from footfall.refine.file_days import start_of_day
from footfall.refine.numbers import plain_text
from footfall.refine.own_keys import LOOKUP_KEY, head_of, kind_of, own_sql, path_faults, unusable, with_own_keys
from footfall.refine.own_names import other_names, path_apart
from footfall.refine.typed import TYPES, filled_source, own_columns, source_columns, typed_source
from footfall.steps.history import in_order_of_numbers
from footfall.steps.source_names import quoted, source_name
from footfall.tables.raw import CORRUPT, WAITS_FOR


@dataclass(frozen=True)
class OtherFeed:
    """A feed that another one looks up, and all its raw rows; None where none came yet."""

    feed: Feed
    rows: DataFrame | None


def with_lookups(rows: DataFrame, feed: Feed, others: Mapping[str, OtherFeed]) -> DataFrame:
    """The raw rows with a struct for each feed that is looked up, by its name, and `_waits_for`; of a feed with fills they are filled.

    Keys are compared as expressions see them on both sides: stripped, filled, typed. `others` are the feeds by their names in
    the mapping. Of several rows of theirs with one key the newest is taken: by the day of its file, if the feed has `file_day`,
    then by arrival. The struct is NULL where there is none. The row waits for it, unless its own key is empty, or a word for
    nobody. Raises SourceError where a column is not there.
    """
    if faults := lookup_faults(rows, feed, others):
        origin = feed.files or feed.delta
        raise SourceError(
            "\n".join(f"feed of {origin}: {'.'.join(map(str, key))}: {words}" for key, words in faults),
            fix="Correct the mapping; jobs/ingest.py --check conf/sources/<source>.yaml shows the lines.",
        )
    filled = filled_source(rows, feed) if fills_of(feed) else rows
    rows, copies = with_own_keys(filled.withColumn(WAITS_FOR, F.lit(None).cast("string")), feed)
    feeds = {name: other.feed for name, other in others.items()}
    for lookup in feed.lookups:
        key = _key([own_sql(path, feed, copies, feeds) for path in lookup.own])
        rows = _with_other(rows, feed, lookup, others[lookup.feed], key)
    return rows.drop(*copies.values())


def lookup_faults(rows: DataFrame, feed: Feed, others: Mapping[str, OtherFeed]) -> list[tuple[Key, str]]:
    """Columns of lookups that the rows, or those of the other feed, do not have or cannot be read: key path below the feed, and words."""
    own = {c.casefold() for c in own_columns(rows, feed)}
    in_files = {c.casefold() for c in source_columns(rows)}
    faults: list[tuple[Key, str]] = []
    for i, lookup in enumerate(feed.lookups):
        other = others[lookup.feed]
        if lookup.feed.casefold() in in_files:
            words = f"the files have a column {lookup.feed} too; give the feed {lookup.feed} another name"
            faults.append((("with", i), words))
        heads = own | {before.feed.casefold() for before in feed.lookups[:i]}
        faults += [(("with", i), f"no column {path} in the files") for path in lookup.own if head_of(path) not in heads]
        if other.rows is not None:
            theirs = _source_names(other.rows)
            absent = [c for c in lookup.other if head_of(c) not in {name.casefold() for name in theirs.values()}]
            there = ", ".join(theirs.values())
            faults += [
                (("with", i), f"no column {c} in the files of {lookup.feed} (they have {there})") for c in absent
            ]
            of_theirs = unusable(other.rows, other.feed, {c.casefold() for c in theirs})
            faults += [(("with", i), f"{lookup.feed}: {'.'.join(map(str, key))}: {words}") for key, words in of_theirs]
    faults += unusable(rows, feed, {head_of(path) for lookup in feed.lookups for path in lookup.own})
    return faults or path_faults(rows, feed, {name: (other.feed, other.rows) for name, other in others.items()})


def looks_at_others(feed: Feed, sql: str) -> bool:
    """Whether an expression names a feed that is looked up."""
    return bool(names_in(sql) & {lookup.feed.casefold() for lookup in feed.lookups})


def _with_other(rows: DataFrame, feed: Feed, lookup: Lookup, other: OtherFeed, key: Column) -> DataFrame:
    # rows without a key find none, but would all look for it in one task
    nothing = F.concat(F.lit(SEPARATOR), F.xxhash64("_file", "_position").cast("string"))
    keyed = rows.withColumn(LOOKUP_KEY, F.coalesce(key, nothing))
    newest = _newest(keyed, feed, lookup, other)
    joined = keyed.join(newest, on=LOOKUP_KEY, how="left")
    words = sorted({word.strip().lower() for word in feed.nobody} - {""})
    is_somebody = ~F.startswith(F.col(LOOKUP_KEY), F.lit(SEPARATOR)) & ~F.lower(LOOKUP_KEY).isin(*words)
    waits = F.when(F.col(quoted(lookup.feed)).isNull() & is_somebody, F.lit(lookup.feed))
    return joined.withColumn(WAITS_FOR, F.coalesce(WAITS_FOR, waits)).drop(LOOKUP_KEY)


def _newest(keyed: DataFrame, feed: Feed, lookup: Lookup, other: OtherFeed) -> DataFrame:
    """Rows (`_lookup_key`, a struct by the feed's name): of the other feed's rows with a key of these the newest."""
    wanted = looked_up_columns(feed, lookup.feed)
    if other.rows is None:
        names = {*(wanted or ()), *map(head_of, lookup.other)}
        fields = [T.StructField(name, kind_of(other.feed, name)) for name in sorted(names)]
        of_row = T.StructType([*fields, T.StructField(TYPES, T.ArrayType(T.StringType()))])
        shape = [T.StructField(LOOKUP_KEY, T.StringType()), T.StructField(lookup.feed, of_row)]
        return keyed.sparkSession.createDataFrame([], T.StructType(shape))
    there = _source_names(other.rows)
    in_one_case = {name.casefold() for name in there.values()}
    if wanted is None or not wanted <= in_one_case:  # a name that is wrong is shown beside all that are right
        wanted = in_one_case
    wanted |= {head_of(c) for c in lookup.other}
    columns = {c: name for c, name in there.items() if name.casefold() in wanted}
    own = {CORRUPT.name, "_source", "_file", "_position", "_known_at", BATCH_ID.name} & {*other.rows.columns}
    in_types = {c.casefold() for c in columns}
    types = {c: kind for c, kind in other.feed.types.items() if c.casefold() in in_types}
    # what is filled goes by a column, and may go into one, that nobody looks at
    fills = {name.casefold() for fill in fills_of(other.feed).values() for name in (fill.within, *fill.columns)}
    read = [c for c in there if c in columns or c.casefold() in fills]
    narrow = other.rows.select(*(quoted(c) for c in read), *sorted(own))
    typed = typed_source(narrow, other.feed.model_copy(update={"types": types, "with_": ()}))
    apart = other_names(other.rows)
    key = _key([path_apart(c, apart) for c in lookup.other])
    theirs = typed.withColumn(LOOKUP_KEY, key).where(F.col(LOOKUP_KEY).isNotNull())
    row = F.struct(*(F.col(quoted(c)).alias(name) for c, name in columns.items()), TYPES)
    mine = keyed.select(LOOKUP_KEY).distinct()
    of_mine = theirs.join(mine, on=LOOKUP_KEY, how="left_semi")
    newest = F.max_by(row, _arrival(typed, other.feed)).alias(lookup.feed)
    return of_mine.groupBy(LOOKUP_KEY).agg(newest)


def _source_names(rows: DataFrame) -> dict[str, str]:
    """The source's name of each of its columns, by that of the rows."""
    return {c: source_name(rows.schema[c]) for c in source_columns(rows)}


def _arrival(rows: DataFrame, feed: Feed) -> Column:
    """What is greatest in the newest row."""
    day = [start_of_day(F.col("_file"), feed.file_day, feed.time_zone or "UTC")] if feed.file_day else []
    batch = [F.col(BATCH_ID.name)] if BATCH_ID.name in rows.columns else []
    return F.struct(
        *day, "_known_at", *batch, in_order_of_numbers(F.col("_file")).alias("_order"), "_file", "_position"
    )


def _key(names: Sequence[str]) -> Column:
    """The values of columns as one text, by which rows of two feeds are one; NULL where one of them is empty.

    A whole number is the same as text, as a number, and as a floating number, which pandas makes of it beside empty values.
    """
    plain = [F.nullif(F.trim(plain_text(F.expr(name))), F.lit("")) for name in names]
    if len(plain) == 1:
        return plain[0]
    is_any_empty = F.greatest(*(text.isNull().cast("int") for text in plain)) == 1
    return F.when(~is_any_empty, F.concat_ws(SEPARATOR, *plain))
