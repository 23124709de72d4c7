"""Numbers, reasons and findings in words."""

from __future__ import annotations

import dataclasses
import math

import pytest

from footfall.report import words
from footfall.report.facts import ReportData
from footfall.report.findings import expected_churners, findings, found_early
from footfall.report.summary import summary


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.384, "38%"), (0.1, "10%"), (0.0999, "10.0%"), (0.012, "1.2%"), (0.9949, "99.5%"), (1.0, "100%"), (0.0, "0%"),
     (None, "–"), (math.nan, "–"), (math.inf, "–")],
)  # fmt: skip
def test_percent_keeps_a_place_where_it_matters(value: float | None, told: str):
    assert words.percent(value) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(2134.0, "2,100"), (94.0, "94"), (7.4, "7"), (0.0, "0"), (-1250.0, "-1,200"), (None, "–"), (-math.inf, "–")],
)
def test_a_number_about_one_person_keeps_two_figures(value: float | None, told: str):
    assert words.about(value) == told


def test_a_reason_says_what_how_much_and_where_it_pushes():
    told = {"feature": "amount_90d", "value": 1249.5, "contribution": 0.2}
    assert words.reason(told, "USD") == "paid in the last 90 days: about 1,200 USD – raises the risk"
    told = {"feature": "recency_days", "value": 12.0, "contribution": -0.8}
    assert words.reason(told, "USD") == "days since the last order: about 12 – lowers the risk"


def test_a_reason_that_something_is_missing_has_no_number():
    told = {"feature": "gap_mean_days_missing", "value": 1.0, "contribution": 0.1}
    assert words.reason(told, "USD") == "has ordered on one day only – raises the risk"
    assert words.reason(told | {"value": 0.0}, "USD") == "not so: has ordered on one day only – raises the risk"
    unknown = {"feature": "gap_mean_days", "value": None, "contribution": 0.1}
    assert words.reason(unknown, "USD") == "usual days between orders: unknown – raises the risk"


def test_what_sets_a_group_apart_is_grouped_by_distance_and_leaves_out_what_is_not_telling():
    lifts = {"recency_days": -1.2, "order_count_90d": 1.4, "order_value_90d": 1.0, "weekend_share_365d": 0.34}
    assert words.apart(lifts) == [
        "far above average: orders in the last 90 days, paid per order",
        "far below average: days since the last order",
    ]
    assert words.apart(None) == []


def test_the_findings_are_one_sentence_a_topic(facts: ReportData):
    assert findings(facts) == [
        "3 groups of customers: “Frequent, big-basket shoppers” are 25% of the people and 61% of the money.",
        "957 people who were good customers have gone quiet; 40% of last year's money came from them.",
        "About 162 people will order nothing in the next 61 days; asking the riskiest fifth finds 62% of such people.",
        "63% of 100 reviews sound positive: most of all those of Grocery, least those of Deli.",
        "160,102 rows were read, 5.6% of them set aside with a reason; every row is accounted for.",
    ]


def test_where_nothing_is_known_nothing_is_said(facts_of_nothing: ReportData):
    assert findings(facts_of_nothing) == []
    assert math.isnan(expected_churners(facts_of_nothing))
    assert math.isnan(found_early(facts_of_nothing))


def test_the_summary_tells_customers_groups_churn_reviews_and_where_all_lies(facts: ReportData):
    shown = dataclasses.replace(facts, sentences=facts.sentences.iloc[:2])
    assert (
        summary(shown, lake="build/lake", page="build/report/index.html")
        == """\
Corner & Sons, as of 1 January 2018 (America/New_York)

1,200 customers, 15,432 orders, 456,789 USD

3 groups:
        300 people (  25%,   61% of the money)  Frequent, big-basket shoppers
        896 people (  75%,   38% of the money)  Occasional, bargain-seeking shoppers
          4 people ( 0.3%,  0.5% of the money)  Evening shoppers

Churn within 61 days, AUROC with 95% interval:
  churn model                  0.830 (0.820 to 0.840)
  recency alone                0.790 (0.780 to 0.800)
  RFM + logistic regression    0.810 (0.800 to 0.820)

Reviews: 63% of 100 sound positive.
  Praised most: Grocery (80% positive)
  Blamed most: Deli (40% positive)
  negative: 质量太差，不会再买。
  positive: 房间很干净，服务也好。

Tables:  build/lake (Delta; docs/query.md shows how to ask them)
Page:    build/report/index.html
"""
    )


def test_the_summary_of_nothing_says_what_is_not_there(facts_of_nothing: ReportData):
    told = summary(facts_of_nothing, lake="lake", page="page.html")
    for line in (
        "No groups: no segmentation model is in use.",
        "Churn: no model is in use.",
        "Reviews: none were read.",
    ):
        assert line in told
