"""A place is one number that sorts: of a row its position, of an element both the document's position and its own number."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.steps.places import element_of, place_of, position_of

LAST = 2**39 - 1, 2**24 - 1  # the last position and the last element that fit


def test_position_and_element_come_back_and_sort_as_they_stand(spark: SparkSession) -> None:
    places = [(0, 1), (0, 2), (3, 1), (3, 2**24 - 1), (4, 1), LAST]
    rows = [(position, element) for position, element in reversed(places)] + [(0, None), (7, None)]
    placed = spark.createDataFrame(rows, "position bigint, element int")
    placed = placed.withColumn("place", place_of(F.col("position"), F.col("element")))
    back = placed.orderBy("place").select(position_of(F.col("place")), element_of(F.col("place")))
    assert [tuple(row) for row in back.collect()] == [*places, (0, 0), (7, 0)]
    alone = placed.where("element IS NULL").orderBy("place").select("place")
    assert [row["place"] for row in alone.collect()] == [0, 7]
