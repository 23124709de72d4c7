"""Every row goes to exactly one place: valid, quarantined, duplicate or skipped."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract import Column, Layer, Rule, Table, Written
from footfall.steps import sorting
from footfall.steps.matching import mark

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
    return mark(sorting.check_rules(rows, TABLE), TABLE, existing=existing)


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


DATED = Table(
    name="orders",
    layer=Layer.REFINED,
    version=1,
    grain="one row per order",
    columns=(Column("order_id", "string", "its id"), Column("event_date", "date", "its day", required=True)),
    key=("order_id",),
)


def _orders(spark: SparkSession, *rows: tuple[str | None, date]) -> DataFrame:
    taken = datetime(2024, 3, 8, 12, tzinfo=UTC)
    whole = [(i, day, "f", "a.csv", n, None, [], taken) for n, (i, day) in enumerate(rows)]
    shape = f"order_id string, event_date date, {SHAPE.partition('int, ')[2].replace('_raw_row struct<n:int>, ', '')}"
    return sorting.check_rules(spark.createDataFrame(whole, shape), DATED)


def test_a_late_row_has_a_key_range_of_its_own(spark: SparkSession) -> None:
    rows = _orders(
        spark,
        ("B7", date(2024, 3, 8)),
        ("B9", date(2024, 3, 2)),  # six days: the same week
        ("B5", date(2024, 3, 1)),  # a week
        ("B6", date(2024, 3, 9)),  # tomorrow, by a wrong clock
        ("A1", date(2021, 1, 1)),
        ("A0", date(2019, 1, 1)),  # more than a year too
        (None, date(2024, 3, 8)),  # not sound
    )
    ranges = sorted(tuple(row) for row in sorting.key_ranges(rows, DATED, "order_id").collect())
    assert ranges == [(0, "B6", "B9"), (1, "B5", "B5"), (52, "A0", "A1")]


def test_a_key_that_comes_again_with_another_date_is_still_a_duplicate(spark: SparkSession) -> None:
    so_far = [("A1", date(2021, 1, 1)), ("A2", date(2021, 1, 2)), ("B1", date(2024, 3, 1)), ("C", date(2024, 3, 1))]
    existing = spark.createDataFrame(so_far, "order_id string, event_date date")
    rows = _orders(
        spark,
        ("A2", date(2024, 3, 8)),  # three years later
        ("B1", date(2019, 1, 1)),  # five years before
        ("B2", date(2024, 3, 8)),
        ("B2", date(2020, 3, 8)),  # again in the batch, with another date
    )
    ranges = sorting.key_ranges(rows, DATED, "order_id").collect()
    matching = sorting.that_can_match(existing, "order_id", ranges)
    assert matching is not None
    assert sorted(row["order_id"] for row in matching.collect()) == ["A2", "B1"]
    marked = mark(rows, DATED, existing=matching)
    assert [row[0] for row in marked.orderBy("_position").select("_duplicate").collect()] == [True, True, False, True]


def test_without_a_sound_row_nothing_can_match(spark: SparkSession) -> None:
    rows = _orders(spark, (None, date(2024, 3, 8)))
    existing = spark.createDataFrame([("A1", date(2021, 1, 1))], "order_id string, event_date date")
    assert sorting.that_can_match(existing, "order_id", sorting.key_ranges(rows, DATED, "order_id").collect()) is None


@pytest.mark.parametrize("has_keys_so_far", [False, True])
def test_rows_without_a_key_do_not_all_go_to_one_task(spark: SparkSession, has_keys_so_far: bool) -> None:
    existing = spark.createDataFrame([("a",)], "thing_id string") if has_keys_so_far else None
    rows = _rows(spark, *((None, 1, n, None, []) for n in range(64)), ("a", 1, 64, None, []))
    adaptive = str(spark.conf.get("spark.sql.adaptive.enabled"))
    broadcast = str(spark.conf.get("spark.sql.autoBroadcastJoinThreshold"))
    spark.conf.set("spark.sql.adaptive.enabled", "false")  # it joins the small partitions of a test
    spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    try:
        marked = _marked(rows, existing)
        tasks = {row[0] for row in marked.where("thing_id IS NULL").select(F.spark_partition_id()).collect()}
    finally:
        spark.conf.set("spark.sql.adaptive.enabled", adaptive)
        spark.conf.set("spark.sql.autoBroadcastJoinThreshold", broadcast)
    assert len(tasks) == int(str(spark.conf.get("spark.sql.shuffle.partitions")))


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
        "rows_conflict": 0,
        "rows_skipped": 1,
        "rows_waiting": 0,
        "rows_late": 0,
        "late_load": 0,
        "replaced": 0,
        "conflicts_aside": 0,
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
    valid = spark.sql(rows).withColumns({"_sound": F.lit(True), "_duplicate": F.lit(False), "_conflict": F.lit(False)})
    counts = [F.count_if(sorting.is_late_load(history, is_first=first)) for first in (True, False)]
    assert tuple(valid.agg(*counts).collect()[0]) == (2, 1)
