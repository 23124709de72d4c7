"""What is left to read comes in slices that are the same each time, lose nothing and end."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from footfall.text.unread import next_slice, unread_texts


def frame(spark: SparkSession, count: int) -> DataFrame:
    return spark.createDataFrame([(f"id{n}", f"text {n}") for n in range(count)], "text_id string, text string")


def ids(texts: DataFrame) -> list[str]:
    return sorted(row["text_id"] for row in texts.collect())


def test_texts_that_fit_are_one_slice(spark: SparkSession) -> None:
    found = next_slice(frame(spark, 5), most=5)
    assert (ids(found.texts), found.count, found.left) == ([f"id{n}" for n in range(5)], 5, 5)
    empty = next_slice(frame(spark, 0), most=5)
    assert (ids(empty.texts), empty.count, empty.left) == ([], 0, 0)


def test_slices_take_every_text_once(spark: SparkSession) -> None:
    texts, read, sizes = frame(spark, 30), [], []
    vectors = spark.createDataFrame([], "text_id string, encoder_fingerprint string")
    while (piece := next_slice(unread_texts([texts], vectors=vectors, fingerprint="f"), most=12)).left:
        assert piece.left == 30 - len(read)
        assert ids(piece.texts) == ids(piece.texts)
        assert len(ids(piece.texts)) == piece.count
        sizes.append(piece.count)
        read += ids(piece.texts)
        vectors = spark.createDataFrame([(one, "f") for one in read], vectors.schema)
    assert sorted(read) == ids(texts)
    assert all(0 < size <= 12 for size in sizes)


def test_a_slice_holds_one_text_at_least(spark: SparkSession) -> None:
    assert next_slice(frame(spark, 4), most=1).count == 1
