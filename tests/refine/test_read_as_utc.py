"""A wall clock of the source must not become an instant of UTC, however it is written; the right ways to write it remain."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.mapping.source import Feed
from footfall.refine.expressions import HIDES_CLOCKS, expression_faults
from footfall.refine.read_as_utc import READS_AS_UTC, WRITES_AS_UTC
from footfall.refine.values import MappedValue

COLUMNS = (
    "day string, clock string, at string, words string, n bigint, date date, ntz timestamp_ntz, utc timestamp, "
    "list array<string>, end string"
)
VALUES = (
    "'2024-05-03', '08:12:00', '2024-05-03 08:12:00', '03 May 2024 08:12', 1714738320L, DATE'2024-05-03', "
    "TIMESTAMP_NTZ'2024-05-03 08:12:00', TIMESTAMP'2024-05-03 12:12:00Z', array('2024-05-03 08:12:00'), "
    "'2024-05-03 08:12:00'"
)
REFUSED = [
    "CAST(at AS TIMESTAMP)",
    "CAST(end AS TIMESTAMP)",
    "CAST(concat(day, ' ', clock) AS TIMESTAMP)",
    "try_cast(concat_ws(' ', day, clock) AS TIMESTAMP)",
    "cast ( at as timestamp_ltz )",
    "timestamp(concat(day, ' ', clock))",
    "concat(day, ' ', clock)::timestamp",
    "(day || ' ' || clock)::timestamp",
    "CASE WHEN n > 0 THEN at END::timestamp",
    "date::timestamp",
    "day::date::timestamp",
    "list[0]::timestamp",
    "CAST(list AS ARRAY<TIMESTAMP>)[0]",
    "CAST(ntz AS TIMESTAMP)",
    "CAST(to_timestamp_ntz(at) AS TIMESTAMP)",
    "CAST(CAST(at AS DATE) AS TIMESTAMP)",
    "to_date(day) + INTERVAL '8' HOUR",
    "INTERVAL '8' HOUR + date",
    "date_trunc('minute', concat(day, ' ', clock))",
    "date_trunc('minute', ntz)",
    "timestampadd(HOUR, 1, at)",
    "dateadd(HOUR, 1, date)",
    "make_timestamp(2024, 5, 3, 8, 12, 0)",
    "try_make_timestamp(year(date), month(date), day(date), hour(at), minute(at), second(at))",
    "make_timestamp_ltz(2024, 5, 3, 8, 12, 0)",
    "timestamp_seconds(unix_timestamp(concat(day, ' ', clock)))",
    "timestamp_seconds(to_unix_timestamp(at, 'yyyy-MM-dd HH:mm:ss') + 60)",
    "timestamp_millis(unix_millis(CAST(ntz AS TIMESTAMP)))",
    "timestamp_seconds(CAST(CAST(at AS TIMESTAMP) AS BIGINT))",
    "to_timestamp(at)",
    "to_timestamp(date)",
    "to_timestamp_ltz(at)",
    "try_to_timestamp(replace(words, 'Okt', 'Oct'), 'dd MMM yyyy HH:mm')",
    "to_timestamp(at, 'yyyy-MM-dd HH:mm:ss[X]')",
    "to_timestamp(replace(at, ' ', 'T'), 'yyyy-MM-dd\\'T\\'HH:mm:ss')",
    "coalesce(utc, at)",
    "nvl(utc, ntz)",
    "greatest(utc, date)",
    "if(n > 0, utc, at)",
    "CASE WHEN n > 0 THEN utc ELSE at END",
    "CASE n WHEN 0 THEN utc ELSE CAST(at AS TIMESTAMP) END + INTERVAL '1' HOUR",
    "array_max(transform(list, x -> CAST(x AS TIMESTAMP)))",
    "from_json(concat('{\"t\": \"', at, '\"}'), 't TIMESTAMP').t",
    "from_utc_timestamp(utc, 'America/New_York')",
    "TIMESTAMP'2024-05-03 08:12:00'",
    "(((CAST(at AS TIMESTAMP))))",
]
WRITTEN = [
    "date_format(utc, 'yyyy-MM-dd HH:mm:ss')",
    "CAST(utc AS STRING)",
    "utc::string",
    "CAST(utc AS TIMESTAMP_NTZ)",
    "to_timestamp_ntz(utc)",
    "from_unixtime(n)",
    "from_unixtime(n, 'yyyy-MM-dd HH:mm:ss')",
    "substring(CAST(timestamp_seconds(n) AS STRING), 1, 19)",
    "concat(utc, '')",
    "left(utc, 19)",
    "CASE WHEN n > 0 THEN date_format(utc, 'yyyy-MM-dd HH:mm') END",
    "if(n > 0, to_char(utc, 'yyyy-MM-dd HH:mm'), at)",
    "to_date(utc)",
    "date_format(date_trunc('minute', utc), 'yyyy-MM-dd HH:mm')",
    "make_timestamp_ntz(year(utc), month(utc), day(utc), hour(utc), minute(utc), 0)",
    "concat(to_date(timestamp_seconds(n)), ' ', clock)",
    "CASE WHEN day = '2024-05-03' THEN date_format(utc, 'yyyy-MM-dd HH:mm') END",
]
RIGHT = [  # each is 08:12 of New York
    "at",
    "end",
    "concat(day, ' ', clock)",
    "concat(day, ' ', clock, ' America/New_York')",
    "concat(day, ' 12:12:00Z')",
    "CAST(CAST(at AS TIMESTAMP) AS TIMESTAMP_NTZ)",
    "at::timestamp_ntz",
    "to_timestamp_ntz(at)",
    "ntz + INTERVAL '0' HOUR",
    "CAST(date + INTERVAL '8' HOUR + INTERVAL '12' MINUTE AS TIMESTAMP_NTZ)",
    "CAST(try_to_timestamp(words, 'dd MMM yyyy HH:mm') AS TIMESTAMP_NTZ)",
    "CAST(date_trunc('minute', at) AS TIMESTAMP_NTZ)",
    "make_timestamp_ntz(2024, 5, 3, 8, 12, 0)",
    "CAST(CAST(at AS TIMESTAMP) AS STRING)",
    "date_format(utc, 'yyyy-MM-dd HH:mm:ssXXX')",
    "concat(CAST(utc AS STRING), ' UTC')",
    "from_unixtime(n) || 'Z'",
    "from_unixtime(n) || '+00:00'",
    "date_format(from_utc_timestamp(utc, 'America/New_York'), 'yyyy-MM-dd HH:mm:ss')",
    "CAST(from_utc_timestamp(timestamp_seconds(n), 'America/New_York') AS TIMESTAMP_NTZ)",
    "CASE WHEN year(utc) > 2000 AND date_format(utc, 'HH') > '00' THEN at END",
    "if(hour(utc) > 3, at, end)",
    "date_format(to_timestamp(at), 'yyyy-MM-dd HH:mm:ss')",
    "to_utc_timestamp(CAST(at AS TIMESTAMP), 'America/New_York')",
    "to_utc_timestamp(at, 'America/New_York')",
    "to_utc_timestamp(try_to_timestamp(words, 'dd MMM yyyy HH:mm'), 'America/New_York')",
    "make_timestamp(2024, 5, 3, 8, 12, 0, 'America/New_York')",
    "to_timestamp(concat(at, ' -04:00'), 'yyyy-MM-dd HH:mm:ss XXX')",
    "to_timestamp('2024-05-03T12:12:00Z', \"yyyy-MM-dd'T'HH:mm:ss'Z'\")",
    "TIMESTAMP'2024-05-03 12:12:00Z'",
    "TIMESTAMP'1970-01-01 00:00:00' + n * INTERVAL '1' SECOND",
    "timestamp_seconds(n)",
    "CAST(n AS TIMESTAMP)",
    "CAST(CAST(n AS STRING) AS BIGINT)::timestamp",
    "utc",
    "date_trunc('minute', utc)",
    "coalesce(utc, timestamp_seconds(n))",
    "CASE WHEN CAST(at AS TIMESTAMP) > TIMESTAMP'2024-01-01' AND day = '2024-05-03' THEN utc END",
    "if(to_date(day) = date, utc, NULL)",
    "map('08:12:00', utc)[clock]",
    "timestamp_seconds(unix_seconds(utc))",
]


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    """One row with a day and a clock of New York, in all the forms in which they arrive."""
    names = [column.split()[0] for column in COLUMNS.split(", ")]
    arrival = "'a.csv' AS _file, 0L AS _position, CAST(NULL AS STRING) AS _corrupt"
    values = spark.sql(f"SELECT {VALUES}, {arrival}")
    return values.toDF(*names, "_file", "_position", "_corrupt")


def _faults(rows: DataFrame, sql: str, column: str = "event_time", *, zone: str = "America/New_York") -> list[str]:
    target: dict[str, Any] = {
        "actor": {"kind": "card", "identifier": "at"},
        "columns": {"event_type": "'view'", column: sql},
    }
    target["columns"].setdefault("event_time", "utc")
    feed = Feed.model_validate({"files": "x", "time_zone": zone, "into": {"events": target}})
    return [words for _, words in expression_faults(rows, feed)]


@pytest.mark.parametrize("sql", REFUSED)
def test_what_would_count_a_wall_clock_as_utc_is_refused(rows: DataFrame, sql: str) -> None:
    assert _faults(rows, sql) == [f"`{sql}`: {READS_AS_UTC}"]


@pytest.mark.parametrize("sql", WRITTEN)
def test_what_would_write_an_instant_by_the_clock_of_utc_is_refused(rows: DataFrame, sql: str) -> None:
    assert _faults(rows, sql, zone="Asia/Tokyo") == [f"`{sql}`: {WRITES_AS_UTC}"]


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC"])
def test_a_feed_on_the_clock_of_utc_may_write_its_instants_so(rows: DataFrame, zone: str) -> None:
    assert [_faults(rows, sql, zone=zone) for sql in WRITTEN[:3]] == [[], [], []]


@pytest.mark.parametrize("sql", RIGHT)
def test_an_expression_that_says_its_zone_or_keeps_its_wall_clock_is_that_instant(rows: DataFrame, sql: str) -> None:
    assert _faults(rows, sql) == []
    yields = rows.select(F.expr(sql)).schema.fields[0].dataType
    value = MappedValue(F.expr(sql), yields, wanted=T.TimestampType(), zone="America/New_York")
    assert [row[0] for row in rows.select(value.typed.cast("string")).collect()] == ["2024-05-03 12:12:00"]


def test_what_is_no_time_is_not_looked_at(rows: DataFrame) -> None:
    assert _faults(rows, "unix_timestamp(at) - unix_timestamp(day, 'yyyy-MM-dd')", "quantity") == []


@pytest.mark.parametrize(
    ("kind", "faults"),
    [("ARRAY<TIMESTAMP>", [HIDES_CLOCKS]), ("ARRAY<TIMESTAMP_NTZ>", []), ("ARRAY<STRING>", [])],
)
@pytest.mark.parametrize("column", ["at", "list"])
def test_times_within_a_declared_list_of_text_are_left_as_text(
    rows: DataFrame, column: str, kind: str, faults: list[str]
) -> None:
    feed = Feed.model_validate(
        {"files": "x", "types": {column: kind}, "into": {"items": {"columns": {"item_id": "day"}}}}
    )
    assert [words for _, words in expression_faults(rows, feed)] == faults
