"""What is told of topics as of dates, and how seldom a rise is told where there is none."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from features.shop_rows import CUT, ZONE, D, happened, person, rows, values_of
from footfall.contract.frames import conform
from footfall.models.topics.rising import judge_rises, text_topics
from footfall.tables import IDENTITIES
from footfall.tables.texts import TEXT_TOPICS

INSIGHTS = (
    "document_id string, document_kind string, event_time timestamp, event_date date, known_at timestamp, "
    "actor_id string, text_id string, sentiment string, topic_id int, topic_similarity double"
)
NAMES = tuple(part.split()[0] for part in INSIGHTS.split(", "))
COUNTED = (
    "topic_id", "document_count_28d", "document_count_before", "negative_share_28d", "negative_share_before",
    "user_count_28d", "user_count_before", "first_seen", "representative_text_ids",
)  # fmt: skip


def said(actor: str, topic: int | None, clocks: dict[str, Any], **other: Any) -> dict[str, Any]:
    """A negative review on a topic, its text named after who wrote it, unless told."""
    usual = {"document_id": "d", "document_kind": "review", "text_id": f"t-{actor}", "sentiment": "negative"}
    return {**usual, "actor_id": actor, "topic_id": topic, "topic_similarity": 0.5, **clocks, **other}


def topics_of(spark: SparkSession, *given: dict[str, Any], dates: tuple[date, ...] = (D,)) -> DataFrame:
    insights = spark.createDataFrame([tuple(row[name] for name in NAMES) for row in given], INSIGHTS)
    people = rows(spark, IDENTITIES, *(person(actor) for actor in sorted({row["actor_id"] for row in given})))
    made = text_topics(
        text_insights=insights, identities=people, dates=dates, time_zone=ZONE, false_alarm_share=0.05, min_users=5,
        model_version="topics/1",
    )  # fmt: skip
    return conform(made, TEXT_TOPICS)


def counts(users: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Of users, int64[2, n_topics] now and before, what `judge_rises` reads."""
    now, before = users
    return pd.DataFrame(
        {
            "user_count_28d": now,
            "user_count_before": before,
            "all_user_count_28d": now.sum(),
            "all_user_count_before": before.sum(),
        }
    )


def judged(users: np.ndarray[Any, Any]) -> pd.DataFrame:
    return judge_rises(counts(users), false_alarm_share=0.05, min_users=5)


def test_topics_are_counted_by_the_windows_and_by_both_clocks(spark: SparkSession) -> None:
    given = [
        said("ann", 1, happened(1)),
        said("ann", 1, happened(28), sentiment="positive", topic_similarity=0.9, text_id="t-ann-2"),
        said("bob", 1, happened(29), topic_similarity=0.8),
        said("bob", 1, happened(140), sentiment="neutral"),
        said("bob", 1, happened(141)),
        said("cat", 1, happened(5), text_id="t-ann-2", topic_similarity=0.9),  # the same words of another person
        said("eve", 1, happened(50), text_id="t-ann-2"),  # and of another in a span before
        said("cat", 1, happened(0)),
        said("cat", 1, happened(1, known=CUT)),
        said("cat", None, happened(60)),
        said("dan", 2, happened(300)),
    ]
    first = D - timedelta(days=141)
    # documents stand in three of the four spans before, in one of them without a topic
    assert values_of(topics_of(spark, *given), *COUNTED) == [
        (1, 3, 1.0, 2 / 3, 2 / 3, 2, 3, first, ["t-ann-2", "t-bob"]),
    ]


def test_a_new_complaint_is_told_in_the_weeks_in_which_it_rises_and_not_before(spark: SparkSession) -> None:
    usual = [
        said(f"u{day}-{n}", topic, happened(day, of=date(2017, 9, 1)))
        for day in range(0, 200, 4) for n, topic in enumerate((1, 1, 2))
    ]  # fmt: skip
    news = [said(f"n{n}", 3, happened(40 - n % 3, of=date(2017, 9, 1))) for n in range(8)]
    dates = (date(2017, 7, 22), date(2017, 7, 29), date(2017, 9, 1))
    found = values_of(topics_of(spark, *usual, *news, dates=dates), "as_of_date", "topic_id", "is_rising", "is_new")
    assert [row for row in found if row[1] == 3] == [(dates[1], 3, True, True), (dates[2], 3, False, False)]
    assert not any(is_rising for _, topic, is_rising, _ in found if topic != 3)


