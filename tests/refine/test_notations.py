"""Numbers and texts as a source writes them: decimal commas, groups of digits, blanks and signs around values."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.errors import SettingsError
from footfall.mapping.source import Feed
from footfall.refine.expressions import IS_A_SPAN, expression_faults
from footfall.refine.numbers import plain_number, plain_text
from footfall.refine.typed import typed_source

INTO = {"items": {"columns": {"item_id": "v"}}}
NUMBERS = {
    "1.234,50": "1234.50",
    "1.234.567,891": "1234567.891",
    "5,00": "5.00",
    " -5,00\t": " -5.00\t",
    "+7": "+7",
    "1234,5": "1234.5",
    "1.234": "1234",
    "5.00": None,
    "1.23,4": None,
    "1,2,3": None,
    "12.3456,0": None,
    ",5": None,
    "": None,
}


def test_a_decimal_comma_and_points_between_groups_of_three(spark: SparkSession) -> None:
    rows = spark.createDataFrame(list(enumerate(NUMBERS)), "n int, v string").orderBy("n")
    assert [row[0] for row in rows.select(plain_number(F.col("v"), ",")).collect()] == list(NUMBERS.values())
    swapped = rows.select(F.translate("v", ",.", ".,").alias("v"))
    assert [row[0] for row in swapped.select(plain_number(F.col("v"), ".")).collect()] == list(NUMBERS.values())


@pytest.mark.parametrize("kind", ["DOUBLE", "FLOAT"])
def test_numbers_as_java_writes_them_in_code_are_unreadable(spark: SparkSession, kind: str) -> None:
    wanted = {
        "5d": None, "5.F": None, " 1e3D ": None, "0x1p3": None, "-0X1.8P1": None, "5": 5.0, "-.5": -0.5, "2.": 2.0,
        "1E3": 1000.0, "Infinity": float("inf"), "-inf": float("-inf"),
    }  # fmt: skip
    raw = spark.createDataFrame(list(enumerate(wanted)), "_position int, v string")
    feed = Feed.model_validate({"files": "x", "format": "csv", "types": {"v": kind}, "into": INTO})
    rows = typed_source(raw, feed).orderBy("_position").collect()
    assert [(row["v"], row["_types"]) for row in rows] == [
        (value, [] if value is not None else ["v_unreadable"]) for value in wanted.values()
    ]


@pytest.mark.parametrize("kind", ["INTERVAL DAY", "INTERVAL YEAR TO MONTH", "ARRAY<INTERVAL SECOND>"])
def test_a_span_of_time_is_refused_as_the_type_of_a_column(spark: SparkSession, kind: str) -> None:
    raw = spark.createDataFrame([], "_file string, _position int, _corrupt string, v string")
    feed = Feed.model_validate({"files": "x", "format": "csv", "types": {"v": kind}, "into": INTO})
    words = f"{IS_A_SPAN}; declare the number that the files hold, such as BIGINT"
    assert expression_faults(raw, feed) == [(("types", "v"), words)]


@pytest.mark.parametrize("sql", ["INTERVAL '5' DAY", "CAST(v AS INTERVAL DAY)", "b - a", "make_interval(1)"])
def test_a_span_of_time_is_refused_where_a_number_is_wanted(spark: SparkSession, sql: str) -> None:
    raw = spark.createDataFrame([], "_file string, _position int, _corrupt string, v string, a timestamp, b timestamp")
    columns = {"item_id": "v", "cost": sql}
    feed = Feed.model_validate({"files": "x", "into": {"item_costs": {"columns": columns}}})
    words = f"`{sql}`: {IS_A_SPAN}; write the number, such as timestampdiff(SECOND, ..., ...)"
    assert expression_faults(raw, feed) == [(("into", "item_costs", "columns", "cost"), words)]


def test_a_floating_number_without_decimals_is_the_text_of_a_whole_one(spark: SparkSession) -> None:
    values = "17.0D, 1.0E15D, -3.0D, 17.5D, 1.0E300D, double('NaN'), CAST(NULL AS DOUBLE)"
    texts = [row[0] for row in spark.sql(f"SELECT explode(array({values})) v").select(plain_text(F.col("v"))).collect()]
    assert texts == ["17", "1000000000000000", "-3", "17.5", "1.0E300", "NaN", None]
    others = spark.sql("SELECT '17.0' AS a, 17.0BD AS b, 17 AS c, DATE'2024-05-03' AS d, true AS e")
    row = others.select(*(plain_text(F.col(c)) for c in others.columns)).first()
    assert tuple(row or ()) == ("17.0", "17.0", "17", "2024-05-03", "true")


def test_what_stands_around_values_of_csv_is_taken_off_and_the_row_stays_as_it_arrived(spark: SparkSession) -> None:
    raw = spark.createDataFrame([(" `\t1,5` ", '="000123"', " `")], "`v.w` string, x string, y string")
    keys = {"strip": '`="', "decimal": ",", "types": {"v.w": "DECIMAL(18, 4)"}, "into": INTO}
    feed = Feed.model_validate({"files": "x", "format": "csv", **keys})
    row = typed_source(raw, feed).first()
    assert row is not None
    assert (row["v.w"], row["x"], row["y"], row["_types"]) == (Decimal("1.5000"), "000123", None, [])
    assert tuple(row["_raw_row"]) == (" `\t1,5` ", '="000123"', " `")


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"format": "json", "header_line": 2}, "header_line: is for CSV with a header"),
        ({"format": "csv", "options": {"header": "false"}, "header_line": 2}, "is for CSV with a header"),
        ({"format": "csv", "strip": "-`"}, "letters, digits, \\+ and - belong to values"),
        ({"format": "json", "decimal": ","}, "numbers of JSON have a point"),
    ],
)
def test_where_such_a_key_makes_no_sense_it_is_refused(keys: dict[str, object], fault: str) -> None:
    with pytest.raises((SettingsError, ValueError), match=fault.rpartition(": ")[2]):
        Feed.model_validate({"files": "x", "into": INTO, **keys})
