"""The page in a real browser: it draws every figure, logs no error, and shows the figures of its data."""

from __future__ import annotations

from pathlib import Path

import pytest

from footfall.report.data import ReportData
from footfall.report.page import render
from report.browser import BrowserPage, look


def open_page(report_data: ReportData, folder: Path) -> BrowserPage:
    (folder / "page.html").write_text(render(report_data), encoding="utf-8")
    return look(folder / "page.html", folder / "profile")


@pytest.fixture
def browser_page(report_data: ReportData, tmp_path: Path) -> BrowserPage:
    return open_page(report_data, tmp_path)


def test_it_loads_without_an_error_and_shows_the_figures_of_its_data(browser_page: BrowserPage):
    assert browser_page.console == []
    assert [browser_page.text(name) for name in ("people", "orders", "amount", "review-count")] == [
        "1,200",
        "15,432",
        "456,789",
        "100",
    ]
    assert browser_page.table("segments-table") == [
        ["Group", "People", "Of people", "Of money"],
        [
            "Frequent, big-basket shoppers | far above average: orders in the last 90 days, net paid in the last 90 days",
            "300",
            "25%",
            "61%",
        ],
        ["Occasional, bargain-seeking shoppers | below average: orders in the last 90 days", "896", "75%", "38%"],
        ["Evening shoppers | close to the average", "4", "0.3%", "0.5%"],
    ]
    assert browser_page.table("value-table")[1:] == [
        ["Champions | bought recently, often, and for much", "240", "20%", "60%", "1,142", "51.5", "2.0%"],
        ["At risk | were good customers and have not ordered lately", "957", "80%", "40%", "191", "3.2", "41%"],
        ["New | first order not long ago", "3", "0.2%", "–", "–", "–", "–"],
    ]
    assert browser_page.table("bands-table")[1:] == [["0% to 10%", "800"], ["10% to 20%", "300"], ["80% to 90%", "100"]]
    assert browser_page.table("reasons-table")[1:] == [
        ["days since the last order", "118", "98%"],
        ["longest pause between orders", "30", "25%"],
    ]
    assert browser_page.table("auroc-table")[1:] == [
        ["logistic regression", "0.830", "0.820 to 0.840"],
        ["recency alone", "0.790", "0.780 to 0.800"],
        ["RFM + logistic regression", "0.810", "0.800 to 0.820"],
        ["gain over the best other baseline", "+0.020", "+0.012 to +0.028"],
    ]
    assert browser_page.table("calibration-table")[1] == ["40", "10%", "11%"]
    assert browser_page.table("sentiment-table")[1:] == [["2017-11", "60", "55%"], ["2017-12", "40", "75%"]]
    assert browser_page.table("departments-table")[1:] == [
        ["Grocery", "50", "80%"],
        ["Deli", "30", "40%"],
        ["Wine", "5", "100%"],
    ]
    assert browser_page.table("rows-table")[1:] == [
        ["shop_transactions", "refined.order_lines", "160,000", "151,000", "60", "30", "10", "8,900", "0"],
        ["shop_reviews", "refined.reviews", "102", "100", "2", "0", "0", "0", "0"],
        ["Together", "160,102", "151,100", "62", "30", "10", "8,900", "0"],
    ]
    assert browser_page.table("excluded-table")[1] == [
        "nothing sold",
        "skipped",
        "shop_transactions",
        "refined.order_lines",
        "8,900",
    ]
    assert browser_page.table("lineage-table")[1:] == [
        ["refined.reviews", "1", "1", "100"],
        ["results.user_profiles", "3", "2", "1,200"],
    ]
    drawn = browser_page.plots()
    assert sorted(drawn) == sorted(
        f"plot-{name}"
        for name in ("segments", "lifts", "value_classes", "churn_bands", "churn_reasons", "auroc", "gain",
                     "calibration", "sentiment", "departments", "aspects")
    )  # fmt: skip
    assert min(drawn.values()) >= 1


def test_before_anything_was_scored_it_loads_too(empty_report_data: ReportData, tmp_path: Path):
    browser_page = open_page(empty_report_data, tmp_path)
    assert browser_page.console == []
    assert browser_page.plots() == {}


def test_where_no_model_serves_it_loads_too(data_without_models: ReportData, tmp_path: Path):
    browser_page = open_page(data_without_models, tmp_path)
    assert browser_page.console == []
    assert sorted(browser_page.plots()) == ["plot-value_classes"]


def test_an_error_would_be_noticed(report_data: ReportData, tmp_path: Path):
    broken = render(report_data).replace("<main", '<img src="https://example.com/x.png" alt=""><main')
    (tmp_path / "page.html").write_text(broken, encoding="utf-8")
    console = look(tmp_path / "page.html", tmp_path / "profile").console
    assert len(console) == 1
    assert "Content Security Policy" in console[0]
