"""Which rows of raw.quarantine a replay reads again."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from footfall.steps.replay import Replay

ROWS = [
    ("under the rule", "events", ["other", "rule"], "2024-05-03 00:00:00"),
    ("under another", "events", ["other"], "2024-05-04 00:00:00"),
    ("taken before", "events", ["rule"], "2024-05-02 23:59:59"),
    ("of another table", "reviews", ["rule"], "2024-05-03 00:00:00"),
    ("a quote in it", "events", ["it's"], "2024-05-03 00:00:00"),
]


@pytest.mark.parametrize(
    ("replay", "names"),
    [
        (Replay("events"), {"under the rule", "under another", "taken before", "a quote in it"}),
        (Replay("events", ("rule",)), {"under the rule", "taken before"}),
        (Replay("events", ("it's", "rule"), "2024-05-03 00:00:00"), {"under the rule", "a quote in it"}),
        (Replay("events", since="2024-05-04 00:00:01"), set()),
    ],
)
def test_a_replay_takes_rows_of_its_table_under_its_rules_taken_since_its_moment(
    spark: SparkSession, replay: Replay, names: set[str]
) -> None:
    rows = spark.createDataFrame(ROWS, "name string, target string, rules array<string>, at string")
    taken = rows.selectExpr("name", "target", "rules", "CAST(at AS TIMESTAMP) AS known_at")
    assert {row["name"] for row in taken.where(replay.condition).collect()} == names
