"""Every row goes to exactly one place: valid, quarantined, duplicate or skipped."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract import Column, Layer, Rule, Table, Written
from footfall.steps import sorting

TABLE = Table(
    name="things",
    layer=Layer.REFINED,
    version=1,
    grain="one row per thing",
    columns=(
        Column("thing_id", "string", "its id"),
        Column("weight_g", "int", "its weight", unit="g", required=True),
    ),
    key=("thing_id",),
    rules=(Rule("weight_positive", "weight_g > 0"),),
)
SHAPE = (
    "thing_id string, weight_g int, _feed string, _file string, _position long, "
    "_skipped string, _unreadable array<string>, _raw_row struct<n:int>, _taken_at timestamp"
)


def _rows(spark: SparkSession, *rows: tuple[str | None, int | None, int, str | None, list[str]]) -> DataFrame:
    whole = [(i, w, "f", "a.csv", p, held, unread, (None,), None) for i, w, p, held, unread in rows]
    return spark.createDataFrame(whole, SHAPE)


def _marked(rows: DataFrame, existing: DataFrame | None = None) -> DataFrame:
    return sorting.mark(sorting.check_rules(rows, TABLE), TABLE, existing=existing)


def _outcomes(marked: DataFrame) -> dict[int, str]:
    outcome = (
        F.when(F.col("_skipped").isNotNull(), "skipped")
        .when(~F.col("_sound"), F.array_join(sorting.reasons(TABLE), "+"))
        .when(F.col("_duplicate"), "duplicate")
        .otherwise("valid")
    )
    return {row["_position"]: row["o"] for row in marked.select("_position", outcome.alias("o")).collect()}


def test_each_row_has_one_outcome(spark: SparkSession) -> None:
    rows = _rows(
        spark,
        ("a", 1, 0, None, []),
        ("a", 2, 1, None, []),  # the key again
        ("b", 0, 2, None, []),  # breaks a rule
        ("b", 5, 3, None, []),  # so this is the first sound b
        (None, 1, 4, None, []),  # no key
        ("c", None, 5, None, ["weight_g_unreadable"]),
        ("d", -1, 6, "sample", []),  # skipped, hence not checked
    )
    assert _outcomes(_marked(rows)) == {
        0: "valid",
        1: "duplicate",
        2: "weight_positive",
        3: "valid",
        4: "thing_id_required",
        5: "weight_g_required+weight_g_unreadable",
        6: "skipped",
    }


def test_a_key_that_the_table_has_is_a_duplicate(spark: SparkSession) -> None:
    existing = spark.createDataFrame([("a", 1, 1)], "thing_id string, weight_g int, batch_id long")
    rows = _rows(spark, ("a", 1, 0, None, []), ("b", 1, 1, None, []), ("a", 0, 2, None, []))
    assert _outcomes(_marked(rows, existing)) == {0: "duplicate", 1: "valid", 2: "weight_positive"}


def test_the_tallies_balance_and_give_reasons(spark: SparkSession) -> None:
    rows = _rows(spark, ("a", 1, 0, None, []), ("a", 1, 1, None, []), ("b", 0, 2, None, []), ("c", 1, 3, "sample", []))
    marked = _marked(rows)
    tally = marked.agg(*sorting.tallies(TABLE, {"f": ["sample", "test_order"], "g": []}, is_first=True)).first()
    assert tally is not None
    assert tally["f"].asDict() == {
        "rows_read": 4,
        "rows_valid": 1,
        "rows_quarantined": 1,
        "rows_duplicate": 1,
        "rows_skipped": 1,
        "rows_late": 0,
        "late_load": 0,
        "reason:sample": 1,
        "reason:test_order": 0,
    }
    assert tally["g"]["rows_read"] == 0


def test_versions_close_when_the_next_begins(spark: SparkSession) -> None:
    history = Table(
        name="prices",
        layer=Layer.REFINED,
        version=1,
        grain="one row per item and price",
        columns=(
            Column("item_id", "string", "item"),
            Column("valid_from", "int", "from"),
            Column("valid_to", "int", "to"),
        ),
        key=("item_id", "valid_from"),
        written=Written.REPLACE,
    )
    frame = spark.createDataFrame(
        [("a", 5, None), ("a", 1, None), ("b", 2, None)], "item_id string, valid_from int, valid_to int"
    )
    closed = sorting.close_intervals(frame, history)
    assert sorted((r["item_id"], r["valid_from"], r["valid_to"]) for r in closed.collect()) == [
        ("a", 1, 5),
        ("a", 5, None),
        ("b", 2, None),
    ]


def test_the_places_of_broken_rows_narrow_what_is_set_aside(spark: SparkSession) -> None:
    rows = _rows(spark, ("a", 1, 0, None, []), ("b", 0, 1, None, []), ("c", 1, 2, "sample", []), (None, 1, 3, None, []))
    checked = sorting.check_rules(rows, TABLE)
    aside = sorting.quarantined(checked, TABLE)
    places = _marked(rows).agg(sorting.places_of_broken()).first()[0]  # type: ignore[index]
    assert [(p["file"], p["position"]) for p in places] == [("a.csv", 1), ("a.csv", 3)]
    assert [r["position"] for r in sorting.among(aside, places).collect()] == [1, 3]
    assert [r["position"] for r in sorting.among(aside, places[:1]).collect()] == [1]


def test_too_many_places_narrow_nothing(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "MOST_PLACES", 1)
    rows = _rows(spark, ("a", 0, 0, None, []), ("b", 0, 1, None, []))
    places = _marked(rows).agg(sorting.places_of_broken()).first()[0]  # type: ignore[index]
    assert len(places) == 1
    assert sorting.among(sorting.quarantined(sorting.check_rules(rows, TABLE), TABLE), places).count() == 2


def test_rows_that_hold_since_ever_are_a_late_load_only_the_first_time(spark: SparkSession) -> None:
    columns = (
        Column("id", "int", "it"),
        Column("valid_from", "timestamp", "from"),
        Column("known_at", "timestamp", "when"),
    )
    history = Table("things", Layer.REFINED, 1, "one row per thing and version", columns, ("id", "valid_from"))
    taken = "TIMESTAMP'2024-03-09'"
    starts = ("TIMESTAMP'1970-01-01'", "TIMESTAMP'2024-03-01'", "TIMESTAMP'2024-03-02'")
    rows = " UNION ALL ".join(f"SELECT 1 AS id, {start} AS valid_from, {taken} AS known_at" for start in starts)
    valid = spark.sql(rows).withColumns({"_sound": F.lit(True), "_duplicate": F.lit(False)})
    counts = [F.count_if(sorting.is_late_load(history, is_first=first)) for first in (True, False)]
    assert tuple(valid.agg(*counts).collect()[0]) == (2, 1)
