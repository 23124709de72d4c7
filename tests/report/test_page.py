"""The page's text: all that it is given stands on it, nothing is loaded, nobody's text becomes markup."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from footfall.errors import EnvironmentFault
from footfall.report.facts import ReportData
from footfall.report.page import render, save

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
def elements(facts: ReportData) -> Elements:
    return Elements(render(facts))


def test_no_element_loads_anything_from_elsewhere(elements: Elements):
    loaded = [(tag, name, value) for tag, attrs in elements.all for name, value in attrs.items() if name in LOADING]
    links = {attrs.get("href") or "" for _, attrs in elements.all if "href" in attrs}
    assert loaded == []
    assert {link[0] if link != "data:," else "d" for link in links} == {"#", "d"}


def test_the_browser_is_told_to_load_nothing(elements: Elements):
    policy = [attrs["content"] for _, attrs in elements.all if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"]


def test_the_style_names_no_file():
    style = Path(__file__).parents[2] / "libs" / "footfall" / "report" / "page.css"
    assert re.findall(r"url\(|@import|@font-face", style.read_text(encoding="utf-8")) == []


def test_a_review_with_markup_is_text(facts: ReportData, elements: Elements):
    assert "<script>alert" not in render(facts)
    assert "Fresh bread <script>alert('x')</script> & kind people" in elements.text


def test_a_shop_name_cannot_break_out_of_a_figure(facts: ReportData):
    rows = facts.segment_sizes.assign(segment_name=["</script><b>a", "b", "c"])
    page = render(dataclasses.replace(facts, segment_sizes=rows))
    assert "</script><b>" not in page


def figure_data(page: str) -> dict[str, Any]:
    """Plot -> its JSON, read as strictly as a browser reads it."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    scripts = re.findall(r'<script type="application/json" data-plot="plot-(\w+)">(.*?)</script>', page, re.DOTALL)
    return {name: json.loads(text, parse_constant=refuse) for name, text in scripts}


def test_names_that_contain_nan_or_infinity_stay_and_numbers_that_are_not_finite_become_null(facts: ReportData):
    names = ["NaNcy's", "Infinity Ltd", "</script>"]
    rows = facts.segment_sizes.assign(segment_name=names, amount_share=[math.nan, math.inf, -math.inf])
    figures = figure_data(render(dataclasses.replace(facts, segment_sizes=rows)))
    people, money = figures["segments"]["data"]
    assert people["y"] == ["NaNcy's", "Infinity Ltd", "&lt;/script>"]  # plots read markup
    assert people["x"] == [0.25, 0.7467, 0.0033]
    assert (money["x"], money["text"]) == ([None, None, None], ["–", "–", "–"])


def test_a_number_that_is_not_finite_becomes_null_in_every_figure(facts: ReportData):
    bins = [{"predicted": math.nan, "observed": math.inf, "count": 3}]
    churn = {**facts.evaluations["churn"], "calibration": bins}
    figures = figure_data(render(dataclasses.replace(facts, evaluations={"churn": churn})))
    drawn = next(trace for trace in figures["calibration"]["data"] if len(trace["x"]) == 1)
    assert (drawn["x"], drawn["y"]) == ([None], [None])


def test_plotly_stands_on_the_page_once(facts: ReportData):
    assert render(facts).count("plotly.js v") == 1


def test_without_texts_none_is_shown_and_the_page_says_why(facts: ReportData):
    silent = {"sentences": facts.sentences.iloc[:0], "clauses": facts.clauses.iloc[:0]}
    page = render(dataclasses.replace(facts, **silent))
    assert "房间" not in page
    assert "only where the setting report.show_texts allows it" in page


def test_what_may_name_somebody_is_hidden_in_every_text(elements: Elements):
    assert "质量太差" in elements.text
    assert "Solid <b>oak" in elements.text
    assert "the lid leaks, order …" in elements.text
    assert not any(number in elements.text for number in ("13800138000", "1234567", "20171203"))


def test_a_topic_that_rises_is_called_so_with_its_interval(facts: ReportData):
    told = in_words(render(facts))
    assert "new , 4.2 times (1.9 to 9.1)" in told
    assert "no. 0 40 38.0 10% 1.1 times (0.7 to 1.6)" in told


def test_aspects_intents_and_what_a_person_cares_about_stand_there_in_words(facts: ReportData):
    told = in_words(render(facts))
    assert "Ease of use 20 25% 60%" in told
    assert "Where is my parcel 31 65%" in told
    assert "For a person to read 9 22%" in told
    assert "cares about price, ease of use" in told


def test_what_is_said_of_the_sources_stands_beside_the_reviews(elements: Elements):
    assert "who wrote which review is invented too" in elements.text


def test_of_few_people_only_their_number_is_told(facts: ReportData):
    page = render(facts)
    row = re.search(r"New<span.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r'<td class="n">([^<]*)</td>', row.group()) == ["3", "0.2%", "–", "–", "–", "–"]


def test_every_table_and_picture_has_a_name_for_those_who_do_not_see_it(elements: Elements):
    plots = [attrs for _, attrs in elements.all if attrs.get("class") == "plot"]
    assert len(plots) == 11
    assert all(attrs["role"] == "img" and len(attrs["aria-label"] or "") > 30 for attrs in plots)
    assert {attrs.get("scope") for tag, attrs in elements.all if tag == "th"} == {"col", "row"}


def test_before_anything_was_scored_the_page_says_what_is_missing(facts_of_nothing: ReportData):
    told = " ".join(Elements(render(facts_of_nothing)).text.split())
    for sentence in (
        "No segmentation model is in use",
        "Nobody was classed as of this day.",
        "No churn model is in use",
        "No reviews were read.",
        "No rows were read yet.",
    ):
        assert sentence in told


def test_a_ledger_that_does_not_balance_is_called_so(facts: ReportData):
    lost = facts.taken_in.assign(rows_valid=[150_999, 100])
    assert "The ledger does not balance." in render(dataclasses.replace(facts, taken_in=lost))


def test_the_page_is_saved_in_a_folder_that_is_made_and_nothing_else_stays(tmp_path: Path):
    page = tmp_path / "new" / "folder" / "page.html"
    save(page, "first")
    save(page, "second")
    assert page.read_text(encoding="utf-8") == "second"
    assert [file.name for file in page.parent.iterdir()] == ["page.html"]


def test_a_place_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(EnvironmentFault, match=r"page.html cannot be written") as fault:
        save(tmp_path / "file" / "page.html", "text")
    assert "report.path" in fault.value.fix
