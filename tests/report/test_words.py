"""Numbers, reasons and findings in words."""

from __future__ import annotations

import dataclasses
import math

import pytest

from footfall.report import words
from footfall.report.data import ReportData
from footfall.report.findings import churners_among_riskiest, expected_churners, findings
from footfall.report.serving import serving_sentence
from footfall.report.summary import summary
from report.conftest import MISSED


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.384, "38%"), (0.1, "10%"), (0.0999, "10.0%"), (0.012, "1.2%"), (0.9949, "99.5%"), (1.0, "100%"), (0.0, "0%"),
     (None, "–"), (math.nan, "–"), (math.inf, "–")],
)  # fmt: skip
def test_percent_keeps_a_place_where_it_matters(value: float | None, text: str):
    assert words.percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(2134.0, "2,100"), (94.0, "94"), (7.4, "7"), (0.0, "0"), (-1250.0, "-1,200"), (None, "–"), (-math.inf, "–")],
)
def test_a_number_about_one_person_keeps_two_figures(value: float | None, text: str):
    assert words.about(value) == text


def test_a_reason_gives_feature_value_and_direction():
    contribution = {"feature": "net_amount_90d", "value": 1249.5, "contribution": 0.2}
    assert words.reason(contribution, "USD") == "net paid in the last 90 days: about 1,200 USD – raises the risk"
    contribution = {"feature": "recency_days", "value": 12.0, "contribution": -0.8}
    assert words.reason(contribution, "USD") == "days since the last order: about 12 – lowers the risk"


def test_a_reason_that_something_is_missing_has_no_number():
    contribution = {"feature": "gap_mean_days_missing", "value": 1.0, "contribution": 0.1}
    assert words.reason(contribution, "USD") == "has ordered on one day only – raises the risk"
    assert words.reason(contribution | {"value": 0.0}, "USD") == "not so: has ordered on one day only – raises the risk"
    unknown = {"feature": "gap_mean_days", "value": None, "contribution": 0.1}
    assert words.reason(unknown, "USD") == "usual days between orders: unknown – raises the risk"


def test_the_distinctions_of_a_group_are_grouped_by_distance_without_the_small_ones():
    lifts = {"recency_days": -1.2, "order_count_90d": 1.4, "order_value_90d": 1.0, "weekend_share_365d": 0.34}
    assert words.distinctions(lifts) == [
        "far above average: orders in the last 90 days, net paid per order",
        "far below average: days since the last order",
    ]
    assert words.distinctions(None) == []


def test_the_findings_are_one_sentence_a_topic(report_data: ReportData):
    assert findings(report_data) == [
        "3 groups of customers: “Frequent, big-basket shoppers” are 25% of the people and 61% of the money.",
        "957 people were good customers and have not ordered lately; they paid 40% of last year's money.",
        "About 162 people will order nothing in the next 61 days; 62% of such people are among the riskiest fifth.",
        "63% of 100 reviews are positive: most often those of Grocery, least often those of Deli.",
        "160,102 rows were read, 5.6% of them left out with a reason; every row is accounted for.",
    ]


def test_without_figures_there_are_no_findings(empty_report_data: ReportData):
    assert findings(empty_report_data) == []
    assert math.isnan(expected_churners(empty_report_data))
    assert math.isnan(churners_among_riskiest(empty_report_data))


def test_the_summary_names_customers_groups_churn_reviews_and_the_places_of_the_results(report_data: ReportData):
    shown = dataclasses.replace(report_data, example_reviews=report_data.example_reviews.iloc[:2])
    assert (
        summary(shown, lake="build/lake", page="build/report/index.html")
        == """\
Corner & Sons, as of 1 January 2018 (America/New_York)

1,200 customers, 15,432 orders, 456,789 USD
3,100 identifiers are 1,300 people

3 groups:
        300 people (  25%,   61% of the money)  Frequent, big-basket shoppers
        896 people (  75%,   38% of the money)  Occasional, bargain-seeking shoppers
          4 people ( 0.3%,  0.5% of the money)  Evening shoppers

Churn within 61 days, AUROC with 95% interval:
  logistic regression          0.830 (0.820 to 0.840)
  recency alone                0.790 (0.780 to 0.800)
  RFM + logistic regression    0.810 (0.800 to 0.820)
Churn: logistic regression serves.

Reviews: 63% of 100 are positive.
  Most positive: Grocery (80% positive)
  Least positive: Deli (40% positive)
  negative: 质量太差，不会再买。
  positive: 房间很干净，服务也好。

Tables:  build/lake (Delta; docs/query.md shows how to query them)
Page:    build/report/index.html
"""
    )


def test_the_summary_gives_net_money_and_what_came_back(report_data: ReportData):
    shown = dataclasses.replace(report_data, headline=report_data.headline.assign(refund_amount_base=1234.4))
    text = summary(shown, lake="lake", page="page.html")
    assert "1,200 customers, 15,432 orders, 456,789 USD (net: 1,234 USD came back)\n" in text


def test_where_a_baseline_serves_findings_and_summary_name_it_with_the_reason(data_with_baseline: ReportData):
    sentence = f"Churn: the baseline 'recency alone' serves, since {MISSED}."
    assert sentence in findings(data_with_baseline)
    assert sentence in summary(data_with_baseline, lake="lake", page="page.html")


def test_where_nothing_serves_findings_and_summary_give_the_reason(data_without_models: ReportData):
    sentence = f"Churn: no results, since {MISSED}; no baseline beats the trivial prediction."
    assert findings(data_without_models) == [
        "957 people were good customers and have not ordered lately; they paid 40% of last year's money.",
        sentence,
        "160,102 rows were read, 5.6% of them left out with a reason; every row is accounted for.",
    ]
    text = summary(data_without_models, lake="lake", page="page.html")
    assert sentence in text
    assert "Segments: no results, since silhouette is too low." in text


def test_the_summary_of_an_empty_shop_names_what_is_missing(empty_report_data: ReportData):
    text = summary(empty_report_data, lake="lake", page="page.html")
    for line in (
        "Segments: no results, since there are no rows that it applies to.",
        "Churn: no results, since there are no rows that it applies to.",
        "Reviews: none were read.",
    ):
        assert line in text


def test_a_reason_that_ends_with_a_full_stop_gets_no_second_one():
    assert serving_sentence("churn", "", "there are too few.") == "Churn: no results, since there are too few."
    sentence = "Churn: the baseline 'recency alone' serves, since it is as good."
    assert serving_sentence("churn", "baseline: recency alone", "it is as good.") == sentence
