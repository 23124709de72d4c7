"""With several models each slice is of one of them: those that serve come first, and each content is read once by each."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.inference.slices import SettledModel, SliceReader
from footfall.inference.unread import ContentColumns

COLUMNS = ContentColumns(key="image_id", content="pixels", fingerprint="model")
RESULT = "image_id string, model string, size int"


class Workers:
    """A model that names itself by its spec and counts characters."""

    def __init__(self) -> None:
        self.settled: list[str] = []

    def settle(self, _: DataFrame, spec: str) -> SettledModel[str]:
        """As a worker would answer; each answer is noted."""
        self.settled.append(spec)
        return SettledModel(spec, f"fingerprint of {spec}", "on a CPU")

    def compute(self, rows: DataFrame, spec: str) -> DataFrame:
        """One result a row."""
        return rows.select("image_id", F.lit(f"fingerprint of {spec}").alias("model"), F.length("pixels").alias("size"))


def reader(workers: Workers, *specs: str) -> SliceReader[str]:
    return SliceReader(specs=specs, rows_per_slice=5, columns=COLUMNS, settle=workers.settle, compute=workers.compute)


def test_every_model_reads_every_content_once_and_the_serving_one_first(spark: SparkSession) -> None:
    images = spark.createDataFrame([(f"id{n}", "x" * n) for n in range(9)], "image_id string, pixels string")
    workers = Workers()
    slices = reader(workers, "old", "new")
    batches: list[list[tuple[str, str, int]]] = []
    order, is_more = [], True
    while is_more:
        frames = [spark.createDataFrame(rows, RESULT) for rows in batches]
        piece = slices.next([images, images], results=reduce(DataFrame.union, frames) if frames else None)
        batches.append([tuple(row) for row in piece.results.collect()])
        assert len(batches[-1]) == piece.count <= 5
        order.append(piece.model.spec)
        is_more = piece.is_more
    assert order == sorted(order, key=["old", "new"].index)
    assert sorted(row for batch in batches for row in batch) == sorted(
        (f"id{n}", f"fingerprint of {spec}", n) for n in range(9) for spec in ("old", "new")
    )
    assert workers.settled == ["old", "new"]  # a worker is asked once for each


def test_where_all_is_read_there_are_no_rows_and_no_more(spark: SparkSession) -> None:
    images = spark.createDataFrame([("id0", "x")], "image_id string, pixels string")
    results = spark.createDataFrame([("id0", "fingerprint of only", 1)], RESULT)
    piece = reader(Workers(), "only").next([images], results=results)
    assert (piece.results.collect(), piece.count, piece.is_more) == ([], 0, False)
