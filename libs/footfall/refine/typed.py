"""The rows of one feed with the types that its mapping declares; unreadable values are named, not dropped. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.contract import BATCH_ID
from footfall.contract.frames import names_of
from footfall.mapping.source import Feed
from footfall.refine import clocks
from footfall.refine.gaps import GAPS, with_gaps_filled
from footfall.refine.numbers import is_changed, plain_number, read_number
from footfall.refine.stripped import stripped
from footfall.steps.sorting import RAW_ROW
from footfall.steps.source_names import quoted
from footfall.tables.raw import ARRIVAL, CORRUPT, WAITED_ELEMENTS, WAITED_FOR, WAITS_FOR

TYPES = "_types"
OWN = {*(c.name for c in (*ARRIVAL, CORRUPT, BATCH_ID)), WAITS_FOR, WAITED_FOR, WAITED_ELEMENTS, RAW_ROW, GAPS, TYPES}


def source_columns(raw: DataFrame) -> list[str]:
    """The source's own columns of raw rows, or of typed ones."""
    return [c for c in raw.columns if c not in OWN]


def own_columns(raw: DataFrame, feed: Feed) -> list[str]:
    """The source's own columns of rows of the feed, less those of feeds that were looked up."""
    others = {lookup.feed.casefold() for lookup in feed.lookups}
    return [c for c in source_columns(raw) if c.casefold() not in others]


def typed_source(raw: DataFrame, feed: Feed) -> DataFrame:
    """The raw rows as `filled_source` gives them, with declared `types`; what cannot be read is NULL, and `_types` names the columns."""
    rows = filled_source(raw, feed)
    declared = _declared(rows, feed, feed.types)
    none = F.array().cast("array<string>")
    faults = [names_of([fault for d in declared.values() for fault in d.faults()])]
    faults += [F.col(GAPS)] if GAPS in rows.columns else []
    faults += [F.coalesce(F.col(f"{quoted(lookup.feed)}.{TYPES}"), none) for lookup in feed.lookups]
    rows = rows.withColumn(TYPES, F.concat(*faults) if len(faults) > 1 else faults[0])
    return rows.drop(GAPS).withColumns({c: d.typed for c, d in declared.items()})


def filled_source(raw: DataFrame, feed: Feed) -> DataFrame:
    """The raw rows with values stripped and empty ones filled, and the row as it arrived in `_raw_row`, a struct.

    Time stamps of a feed that says `timestamps: wall_clock` become TIMESTAMP_NTZ. Rows that came from here stay as they are, so
    that some lines of an order may go on without the others. Raises SourceError where a column to fill is not there.
    """
    if RAW_ROW in raw.columns:
        return raw
    source = own_columns(raw, feed)
    arrived = [*source, *({CORRUPT.name} & {*raw.columns})]  # a row that cannot be read is its text
    rows = stripped(raw.withColumn(RAW_ROW, F.struct(*(F.col(quoted(c)) for c in arrived))), feed, source)
    rows = _with_wall_clocks(rows, source) if feed.timestamps == "wall_clock" else rows
    return with_gaps_filled(rows, feed, source)


def with_typed_copies(rows: DataFrame, feed: Feed, copies: Mapping[str, str]) -> DataFrame:
    """The rows, raw or filled, with typed values of columns beside them: `copies` has the column by the new name."""
    rows = rows.withColumns({copy: F.col(quoted(c)) for copy, c in copies.items()})
    rows = stripped(rows, feed, [*copies])
    rows = _with_wall_clocks(rows, [*copies]) if feed.timestamps == "wall_clock" else rows
    kinds = {c.casefold(): kind for c, kind in feed.types.items()}
    types = {copy: kinds[c.casefold()] for copy, c in copies.items() if c.casefold() in kinds}
    return rows.withColumns({copy: d.typed for copy, d in _declared(rows, feed, types).items()})


