"""What is left to read comes in slices that are the same each time, lose nothing and end."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from footfall.inference.unread import ContentColumns, next_slice, unread_rows

COLUMNS = ContentColumns(key="image_id", content="pixels", fingerprint="model")


def frame(spark: SparkSession, count: int) -> DataFrame:
    return spark.createDataFrame([(f"id{n}", f"pixels {n}") for n in range(count)], "image_id string, pixels string")


def ids(rows: DataFrame) -> list[str]:
    return sorted(row["image_id"] for row in rows.collect())


def test_rows_that_fit_are_one_slice(spark: SparkSession) -> None:
    whole = next_slice(frame(spark, 5), most=5, key="image_id")
    assert (ids(whole.rows), whole.count, whole.left) == ([f"id{n}" for n in range(5)], 5, 5)
    empty = next_slice(frame(spark, 0), most=5, key="image_id")
    assert (ids(empty.rows), empty.count, empty.left) == ([], 0, 0)


def test_slices_take_every_row_once(spark: SparkSession) -> None:
    rows, read, sizes = frame(spark, 30), [], []
    results = spark.createDataFrame([], "image_id string, model string")
    while True:
        unread = unread_rows([rows], results=results, fingerprint="f", columns=COLUMNS)
        piece = next_slice(unread, most=12, key="image_id")
        if not piece.left:
            break
        assert piece.left == 30 - len(read)
        assert ids(piece.rows) == ids(piece.rows)
        assert len(ids(piece.rows)) == piece.count
        sizes.append(piece.count)
        read += ids(piece.rows)
        results = spark.createDataFrame([(image_id, "f") for image_id in read], results.schema)
    assert sorted(read) == ids(rows)
    assert all(0 < size <= 12 for size in sizes)


def test_a_slice_holds_one_row_at_least(spark: SparkSession) -> None:
    assert next_slice(frame(spark, 4), most=1, key="image_id").count == 1


def test_a_content_that_stands_in_several_sources_is_read_once_for_each_model(spark: SparkSession) -> None:
    results = spark.createDataFrame([("id0", "f"), ("id1", "g")], "image_id string, model string")
    unread = unread_rows([frame(spark, 2), frame(spark, 3)], results=results, fingerprint="f", columns=COLUMNS)
    assert sorted(map(tuple, unread.collect())) == [("id1", "pixels 1"), ("id2", "pixels 2")]
