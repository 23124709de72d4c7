"""What identifies the rows of a table by the mappings that fill it, and in which columns rows with one key are compared. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.contract import Table, Written
from footfall.mapping.elements import source_sql
from footfall.mapping.json_paths import without_json_paths
from footfall.mapping.lines import LINE_NUMBER, is_numbered
from footfall.mapping.source import Feed, Target
from footfall.refine.numbers import plain_text
from footfall.steps.line_keys import LINE, LINE_KEY, SOURCE_KEY, LineKey, Matching

ORDERED_BY = ("item_id", "quantity", "amount")  # new lines are numbered by them where nothing else says how


def matching_of(feeds: Mapping[str, Feed], table: Table) -> Matching:
    """How rows of the table are matched that come from these feeds, which have names of their own."""
    targets = {name: feed.into[table.name] for name, feed in feeds.items()}
    modes = {
        mode: tuple(n for n, t in targets.items() if t.on_conflict == mode) for mode in ("keep_latest", "quarantine")
    }
    latest, aside = modes["keep_latest"], modes["quarantine"]
    keyed = tuple(name for name, target in targets.items() if LINE_NUMBER in target.columns)
    if not is_numbered(table) or len(keyed) == len(targets):
        content = _content(targets, table) if _can_conflict(targets, table) else ()
        return Matching(table.key, content=content, latest=latest, aside=aside)
    keys = list(dict.fromkeys(line_key_of(target, table) for target in targets.values()))
    orders = {_order_by(target, table) for target in targets.values()}
    is_whole = not keyed and all(is_whole_line(target, table) for target in targets.values())
    order_by = orders.pop() if len(keys) == len(orders) == 1 else ()
    content = () if is_whole else _content(targets, table)
    return Matching(
        table.key[:-1],
        line_keys=tuple(keys),
        number=LINE_NUMBER,
        order_by=order_by,
        then_by=tuple(c for c in ORDERED_BY if order_by and c in content and c not in keys[0].columns),
        content=content,
        keyed=keyed,
        latest=latest,
        aside=aside,
        in_place=tuple(name for name, feed in feeds.items() if feed.delta is not None),
    )


def is_whole_line(target: Target, table: Table) -> bool:
    """Whether nothing but all of its content identifies a line, so that a corrected one is another line."""
    return is_numbered(table) and not target.line_key and LINE_NUMBER not in target.columns


def line_key_of(target: Target, table: Table) -> LineKey:
    """What identifies a line of a table of numbered lines within the rest of the key."""
    if LINE_NUMBER in target.columns:
        return LineKey((LINE_NUMBER,))
    if not target.line_key:
        return LineKey(tuple(sorted(_mapped(target, table))))
    plain = {without_json_paths(sql).strip().strip("`"): column for column, sql in target.columns.items()}
    names = {name: name if name in target.columns else plain.get(name.strip("`")) for name in target.line_key}
    sources = tuple(name for name, column in names.items() if column is None)
    return LineKey(tuple(column for column in names.values() if column is not None), sources)


def source_key(target: Target, table: Table, feed: Feed) -> list[Column]:
    """`_source_key`, a hash of the source's columns that identify a line; none where there are none."""
    names = line_key_of(target, table).source if is_numbered(table) else ()
    texts = [F.coalesce(F.trim(plain_text(F.expr(source_sql(feed, target, name)))), F.lit("")) for name in names]
    return [F.xxhash64(*texts).alias(SOURCE_KEY)] if texts else []


def with_line_key(rows: DataFrame, target: Target, table: Table) -> DataFrame:
    """The rows of a table of numbered lines with `_line` and `line_key`; the number is NULL where the mapping gives none."""
    key = line_key_of(target, table)
    columns = {LINE: key.hashed()}
    if LINE_KEY in table.column_names:
        columns[LINE_KEY] = F.col(LINE) if key.source else F.lit(None).cast("bigint")
    numbered = rows if LINE_NUMBER in target.columns else rows.withColumn(LINE_NUMBER, F.lit(None).cast("int"))
    for name, column in columns.items():
        numbered = numbered.withColumn(name, column)
    return numbered.drop(SOURCE_KEY)


def _order_by(target: Target, table: Table) -> tuple[str, ...]:
    """Columns by which new lines are numbered: such as are the same for all lines with one key, so that one sort does for both."""
    key = line_key_of(target, table)
    if target.line_key:
        return () if key.source else key.columns
    return tuple(c for c in (target.number.order_by if target.number else ORDERED_BY) if c in key.columns)


def _can_conflict(targets: Mapping[str, Target], table: Table) -> bool:
    """Whether a key can come again with other content: not where it is a hash of the row, nor where the table is made anew."""
    has_key = any({*table.key} <= {*t.columns, "actor_id", "text_id"} for t in targets.values())
    return has_key and table.written is Written.APPEND


def _content(targets: Mapping[str, Target], table: Table) -> tuple[str, ...]:
    """The columns that any of the mappings fills, in the table's order and less its key."""
    columns = {column for target in targets.values() for column in _mapped(target, table)}
    return tuple(c for c in table.column_names if c in columns and c not in table.key)


def _mapped(target: Target, table: Table) -> set[str]:
    """The columns that the mapping fills, less what the lines are in; of a text its hash, which is shorter."""
    columns = {*target.columns, *(("actor_id",) if target.actor else ())} - {*table.key[:-1]}
    return columns - {"text"} | {"text_id"} if "text" in columns and "text_id" in table.column_names else columns
