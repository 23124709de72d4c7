"""Whether an expression for a time reads a wall clock as UTC, or writes an instant as a wall clock of UTC, by Spark's types. Pure."""

from __future__ import annotations

import re

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.mapping.sql_calls import Call, calls_in, literal_in, terms_in
from footfall.mapping.sql_words import tokens_in

READS_AS_UTC = (
    "reads a day or a text without a zone as UTC. For a wall clock leave it as text, or write CAST(... AS TIMESTAMP_NTZ) around "
    "it; for UTC give the text and the pattern a zone (concat(..., 'Z'), '...X'), for another zone write to_utc_timestamp(..., "
    "'Asia/Tokyo')"
)
WRITES_AS_UTC = (
    "writes an instant as a day or a text of UTC, which would be taken for one of the feed's time zone. Leave the instant as it "
    "is (timestamp_seconds(n), CAST(n AS TIMESTAMP)), write its zone too (a pattern with XXX, or a 'Z' behind it), or write "
    "from_utc_timestamp(..., 'Asia/Tokyo') around it for the wall clock of a zone"
)
# They read a text by a pattern, which may have a zone.
_BY_PATTERN = {"to_timestamp", "try_to_timestamp", "to_timestamp_ltz", "unix_timestamp", "to_unix_timestamp"}
# They put a time together of its parts, or of a day and a time of day; one argument more is a zone.
_OF_PARTS = {"make_timestamp", "try_make_timestamp", "make_timestamp_ltz", "try_make_timestamp_ltz"}
_ARGUMENTS_WITHOUT_ZONE = {2, 6}
# Where functions take a time, from 0: what has no zone becomes one of UTC there.
_TIMES = {
    "timestamp": 0, "date_trunc": 1, "timestampadd": 2, "dateadd": 2, "date_add": 2,
    "unix_seconds": 0, "unix_millis": 0, "unix_micros": 0,
}  # fmt: skip
# All arguments from this one on get one type: that of an instant, where one of them is an instant.
_ALIKE = {
    "case": 0, "coalesce": 0, "ifnull": 0, "nvl": 0, "nvl2": 1, "if": 1, "iff": 1, "greatest": 0, "least": 0, "array": 0,
    "try_add": 0, "try_subtract": 0,
}  # fmt: skip
_GIVES_WALL_CLOCK = "from_utc_timestamp"
_FROM_SECONDS = "from_unixtime"
_PARTS = {
    "year", "month", "day", "dayofmonth", "dayofyear", "hour", "minute", "second", "date_part", "datepart", "extract",
}  # fmt: skip
_CHOOSES = {"if": 1, "iff": 1, "nvl2": 1}  # their arguments before this one are conditions
_ENDS_WITH_ZONE = re.compile(
    r"(?:.*:\d{1,2}(?:\.\d*)?)?\s*[+-]\d{1,2}(?::?\d{2})?\s*|.*(?:\bZ|UTC|GMT|[A-Za-z]/[A-Za-z_]+)\s*", re.DOTALL
)
_BY_SCHEMA = {"from_json", "from_csv", "from_xml", "variant_get", "try_variant_get"}
WITHOUT_ZONE = (T.StringType, T.DateType, T.TimestampNTZType, T.VariantType)
_EPOCH_OR_ZONED = re.compile(
    r"\s*(?:1970-0?1-0?1(?:[ T]00?:00?(?::00?(?:\.0*)?)?)?|.*:\d{1,2}(?:\.\d*)?\s*[^\s\d.:].*)\s*"
)


def reads_as_utc(rows: DataFrame, sql: str) -> bool:
    """Whether the expression on rows of these columns makes an instant of something that names no zone.

    Not within to_utc_timestamp, which says the zone, nor in what ends as a text, a day or a wall clock again.
    """
    return _Instants(rows).of(sql)


def writes_as_utc(rows: DataFrame, sql: str) -> bool:
    """Whether the expression on rows of these columns makes a text, a day or a wall clock of an instant by the clock of UTC.

    Not where it writes a zone beside it, nor of what `from_utc_timestamp` has put on another zone's clock.
    """
    literals = [literal_in(token.text) or "" for token in tokens_in(sql) if token.kind == "literal"]
    if any(_ENDS_WITH_ZONE.fullmatch(text) or _is_pattern_with_zone(text) for text in literals):
        return False
    return _Instants(rows).writes(sql)


