"""Every row goes to exactly one place: valid, quarantined, duplicate or withheld."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall import sorting
from footfall.contract import Column, Layer, Rule, Table, Written

TABLE = Table(
    name="things",
    layer=Layer.REFINED,
    version=1,
    grain="one row per thing",
    columns=(
        Column("thing_id", T.StringType(), "its id"),
        Column("weight_g", T.IntegerType(), "its weight", unit="g", required=True),
    ),
    key=("thing_id",),
    rules=(Rule("weight_positive", "weight_g > 0"),),
)
SHAPE = (
    "thing_id string, weight_g int, _feed string, _file string, _position long, "
    "_withheld string, _unreadable array<string>, _raw_row string, _taken_at timestamp"
)


def _rows(spark: SparkSession, *rows: tuple[str | None, int | None, int, str | None, list[str]]) -> DataFrame:
    whole = [(i, w, "f", "a.csv", p, held, unread, "{}", None) for i, w, p, held, unread in rows]
    return spark.createDataFrame(whole, SHAPE)


def _outcomes(marked: DataFrame) -> dict[int, str]:
    outcome = (
        F.when(F.col("_withheld").isNotNull(), "withheld")
        .when(F.size("_faults") > 0, F.array_join("_faults", "+"))
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
        ("d", -1, 6, "sample", []),  # left out, hence not judged
    )
    assert _outcomes(sorting.mark(rows, TABLE, existing=None)) == {
        0: "valid",
        1: "duplicate",
        2: "weight_positive",
        3: "valid",
        4: "thing_id_required",
        5: "weight_g_unreadable+weight_g_required",
        6: "withheld",
    }


def test_a_key_that_the_table_has_is_a_duplicate(spark: SparkSession) -> None:
    existing = spark.createDataFrame([("a", 1, 1)], "thing_id string, weight_g int, batch_id long")
    rows = _rows(spark, ("a", 1, 0, None, []), ("b", 1, 1, None, []), ("a", 0, 2, None, []))
    assert _outcomes(sorting.mark(rows, TABLE, existing=existing)) == {0: "duplicate", 1: "valid", 2: "weight_positive"}


def test_the_tallies_balance_and_give_reasons(spark: SparkSession) -> None:
    rows = _rows(spark, ("a", 1, 0, None, []), ("a", 1, 1, None, []), ("b", 0, 2, None, []), ("c", 1, 3, "sample", []))
    marked = sorting.mark(rows, TABLE, existing=None)
    tally = marked.agg(*sorting.tallies(TABLE, {"f": ["sample", "test_order"], "g": []})).first()
    assert tally is not None
    assert tally["f"].asDict() == {
        "rows_read": 4,
        "rows_valid": 1,
        "rows_quarantined": 1,
        "rows_duplicate": 1,
        "rows_withheld": 1,
        "rows_late": 0,
        "why:sample": 1,
        "why:test_order": 0,
    }
    assert tally["g"]["rows_read"] == 0


def test_versions_close_when_the_next_begins(spark: SparkSession) -> None:
    history = Table(
        name="prices",
        layer=Layer.REFINED,
        version=1,
        grain="one row per item and price",
        columns=(
            Column("item_id", T.StringType(), "item"),
            Column("valid_from", T.IntegerType(), "from"),
            Column("valid_to", T.IntegerType(), "to"),
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
