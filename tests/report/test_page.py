"""The page's text: it shows all the data, loads nothing, and no customer's text becomes markup."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from footfall.models import MODELS
from footfall.report.data import ReportData
from footfall.report.page import render
from footfall.report.serving import versions_in_use
from report.conftest import MISSED

LOADING = {"src", "srcset", "poster", "data", "action", "background"}


class Elements(HTMLParser):
    """(tag, attributes) of a page, and the text that people read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102 - HTMLParser's
        self.all.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:  # noqa: D102 - HTMLParser's
        if self._inside not in {"script", "style"}:
            self.text += data


def in_words(page: str) -> str:
    """The page without its markup, one blank between any two words."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


@pytest.fixture
def elements(report_data: ReportData) -> Elements:
    return Elements(render(report_data))


def test_no_element_loads_anything_from_elsewhere(elements: Elements):
    loaded = [(tag, name, value) for tag, attrs in elements.all for name, value in attrs.items() if name in LOADING]
    links = {attrs.get("href") or "" for _, attrs in elements.all if "href" in attrs}
    assert loaded == []
    assert {link[0] if link != "data:," else "d" for link in links} == {"#", "d"}


def test_the_policy_of_the_page_forbids_the_browser_to_load_anything(elements: Elements):
    policy = [attrs["content"] for _, attrs in elements.all if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"]


def test_the_style_names_no_file():
    style = Path(__file__).parents[2] / "libs" / "footfall" / "report" / "page.css"
    assert re.findall(r"url\(|@import|@font-face", style.read_text(encoding="utf-8")) == []


def test_a_review_with_markup_is_text(report_data: ReportData, elements: Elements):
    assert "<script>alert" not in render(report_data)
    assert "Fresh bread <script>alert('x')</script> & kind people" in elements.text


def test_a_shop_name_cannot_break_out_of_a_figure(report_data: ReportData):
    rows = report_data.segment_sizes.assign(segment_name=["</script><b>a", "b", "c"])
    page = render(dataclasses.replace(report_data, segment_sizes=rows))
    assert "</script><b>" not in page


def figure_data(page: str) -> dict[str, Any]:
    """Plot -> its JSON, read as strictly as a browser reads it."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    scripts = re.findall(r'<script type="application/json" data-plot="plot-(\w+)">(.*?)</script>', page, re.DOTALL)
    return {name: json.loads(text, parse_constant=refuse) for name, text in scripts}


def test_names_that_contain_nan_or_infinity_stay_and_numbers_that_are_not_finite_become_null(report_data: ReportData):
    names = ["NaNcy's", "Infinity Ltd", "</script>"]
    rows = report_data.segment_sizes.assign(segment_name=names, amount_share=[math.nan, math.inf, -math.inf])
    figures = figure_data(render(dataclasses.replace(report_data, segment_sizes=rows)))
    people, money = figures["segments"]["data"]
    assert people["y"] == ["NaNcy's", "Infinity Ltd", "&lt;/script>"]  # plots read markup
    assert people["x"] == [0.25, 0.7467, 0.0033]
    assert (money["x"], money["text"]) == ([None, None, None], ["–", "–", "–"])


def test_a_number_that_is_not_finite_becomes_null_in_every_figure(report_data: ReportData):
    bins = [{"predicted": math.nan, "observed": math.inf, "count": 3}]
    churn = {**report_data.evaluations["churn"], "calibration": bins}
    figures = figure_data(render(dataclasses.replace(report_data, evaluations={"churn": churn})))
    drawn = next(trace for trace in figures["calibration"]["data"] if len(trace["x"]) == 1)
    assert (drawn["x"], drawn["y"]) == ([None], [None])


def test_the_page_says_that_money_is_net_where_something_came_back(report_data: ReportData):
    headline = report_data.headline.assign(refund_amount_base=1234.5)
    portraits = report_data.portraits.assign(return_rate_365d=[0.25, *[None] * (len(report_data.portraits) - 1)])
    page = in_words(render(dataclasses.replace(report_data, headline=headline, portraits=portraits)))
    assert "Money is net: 1,234 USD that came back or was cancelled is taken off, here and below." in page
    assert page.count("came back 25% of what they paid") == 1
    assert "Money is net" not in render(report_data)
    assert "of what they paid" not in render(report_data)


def test_plotly_stands_on_the_page_once(report_data: ReportData):
    assert render(report_data).count("plotly.js v") == 1


def test_without_texts_none_is_shown_and_the_page_says_why(report_data: ReportData):
    no_texts = {
        "example_reviews": report_data.example_reviews.iloc[:0],
        "example_clauses": report_data.example_clauses.iloc[:0],
    }
    page = render(dataclasses.replace(report_data, **no_texts))
    assert "房间" not in page
    assert "only where the setting report.show_texts allows it" in page


def test_what_may_name_somebody_is_hidden_in_every_text(elements: Elements):
    assert "质量太差" in elements.text
    assert "Solid <b>oak" in elements.text
    assert "the lid leaks, order …" in elements.text
    assert not any(number in elements.text for number in ("13800138000", "1234567", "20171203"))