class _Instants:
    """Looks for such readings and writings in expressions on the rows; Spark gives the type of each part."""

    def __init__(self, rows: DataFrame) -> None:
        self._rows = rows

    def of(self, sql: str) -> bool:
        """Whether a part of the expression is such a reading."""
        calls, terms = calls_in(sql), terms_in(sql)
        if not calls and len(terms) == 1:
            return False
        kind = self._kind(sql)
        if not _may_be_instant(kind):
            return False
        if len(terms) > 1 and holds(kind, T.TimestampType) and any(self._lacks_zone(term) for term in terms):
            return True  # a day and hours
        return any(self._in_call(call) for call in calls)

    def writes(self, sql: str) -> bool:
        """Whether a part of an expression without a zone is an instant, written by the clock of UTC."""
        return holds(self._kind(sql), *WITHOUT_ZONE) and self._has_writing(sql)

    def _has_writing(self, sql: str) -> bool:
        return any(
            call.name == _FROM_SECONDS or any(self._is_written(argument, call) for argument in _values_of(call))
            for call in calls_in(sql)
        )

    def _is_written(self, argument: str, call: Call) -> bool:
        is_lost = call.name in _PARTS or holds(self._kind(call.sql), *WITHOUT_ZONE)
        if holds(self._kind(argument), T.TimestampType):
            return is_lost and not self.of(argument)  # what was read as UTC is a wall clock again
        return self._has_writing(argument)

    def _in_call(self, call: Call) -> bool:
        kind = self._kind(call.sql)
        if call.name == "to_utc_timestamp" or not _may_be_instant(kind):
            return False
        return self._is_reading(call, kind) or any(self.of(argument) for argument in call.arguments)

    def _is_reading(self, call: Call, kind: T.DataType | None) -> bool:
        name, arguments = call.name, call.arguments
        if name == "cast":
            wanted = self._kind(f"CAST(NULL AS {arguments[-1]})")
            return holds(wanted, T.TimestampType) and self._lacks_zone(arguments[0], unknown=True)
        if name in _BY_PATTERN:
            has_pattern = len(arguments) > 1 and _names_zone(literal_in(arguments[1]) or "")
            return bool(arguments) and not has_pattern and self._lacks_zone(arguments[0], unknown=True)
        if name in _OF_PARTS:
            return len(arguments) in _ARGUMENTS_WITHOUT_ZONE
        if name == _GIVES_WALL_CLOCK:
            return True
        if name in _BY_SCHEMA:
            return holds(kind, T.TimestampType)
        if name in _TIMES:
            return any(self._lacks_zone(argument, unknown=True) for argument in arguments[_TIMES[name] :][:1])
        if name in _ALIKE and holds(kind, T.TimestampType):
            return any(self._lacks_zone(argument) for argument in arguments[_ALIKE[name] :])
        return False

    def _lacks_zone(self, sql: str, *, unknown: bool = False) -> bool:
        """Whether the value is a text, a day or a wall clock. `unknown` is the answer where Spark cannot give its type alone."""
        if (text := literal_in(sql)) is not None:
            return not _EPOCH_OR_ZONED.fullmatch(text)
        kind = self._kind(sql)
        return unknown if kind is None else holds(kind, *WITHOUT_ZONE)

    def _kind(self, sql: str) -> T.DataType | None:
        """The type of an expression; None where it has none by itself, as within a function without a name."""
        try:
            return self._rows.select(F.expr(sql)).schema.fields[0].dataType
        except (AnalysisException, ParseException):
            return None


def _may_be_instant(kind: T.DataType | None) -> bool:
    """Whether a value of the type can become an instant without being read anew: an instant, or a number of seconds."""
    return kind is None or holds(kind, T.TimestampType, T.NumericType)


def holds(kind: T.DataType | None, *wanted: type[T.DataType]) -> bool:
    """Whether the type is one of those, or holds one in lists, maps or structs."""
    match kind:
        case T.StructType():
            return any(holds(field.dataType, *wanted) for field in kind.fields)
        case T.ArrayType():
            return holds(kind.elementType, *wanted)
        case T.MapType():
            return holds(kind.keyType, *wanted) or holds(kind.valueType, *wanted)
    return isinstance(kind, wanted)


def _values_of(call: Call) -> tuple[str, ...]:
    """The arguments that a value is made of: no conditions, and no types."""
    return call.arguments[:1] if call.name == "cast" else call.arguments[_CHOOSES.get(call.name, 0) :]


def _is_pattern_with_zone(text: str) -> bool:
    """Whether a literal looks like a pattern for times, and names a zone."""
    return bool(re.search(r"y{2,}|H{1,2}|s{2,}", text)) and _names_zone(text)


def _names_zone(pattern: str) -> bool:
    """Whether a pattern reads a zone from every text: by a letter, or by a `Z` that stands in the text as it is."""
    always = re.sub(r"\[[^\]]*\]", "", pattern)
    plain = re.findall(r"'([^']*)'", always)
    return bool(re.search(r"[VzOXxZ]", re.sub(r"'[^']*'", "", always))) or any(p in {"Z", "UTC", "GMT"} for p in plain)
