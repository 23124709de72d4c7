"""The page in a real browser: it draws everything, complains of nothing, and shows the figures that it was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.report.facts import ReportData
from footfall.report.page import render, save
from report.browser import Seen, look


def open_page(facts: ReportData, folder: Path) -> Seen:
    save(folder / "page.html", render(facts))
    return look(folder / "page.html", folder / "profile")


@pytest.fixture
def seen(facts: ReportData, tmp_path: Path) -> Seen:
    return open_page(facts, tmp_path)


def test_it_loads_without_a_complaint_and_its_figures_are_those_that_it_was_given(seen: Seen):
    assert seen.console == []
    assert [seen.text(name) for name in ("people", "orders", "amount", "review-count")] == [
        "1,200",
        "15,432",
        "456,789",
        "100",
    ]
    assert seen.table("segments-table") == [
        ["Group", "People", "Of people", "Of money"],
        [
            "Frequent, big-basket shoppers | far above average: orders in the last 90 days, paid in the last 90 days",
            "300",
            "25%",
            "61%",
        ],
        ["Occasional, bargain-seeking shoppers | below average: orders in the last 90 days", "896", "75%", "38%"],
        ["Evening shoppers | close to the average", "4", "0.3%", "0.5%"],
    ]
    assert seen.table("value-table")[1:] == [
        ["Champions | bought lately, often, and for much", "240", "20%", "60%", "1,142", "51.5", "2.0%"],
        ["At risk | were good customers and have gone quiet", "957", "80%", "40%", "191", "3.2", "41%"],
        ["New | came for the first time not long ago", "3", "0.2%", "–", "–", "–", "–"],
    ]
    assert seen.table("bands-table")[1:] == [["0% to 10%", "800"], ["10% to 20%", "300"], ["80% to 90%", "100"]]
    assert seen.table("reasons-table")[1:] == [
        ["days since the last order", "118", "98%"],
        ["longest pause between orders", "30", "25%"],
    ]
    assert seen.table("auroc-table")[1:] == [
        ["churn model", "0.830", "0.820 to 0.840"],
        ["recency alone", "0.790", "0.780 to 0.800"],
        ["RFM + logistic regression", "0.810", "0.800 to 0.820"],
        ["beyond the better of the two", "+0.020", "+0.012 to +0.028"],
    ]
    assert seen.table("calibration-table")[1] == ["40", "10%", "11%"]
    assert seen.table("moods-table")[1:] == [["2017-11", "60", "55%"], ["2017-12", "40", "75%"]]
    assert seen.table("departments-table")[1:] == [
        ["Grocery", "50", "80%"],
        ["Deli", "30", "40%"],
        ["Wine", "5", "100%"],
    ]
    assert seen.table("rows-table")[1:] == [
        ["shop_transactions", "refined.order_lines", "160,000", "151,000", "60", "40", "8,900"],
        ["shop_reviews", "refined.reviews", "102", "100", "2", "0", "0"],
        ["Together", "160,102", "151,100", "62", "40", "8,900"],
    ]
    assert seen.table("aside-table")[1] == [
        "nothing sold",
        "skipped",
        "shop_transactions",
        "refined.order_lines",
        "8,900",
    ]
    assert seen.table("lineage-table")[1:] == [
        ["refined.reviews", "1", "1", "100"],
        ["results.user_profiles", "3", "2", "1,200"],
    ]
    drawn = seen.plots()
    assert sorted(drawn) == sorted(
        f"plot-{name}"
        for name in ("segments", "lifts", "value_classes", "churn_bands", "churn_reasons", "auroc", "gain",
                     "calibration", "moods", "departments", "aspects")
    )  # fmt: skip
    assert min(drawn.values()) >= 1


def test_before_anything_was_scored_it_loads_too(facts_of_nothing: ReportData, tmp_path: Path):
    seen = open_page(facts_of_nothing, tmp_path)
    assert seen.console == []
    assert seen.plots() == {}


def test_a_complaint_would_be_seen(facts: ReportData, tmp_path: Path):
    broken = render(facts).replace("<main", '<img src="https://example.com/x.png" alt=""><main')
    save(tmp_path / "page.html", broken)
    console = look(tmp_path / "page.html", tmp_path / "profile").console
    assert len(console) == 1
    assert "Content Security Policy" in console[0]