def wall_clocks(kind: T.DataType) -> T.DataType:
    """The type with TIMESTAMP_NTZ in place of TIMESTAMP, within lists, maps and structs too."""
    if isinstance(kind, T.TimestampType):
        return T.TimestampNTZType()
    if isinstance(kind, T.StructType):
        return T.StructType([T.StructField(f.name, wall_clocks(f.dataType), f.nullable) for f in kind.fields])
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(wall_clocks(kind.elementType), kind.containsNull)
    if isinstance(kind, T.MapType):
        return T.MapType(wall_clocks(kind.keyType), wall_clocks(kind.valueType), kind.valueContainsNull)
    return kind


def _with_wall_clocks(rows: DataFrame, source: list[str]) -> DataFrame:
    types = {f.name: f.dataType for f in rows.schema.fields if f.name in source}
    recast = {c: F.col(quoted(c)).cast(wall_clocks(kind)) for c, kind in types.items() if wall_clocks(kind) != kind}
    return rows.withColumns(recast) if recast else rows


def _declared(rows: DataFrame, feed: Feed, types: Mapping[str, str]) -> dict[str, _Declared]:
    yields = {field.name.casefold(): field.dataType for field in rows.schema.fields}
    return {
        c: _Declared(
            c, yields.get(c.casefold(), T.StringType()), T.DataType.fromDDL(kind), feed.time_zone or "UTC", feed.decimal
        )
        for c, kind in types.items()
    }


@dataclass(frozen=True)
class _Declared:
    """A source column, the type in which it arrives, and the one that the mapping declares for it."""

    name: str
    yields: T.DataType
    wanted: T.DataType
    zone: str
    decimal: str | None

    @property
    def typed(self) -> Column:
        """The value in the declared type; NULL where it cannot be read."""
        value = F.col(quoted(self.name))
        if isinstance(self.wanted, T.NumericType):
            return read_number(self._number, yields=self.yields, wanted=self.wanted)
        if isinstance(self.yields, T.StringType):
            if isinstance(self.wanted, T.StructType):  # of what is no object from_json makes one without values
                return F.when(F.json_object_keys(value).isNotNull(), F.from_json(value, self.wanted.json()))
            if isinstance(self.wanted, T.ArrayType | T.MapType):
                return F.from_json(value, self.wanted.json())
            if isinstance(self.wanted, T.TimestampType):
                return clocks.text_instant(value, self.zone)
            if isinstance(self.wanted, T.TimestampNTZType):
                return F.from_utc_timestamp(clocks.text_instant(value, self.zone), self.zone).cast(self.wanted)
            if isinstance(self.wanted, T.DateType):
                return clocks.text_day(value, self.zone)
        return value.try_cast(self.wanted)

    @property
    def _number(self) -> Column:
        """What is read as a number."""
        value = F.col(quoted(self.name))
        is_text = isinstance(self.yields, T.StringType)
        return plain_number(value, self.decimal) if self.decimal and is_text else value

    def faults(self) -> list[Column]:
        """Names of the rules that the value breaks, each or NULL."""
        value = F.col(quoted(self.name))
        faults: list[Column] = []
        unreadable = value.isNotNull() & (F.trim(value.cast("string")) != "") & self.typed.isNull()
        if isinstance(self.yields, T.StringType) and isinstance(
            self.wanted, T.TimestampType | T.TimestampNTZType | T.DateType
        ):
            ambiguous = clocks.names_ambiguous_zone(value)
            faults.append(F.when(ambiguous, F.lit(f"{self.name}_zone_ambiguous")))
            unreadable &= ~ambiguous
        if isinstance(self.wanted, T.NumericType):
            changed = is_changed(self._number, self.typed, yields=self.yields, wanted=self.wanted)
            faults += [] if changed is None else [F.when(changed, F.lit(f"{self.name}_changed_by_type"))]
        return [F.when(unreadable, F.lit(f"{self.name}_unreadable")), *faults]
