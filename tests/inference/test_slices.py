"""With several models each slice is of one of them, each content is read once by each, and all contents are looked at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.inference.slices import SettledModel, SliceReader
from footfall.inference.unread import ContentColumns
from footfall.storage.lake import Lake

COLUMNS = ContentColumns(key="image_id", content="pixels", fingerprint="model")
IMAGE = "image_id string, pixels string"
RESULT = "image_id string, model string, size int"


class Workers:
    """A model that names itself by its spec and counts characters; what is staged is in the lake."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.settled: list[str] = []
        self.stages: list[str] = []

    def settle(self, _: DataFrame, spec: str) -> SettledModel[str]:
        """As a worker would answer; each answer is noted."""
        self.settled.append(spec)
        return SettledModel(spec, f"fingerprint of {spec}", "on a CPU")

    def compute(self, rows: DataFrame, spec: str) -> DataFrame:
        """One result a row."""
        return rows.select("image_id", F.lit(f"fingerprint of {spec}").alias("model"), F.length("pixels").alias("size"))

    @contextmanager
    def stage(self, rows: DataFrame) -> Iterator[DataFrame]:
        """The lake's, and a note of each beginning and end."""
        with self.lake.staged("images", rows) as staged:
            self.stages.append("staged")
            yield staged
        self.stages.append("dropped")

    def reader(self, *specs: str) -> SliceReader[str]:
        """A reader of five rows a slice."""
        return SliceReader(
            specs=specs, rows_per_slice=5, columns=COLUMNS, settle=self.settle, compute=self.compute, stage=self.stage
        )


@pytest.fixture
def workers(lake: Lake) -> Workers:
    return Workers(lake)


def counted(images: DataFrame, file: Path) -> DataFrame:
    """The images, which write a line to the file for each row that anybody reads."""
    name = str(file)

    def noted(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            with Path(name).open("a") as lines:
                lines.writelines(f"{key}\n" for key in batch["image_id"])
            yield batch

    return images.mapInPandas(noted, IMAGE)


def test_every_model_reads_every_content_once_and_the_serving_one_first(spark: SparkSession, workers: Workers) -> None:
    images = spark.createDataFrame([(f"id{n}", "x" * n) for n in range(9)], IMAGE)
    reader = workers.reader("old", "new")
    batches: list[list[tuple[str, str, int]]] = []
    order, is_more = [], True
    while is_more:
        frames = [spark.createDataFrame(rows, RESULT) for rows in batches]
        results = reduce(DataFrame.union, frames) if frames else None
        piece = reader.next([images, images], results=results, goes_on=bool(batches))
        batches.append([tuple(row) for row in piece.results.collect()])
        piece.landed()
        assert len(batches[-1]) == piece.count <= 5
        order.append(piece.model.spec)
        is_more = piece.is_more
    assert order == sorted(order, key=["old", "new"].index)
    assert sorted(row for batch in batches for row in batch) == sorted(
        (f"id{n}", f"fingerprint of {spec}", n) for n in range(9) for spec in ("old", "new")
    )
    assert workers.settled == ["old", "new"]  # a worker is asked once for each
    assert workers.stages == ["staged", "dropped"]


def test_a_second_slice_does_not_look_at_all_contents_again(
    spark: SparkSession, workers: Workers, tmp_path: Path
) -> None:
    looked_at = tmp_path / "looked_at"
    images = counted(spark.createDataFrame([(f"id{n}", "x") for n in range(12)], IMAGE), looked_at)
    reader, lines, is_more = workers.reader("only"), [], True
    while is_more:
        piece = reader.next([images], results=None, goes_on=bool(lines))
        assert len(piece.results.collect()) == piece.count
        lines.append(len(looked_at.read_text().splitlines()))
        is_more = piece.is_more
    assert len(lines) >= 3
    assert 0 < lines[0] == lines[-1]


def test_other_contents_are_looked_at_anew(spark: SparkSession, workers: Workers) -> None:
    images = spark.createDataFrame([(f"id{n}", "x") for n in range(6)], IMAGE)
    reader = workers.reader("only")
    first = reader.next([images], results=None)
    read = spark.createDataFrame([tuple(row) for row in first.results.collect()], RESULT)
    more = images.union(spark.createDataFrame([("late", "x")], IMAGE))
    second = reader.next([more], results=read, goes_on=False)
    assert (second.count, second.is_more) == (7 - first.count, False)
    assert "late" in {row["image_id"] for row in second.results.collect()}


def test_what_is_one_slice_is_staged_only_after_a_run_that_was_cut(spark: SparkSession, workers: Workers) -> None:
    images = spark.createDataFrame([("id0", "x")], IMAGE)
    workers.reader("only").next([images], results=None).landed()
    assert workers.stages == []
    workers.reader("only").next([images], results=None, was_cut=True).landed()
    assert workers.stages == ["staged", "dropped"]


def test_where_all_is_read_there_are_no_rows_and_no_more(spark: SparkSession, workers: Workers) -> None:
    images = spark.createDataFrame([("id0", "x")], IMAGE)
    results = spark.createDataFrame([("id0", "fingerprint of only", 1)], RESULT)
    piece = workers.reader("only").next([images], results=results)
    assert (piece.results.collect(), piece.count, piece.is_more) == ([], 0, False)