def test_a_rising_topic_is_marked_with_its_interval(report_data: ReportData):
    words = in_words(render(report_data))
    assert "new , 4.2 times (1.9 to 9.1)" in words
    assert "no. 0 40 38.0 10% 1.1 times (0.7 to 1.6)" in words


def test_the_page_says_how_many_identifiers_are_how_many_people(report_data: ReportData):
    words = in_words(render(report_data))
    assert "3,100 identifiers (logins, e-mails, phones, cards, devices) are 1,300 people" in words
    assert "visitor 1,500 700" in words
    assert "have 14, 9 of them" in words
    alone = report_data.identifier_counts.query("what == 'all'")
    assert "Who is who" not in render(dataclasses.replace(report_data, identifier_counts=alone))


def test_aspects_intents_and_what_a_person_cares_about_are_shown_in_words(report_data: ReportData):
    words = in_words(render(report_data))
    assert "Ease of use 20 25% 60%" in words
    assert "Where is my parcel 31 65%" in words
    assert "For a person to read 9 22%" in words
    assert "cares about price, ease of use" in words


def test_the_description_of_the_sources_is_beside_the_reviews(elements: Elements):
    assert "who wrote which review is invented too" in elements.text


def test_of_few_people_only_their_number_is_shown(report_data: ReportData):
    page = render(report_data)
    row = re.search(r"New<span.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r'<td class="n">([^<]*)</td>', row.group()) == ["3", "0.2%", "–", "–", "–", "–"]


def test_where_a_learner_serves_the_page_names_it(report_data: ReportData):
    words = in_words(render(report_data))
    assert "Churn: logistic regression serves." in words
    assert "It serves because it is clearly better than its baselines." in words
    assert "by the baseline" not in words


def test_where_a_baseline_serves_the_page_and_the_portraits_name_it_with_the_reason(data_with_baseline: ReportData):
    words = in_words(render(data_with_baseline))
    assert f"Churn: the baseline 'recency alone' serves, since {MISSED}." in Elements(render(data_with_baseline)).text
    assert "It did not pass its gates, so a baseline serves." in words
    assert words.count("by the baseline “recency alone”") == 2
    assert "53% of those who leave are among the riskiest fifth" in words  # recency alone, not the learner's 62%
    row = re.search(r"Churn<span.*?</tr>", render(data_with_baseline), re.DOTALL)
    assert row is not None
    assert "baseline: recency alone" in row.group()


def test_without_models_the_page_has_portraits_values_and_the_reasons(data_without_models: ReportData):
    page = render(data_without_models)
    words = in_words(page)
    assert f"Churn: no results, since {MISSED}; no baseline beats the trivial prediction." in words
    assert "1,200 people have no churn probability: auroc is" in words
    assert page.count('<article class="card">') == 2
    assert words.count("no churn probability: auroc is") == 3  # of all, and on each portrait
    assert "all people are sorted by pseudonym" in words
    assert "Champions bought recently" in words
    assert "Segments: no results, since silhouette is too low." in words
    assert sorted(figure_data(page)) == ["value_classes"]


def test_the_models_on_the_page_are_those_that_are_declared(report_data: ReportData):
    page = render(report_data)
    table = page[page.index('<table id="models-table">') :]
    names = re.findall(r'<th scope="row">([^<]*)<', table[: table.index("</table>")])
    assert names == [m.name.capitalize() for m in MODELS.values() if m.score or m.documents]
    words = in_words(table)
    assert "k-means segments/2" in words
    assert "sentiment/10" in words  # the version with the most rows
    assert "nothing since not trained, since 12 texts are too few –" in words


def test_a_model_version_without_a_number_has_no_evaluation_and_stops_nothing(report_data: ReportData):
    named = report_data.model_versions.assign(model_version=["churn", "segments/2", "other", "sentiment/9"])
    assert versions_in_use(named) == {"sentiment": "9", "segments": "2"}
    evaluations = {"segments": report_data.evaluations["segments"]}
    page = render(dataclasses.replace(report_data, model_versions=named, evaluations=evaluations))
    assert "auroc" not in figure_data(page)


def test_every_table_and_figure_has_a_name_for_those_who_do_not_see_it(elements: Elements):
    plots = [attrs for _, attrs in elements.all if attrs.get("class") == "plot"]
    assert len(plots) == 11
    assert all(attrs["role"] == "img" and len(attrs["aria-label"] or "") > 30 for attrs in plots)
    assert {attrs.get("scope") for tag, attrs in elements.all if tag == "th"} == {"col", "row"}


def test_before_anything_was_scored_the_page_names_what_is_missing(empty_report_data: ReportData):
    words = " ".join(Elements(render(empty_report_data)).text.split())
    for sentence in (
        "Segments: no results, since there are no rows that it applies to.",
        "Nobody has a value class as of this day.",
        "Churn: no results, since there are no rows that it applies to.",
        "No reviews were read.",
        "No rows were read yet.",
    ):
        assert sentence in words


def test_a_ledger_that_does_not_balance_is_reported(report_data: ReportData):
    lost = report_data.row_counts.assign(rows_valid=[150_999, 100])
    assert "The ledger does not balance." in render(dataclasses.replace(report_data, row_counts=lost))
