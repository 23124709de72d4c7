"""What is left to read comes in slices that are the same each time, lose nothing and end."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from footfall.inference.unread import ContentColumns, by_bucket, rows_of, slices, unread_rows

COLUMNS = ContentColumns(key="image_id", content="pixels", fingerprint="model")


def frame(spark: SparkSession, count: int) -> DataFrame:
    return spark.createDataFrame([(f"id{n}", f"pixels {n}") for n in range(count)], "image_id string, pixels string")


def unread_by(spark: SparkSession, count: int, *, read: list[str] | None = None) -> DataFrame:
    results = spark.createDataFrame([(key, "f") for key in read or []], "image_id string, model string")
    return unread_rows([frame(spark, count)], results=results, fingerprints=["f"], columns=COLUMNS)


def ids(rows: DataFrame) -> list[str]:
    return sorted(row["image_id"] for row in rows.collect())


def test_rows_that_fit_are_one_slice(spark: SparkSession) -> None:
    unread = unread_by(spark, 5)
    (piece,) = slices(unread, models=1, most=5)
    assert (ids(rows_of(unread, piece)), piece.count) == ([f"id{n}" for n in range(5)], 5)
    assert slices(unread_by(spark, 0), models=1, most=5) == []


def test_slices_take_every_row_once(spark: SparkSession) -> None:
    unread = unread_by(spark, 30)
    pieces = slices(unread, models=1, most=12)
    read = [ids(rows_of(unread, piece)) for piece in pieces]
    assert [len(of_slice) for of_slice in read] == [piece.count for piece in pieces]
    assert all(0 < len(of_slice) <= 12 for of_slice in read)
    assert sorted(key for of_slice in read for key in of_slice) == ids(frame(spark, 30))
    assert [ids(rows_of(by_bucket(unread), piece)) for piece in pieces] == read


def test_what_is_left_after_some_slices_is_cut_as_it_was(spark: SparkSession) -> None:
    first, *rest = slices(unread_by(spark, 30), models=1, most=12)
    left = unread_by(spark, 30, read=ids(rows_of(unread_by(spark, 30), first)))
    assert slices(left, models=1, most=12) == rest


def test_a_slice_holds_one_row_at_least(spark: SparkSession) -> None:
    assert [piece.count for piece in slices(unread_by(spark, 4), models=1, most=1)] == [1, 1, 1, 1]


def test_a_content_that_stands_in_several_sources_is_read_once_for_each_model(spark: SparkSession) -> None:
    rows = [("id0", "f"), ("id0", "f"), ("id1", "g"), ("id3", "f"), ("id3", "g")]
    results = spark.createDataFrame(rows, "image_id string, model string")  # two rows of one content are one reading
    sources = [frame(spark, 2), frame(spark, 4)]
    unread = unread_rows(sources, results=results, fingerprints=["f", "g"], columns=COLUMNS)
    pieces = slices(unread, models=2, most=10)
    assert [(piece.model, piece.count) for piece in pieces] == [(0, 2), (1, 2)]
    assert [ids(rows_of(unread, piece)) for piece in pieces] == [["id1", "id2"], ["id0", "id2"]]
