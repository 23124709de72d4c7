"""The portrait: classes, thirds, interests, mood, and what is missing."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from features.shop_rows import ALWAYS, CUT, ZONE, D, happened, money, person, rows, values_of
from footfall.contract.frames import conform
from footfall.profiles import user_profiles
from footfall.tables import (
    IDENTITIES,
    SEGMENT_CATALOGUE,
    SEGMENTS,
    TEXT_INSIGHTS,
    USER_FEATURES,
    USER_OPINIONS,
    USER_PROFILES,
    USER_SCORES,
    USERS,
)

TABLES = (USER_FEATURES, SEGMENTS, SEGMENT_CATALOGUE, USER_SCORES, TEXT_INSIGHTS, USER_OPINIONS, USERS, IDENTITIES)


def test_all_results_about_a_person_stand_in_one_row(spark: SparkSession) -> None:
    reason = {"feature": "recency_days", "value": 3.0, "contribution": -1.5}
    score = {
        "as_of_date": D,
        "user_id": "ann",
        "model": "churn",
        "score": 0.2,
        "reasons": [reason],
        "served_by": "baseline: recency alone",
        "model_version": "churn/2",
    }
    group = {"as_of_date": D, "segment_id": 1, "model_version": "segments/1"}
    profiles = _profiles(
        spark,
        user_features=[
            _person("ann", order_value_90d=12.5, return_rate_365d=0.25, department_shares_365d={"DAIRY": 1.0})
        ],
        segments=[{**group, "user_id": "ann"}, {**group, "user_id": "ann", "as_of_date": D - timedelta(days=1)}],
        segment_catalogue=[{**group, "segment_name": "frequent"}, {**group, "segment_id": 2, "segment_name": "rare"}],
        user_scores=[score, {**score, "model": "other", "score": 0.9}],
        text_insights=[_insight(2, 0.25), _insight(1, 0.75), _insight(0, 0.0), _insight(1, 0.0, known=CUT)],
        user_opinions=[_opinion(D, 0.25, ["price"]), _opinion(D - timedelta(days=1), 1.0, ["look"])],
        users=[
            {
                "actor_id": "ann",
                "valid_from": ALWAYS,
                "valid_to": CUT - timedelta(days=9),
                "known_at": ALWAYS,
                "age_band": "25-34",
            },
            {"actor_id": "ann", "valid_from": CUT - timedelta(days=9), "known_at": CUT, "age_band": "35-44"},
        ],
        identities=[person("ann")],
    )
    expected = {
        "as_of_date": D, "user_id": "ann", "age_band": "25-34", "income_band": None, "household_type": None,
        "tenure_days": 300.0, "recency_days": 10.0, "order_count_365d": 5, "net_amount_365d": Decimal("100.0000"), "return_rate_365d": 0.25,
        "order_value_90d": 12.5, "interests": [], "spending_power": "low", "price_sensitivity": None,
        "value_class": "promising", "segment_id": 1, "segment_name": "frequent", "churn_probability": 0.2,
        "churn_reasons": [reason], "churn_served_by": "baseline: recency alone", "churn_no_score_reason": None,
        "review_count": 2, "review_sentiment": 0.5,
        "complaint_share_365d": 0.25, "aspects_cared_about": ["price"],
        "model_versions": ["churn/2", "segments/1", "sentiment/3"],
    }  # fmt: skip
    assert [row.asDict(recursive=True) for row in profiles.collect()] == [expected]


def test_what_no_table_holds_is_null_and_other_dates_are_left_out(spark: SparkSession) -> None:
    profiles = _profiles(spark, user_features=[_person("ann"), {**_person("bob"), "as_of_date": D - timedelta(days=1)}])
    columns = (
        "user_id",
        "segment_name",
        "churn_probability",
        "spending_power",
        "review_sentiment",
        "review_count",
        "model_versions",
    )
    assert values_of(profiles, *columns) == [("ann", None, None, None, None, 0, [])]


def test_the_first_rule_that_fits_gives_the_value_class(spark: SparkSession) -> None:
    """Ten people, two in each fifth of recency, frequency and money; the three scores of each stand beside."""
    people = [
        _bought("a champion", 1, 100, 900),  # 5 5 5
        _bought("b champion", 2, 90, 800),  # 5 5 5
        _bought("c champion", 3, 80, 700),  # 4 4 4
        _bought("d new", 4, 70, 100, tenure_days=60.0),  # 4 4 1
        _bought("e promising", 5, 30, 300, tenure_days=61.0),  # 3 2 2
        _bought("f loyal", 6, 60, 500),  # 3 3 3
        _bought("g at_risk", 7, 50, 400),  # 2 3 3
        _bought("h at_risk", 8, 40, 600),  # 2 2 4
        _bought("i dormant", 9, 20, 200),  # 1 1 2
        _bought("j dormant", 400, 0, 0),
    ]
    classes = values_of(_profiles(spark, user_features=people), "user_id", "value_class")
    assert [f"{user[0]} {value_class}" for user, value_class in classes] == [p["user_id"] for p in people]


def test_who_gave_all_back_is_worth_less_than_who_kept_little(spark: SparkSession) -> None:
    """Five people who are alike but for their net money: below nothing, nothing left of 5,000, and more and more."""
    people = [
        _bought(name, 10, 5, net, order_value_90d=net / 5)
        for name, net in (("a", -2), ("b", 0), ("c", 10), ("d", 100), ("e", 900))
    ]
    # recency 5 and orders 1 for all; money 1 to 5 by cuts at -0.4, 6, 46 and 260; the thirds of 5 values end at the 2nd and 4th
    assert values_of(_profiles(spark, user_features=people), "user_id", "value_class", "spending_power") == [
        ("a", "promising", "low"), ("b", "promising", "low"), ("c", "promising", "middle"),
        ("d", "promising", "high"), ("e", "loyal", "high"),
    ]  # fmt: skip


def test_thirds_are_cut_at_values_so_that_equal_people_are_equal(spark: SparkSession) -> None:
    values = {"a": 1.0, "b": 1.0, "c": 2.0, "d": 9.0, "e": 9.0, "f": None}
    people = [_person(name, order_value_90d=value, discount_share_90d=value) for name, value in values.items()]
    assert values_of(_profiles(spark, user_features=people), "user_id", "spending_power", "price_sensitivity") == [
        ("a", "low", "low"),
        ("b", "low", "low"),
        ("c", "middle", "middle"),
        ("d", "high", "high"),
        ("e", "high", "high"),
        ("f", None, None),
    ]


def test_interests_are_departments_above_the_mean_with_a_share_that_counts(spark: SparkSession) -> None:
    people = [
        _person("ann", department_shares_365d={"A": 0.25, "B": 0.25, "C": 0.25, "D": 0.25}),
        _person("bob", department_shares_365d={"A": 0.5, "unknown": 0.46, "E": 0.04}),
        _person("cat", department_shares_365d=None),
    ]
    # means over two people: A .375, B C D .125 each, unknown .23, E .02 (but below the least share)
    assert values_of(_profiles(spark, user_features=people), "user_id", "interests") == [
        ("ann", ["B", "C", "D"]),
        ("bob", ["A"]),
        ("cat", []),
    ]


def test_nobody_has_no_portrait(spark: SparkSession) -> None:
    assert values_of(_profiles(spark), "user_id") == []


def _person(user: str, **other: Any) -> dict[str, Any]:
    usual = {"tenure_days": 300.0, "recency_days": 10.0, "order_count_365d": 5, "net_amount_365d": money(["100"])[0]}
    return {"as_of_date": D, "user_id": user, **usual, **other}


def _bought(user: str, recency: float, orders: int, paid: int, **other: Any) -> dict[str, Any]:
    bought = {"recency_days": float(recency), "order_count_365d": orders, "net_amount_365d": Decimal(paid)}
    return _person(user, **bought, **other)


def _insight(days_before: int, positive: float, **clocks: Any) -> dict[str, Any]:
    insight = {"document_kind": "review", "positive_probability": positive, "model_versions": ["sentiment/3"]}
    return {"actor_id": "ann", **happened(days_before, **clocks), **insight}


def _opinion(day: date, complaints: float, aspects: list[str]) -> dict[str, Any]:
    return {"as_of_date": day, "user_id": "ann", "complaint_share_365d": complaints, "aspects_cared_about": aspects}


def _profiles(spark: SparkSession, **partial_rows: list[dict[str, Any]]) -> DataFrame:
    frames = {table.name: rows(spark, table, *partial_rows.get(table.name, [])) for table in TABLES}
    return conform(user_profiles(**frames, as_of=D, time_zone=ZONE), USER_PROFILES)
