"""Dirt of the imagined shop: as much as is stated, of the kind that is stated, and no clean row is touched."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.simulation.dirt import (
    ANYWHERE,
    CONFLICT,
    KEYS,
    KINDS_OF_DIRT,
    NOBODY,
    QUARANTINE,
    REDELIVERY,
    REPAIRED,
    dirty_rows,
    with_dirt,
)
from footfall.simulation.plan import SimulationPlan

PLAN = SimulationPlan(people=10, items=60, days=5, seed=1, start=date(2024, 1, 1), dirt=20.0)
LINES = 20_000
WEB = [kind for kind in KINDS_OF_DIRT if kind.name.startswith("web: ")]


def test_there_are_many_kinds_and_each_says_where_its_rows_end() -> None:
    assert len(KINDS_OF_DIRT) >= 30
    assert len({kind.name for kind in KINDS_OF_DIRT}) == len(KINDS_OF_DIRT)
    assert {kind.end for kind in KINDS_OF_DIRT} == {QUARANTINE, REDELIVERY, CONFLICT, NOBODY, REPAIRED, ANYWHERE}
    assert {kind.feed for kind in KINDS_OF_DIRT} == set(KEYS)
    assert all(bool(kind.rule) == (kind.end == QUARANTINE) for kind in KINDS_OF_DIRT)
    assert all(kind.is_copy == (kind.end in {REDELIVERY, CONFLICT}) for kind in KINDS_OF_DIRT)


@pytest.fixture(scope="module")
def soiled(spark: SparkSession) -> list[dict[str, Any]]:
    """Lines of the web, each a view with a total, so that every kind fits; `clean` is the line as it was."""
    line = F.to_json(F.struct(
        F.concat(F.lit("e"), F.lpad(F.col("id").cast("string"), 16, "0")).alias("event_id"), F.col("time").alias("at"),
        F.lit("view").alias("event"), F.lit("v1").alias("visitor_id"), F.lit("C1").alias("customer_id"),
        F.lit("I000030").alias("item_id"), F.lit(17162).alias("dwell_ms"), F.lit(9.5).alias("order_total"),
    ))  # fmt: skip
    rows = spark.range(LINES).select("id", F.lit("2024-01-05T13:29:36Z").cast("timestamp").alias("time"))
    lines = rows.select(line.alias("value"), "time", F.format_string("%05d", "id").alias("order"), F.lit("web").alias("channel"),
                        F.lit("2024-01-05").alias("day"), line.alias("clean"))  # fmt: skip
    binary = with_dirt(PLAN, "events", lines).withColumn("value", F.col("value").cast("binary"))
    return [row.asDict() for row in binary.collect()]


def test_no_clean_row_is_touched_and_none_is_lost(soiled: list[dict[str, Any]]) -> None:
    clean = [row for row in soiled if row["dirt"] is None]
    assert all(bytes(row["value"]).decode() == row["clean"] and row["day"] == "2024-01-05" for row in clean)
    copies = [row for row in soiled if row["dirt"] in {kind.name for kind in WEB if kind.is_copy}]
    assert len(soiled) - len(copies) == LINES
    assert {row["day"] for row in copies} == {"2024-01-06"}


def test_each_kind_has_its_share(soiled: list[dict[str, Any]]) -> None:
    """Within four standard errors of 300 in a million, twenty times."""
    counts = Counter(row["dirt"] for row in soiled)
    expected = LINES * 300e-6 * PLAN.dirt
    assert {kind.name: abs(counts[kind.name] - expected) < 4 * expected**0.5 for kind in WEB} == {
        kind.name: True for kind in WEB
    }


def test_dirty_lines_are_what_their_kind_says(soiled: list[dict[str, Any]]) -> None:
    line = {row["dirt"]: bytes(row["value"]) for row in soiled if row["dirt"]}
    value = {name: json.loads(text) for name, text in line.items() if _is_json(text)}
    unreadable = {"web: line cut off", "web: no JSON at all", "web: bytes that are no text"}
    assert line.keys() - value.keys() - {"web: bytes by chance"} == unreadable
    assert b'"item_id":"\xff\xfe000030"' in line["web: bytes that are no text"]
    assert value["web: unknown event"]["event"] == "scrolled"
    assert value["web: time in words"]["at"] == "yesterday"
    assert value["web: no time"]["at"] is None
    assert value["web: dwell less than none"]["dwell_ms"] == -5
    assert value["web: total that is no number"]["order_total"] == "NaN"
    assert "customer_id" not in value["web: nobody in words"]
    assert value["web: nobody in words"]["visitor_id"] == "undefined"
    assert value["web: nobody named"]["visitor_id"] is None
    assert value["web: time with an offset"]["at"] == "2024-01-05T15:29:36.000+02:00"
    assert datetime.fromisoformat(value["web: time with an offset"]["at"]) == datetime.fromisoformat(
        "2024-01-05T13:29:36+00:00"
    )
    assert isinstance(value["web: a list on the line"], list)
    assert value["web: a field that nobody knows"]["lab"] == "b"
    assert value["web: sent again and other"]["dwell_ms"] == 1


def test_bytes_by_chance_leave_the_number_of_the_event(soiled: list[dict[str, Any]]) -> None:
    rows = [row for row in soiled if row["dirt"] == "web: bytes by chance"]
    assert all(bytes(row["value"])[:33].decode() == row["clean"][:33] for row in rows)
    assert any(not _is_json(bytes(row["value"])) for row in rows)
    assert all(bytes(row["value"]).decode() != row["clean"] for row in rows)


def test_the_truth_names_each_dirty_row_once_with_its_end(spark: SparkSession, soiled: list[dict[str, Any]]) -> None:
    keyed = [(row["day"], row["dirt_key"], row["dirt"], row["own_day"]) for row in soiled]
    columns = "day string, dirt_key string, dirt string, own_day string"
    truth = dirty_rows("events", spark.createDataFrame(keyed, columns)).collect()
    assert len(truth) == sum(1 for row in soiled if row["dirt"])
    ends = {row["kind"]: (row["end"], row["rule"]) for row in truth}
    assert ends["web: line cut off"] == ("quarantine", "row_unreadable")
    assert ends["web: a list on the line"] == ("repaired", None)
    late = {row["kind"]: (row["own_day"], row["day"]) for row in truth if row["own_day"] != row["day"]}
    assert late["web: late by three days"] == ("2024-01-05", "2024-01-08")
    assert late["web: sent again a day later"] == ("2024-01-05", "2024-01-06")


def test_of_some_days_the_whole_file_comes_again_beside_it(spark: SparkSession) -> None:
    """Two payments a day of 60 days: of a day either both come again or none does."""
    rows = spark.range(120).select(
        F.format_string("P%03d", "id").alias("payment_id"), F.lit("captured").alias("status"),
        F.expr("CAST(date_add(DATE'2024-01-01', CAST(id DIV 2 AS INT)) AS STRING)").alias("day"),
    )  # fmt: skip
    name = "payment: the day's file again"
    soiled = with_dirt(PLAN, "payments", rows)
    again = [row for row in soiled.collect() if row["dirt"] == name]
    per_day = Counter(row["own_day"] for row in again)
    by_itself = {row["own_day"] for row in soiled.collect() if row["dirt"] not in {None, name}}
    assert {count for day, count in per_day.items() if day not in by_itself} == {2}
    assert 60 * 0.2 < len(per_day) < 60 * 0.6
    assert all(row["day"] == f"{row['own_day']}-again" for row in again)
    kept = with_dirt(PLAN, "payments", rows, dirty_only=True).where("dirt IS NOT NULL")
    assert kept.exceptAll(soiled.where("dirt IS NOT NULL")).count() == 0
    assert soiled.where("dirt IS NOT NULL").exceptAll(kept).count() == 0


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