def test_nobody_alone_makes_a_rise_however_often_they_write(spark: SparkSession) -> None:
    usual = [said(f"u{day}", 1, happened(day)) for day in range(1, 141)]
    often = [said("ann", 2, happened(1, hour)) for hour in range(20)]
    found = values_of(topics_of(spark, *usual, *often), "topic_id", "document_count_28d", "user_count_28d", "is_rising")
    assert found == [(1, 28, 28, False), (2, 20, 1, False)]


def test_what_was_known_later_changes_nothing_told_of_before(spark: SparkSession) -> None:
    usual = [said(f"u{day}", 1, happened(day)) for day in range(1, 141)]
    late = [said(f"n{n}", 2, happened(3, known=CUT + timedelta(hours=1))) for n in range(20)]
    after = [said(f"a{n}", 2, happened(-3)) for n in range(20)]
    assert values_of(topics_of(spark, *usual, *late, *after), *COUNTED) == values_of(topics_of(spark, *usual), *COUNTED)


def test_without_texts_there_are_no_topics(spark: SparkSession) -> None:
    assert values_of(topics_of(spark, said("ann", 1, happened(0))), "topic_id") == []
    assert values_of(topics_of(spark, said("ann", None, happened(1))), "topic_id") == []


@pytest.mark.parametrize(("topics", "users"), [(1, 40.0), (10, 2.0), (40, 10.0)])
def test_where_nothing_changes_a_rise_is_told_on_at_most_one_date_in_twenty(topics: int, users: float) -> None:
    draws = np.random.default_rng([7, topics])
    usual = [np.stack([draws.poisson(users, topics), draws.poisson(4 * users, topics)]) for _ in range(1_000)]
    alarms = [bool(judged(of_a_date)["is_rising"].any()) for of_a_date in usual]
    assert np.mean(alarms) <= 0.05


def test_twice_the_voices_are_found_in_nine_of_ten_dates_where_they_are_thirty() -> None:
    draws = np.random.default_rng(8)
    rates = np.full(12, 30.0)
    found = []
    for _ in range(300):
        now = draws.poisson(np.where(np.arange(12) == 3, 2.2 * rates, rates))
        found.append(bool(judged(np.stack([now, draws.poisson(4 * rates)]))["is_rising"][3]))
    assert np.mean(found) >= 0.9


def test_a_busy_month_and_a_short_history_are_no_rise() -> None:
    busy = judged(np.array([[300, 200], [400, 270]]))
    assert not busy["is_rising"].any()
    assert busy["rise"].round(1).tolist() == [1.0, 1.0]
    first_weeks = judged(np.array([[30, 20], [0, 0]]))
    assert not first_weeks["is_rising"].any()
    assert first_weeks[["rise", "rise_low", "rise_high"]].isna().all(axis=None)


def test_the_rise_has_an_interval_about_the_true_ratio_and_no_high_end_where_nobody_spoke_before() -> None:
    draws = np.random.default_rng(9)
    within = []
    for _ in range(400):
        users = np.stack([draws.poisson([60, 1_000]), draws.poisson([80, 4_000])])  # three times the rate of the other
        one = judged(users).iloc[0]
        within.append(one["rise_low"] <= (60 / 1_060) / (80 / 4_080) <= one["rise_high"])
    assert np.mean(within) >= 0.93
    new = judged(np.array([[10, 90], [0, 400]])).iloc[0]
    assert new["is_new"]
    assert new["rise"] == pytest.approx(11.0)
    assert new["rise_low"] > 5
    assert np.isnan(new["rise_high"])


def test_fewer_people_than_asked_for_are_no_rise() -> None:
    assert judged(np.array([[4, 90], [0, 4_000]]))["is_rising"].tolist() == [False, False]
    assert judged(np.array([[5, 90], [0, 4_000]]))["is_rising"].tolist() == [True, False]
