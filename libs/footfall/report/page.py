"""Renders the page: ReportData in, one HTML text out that needs no network. Pure; reads the package's own template."""

from __future__ import annotations

from typing import Any

import jinja2
import pandas as pd
import plotly.offline
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from plotly.utils import PlotlyJSONEncoder

from footfall.privacy.masking import masked
from footfall.report import figures, words
from footfall.report.data import LEAST_PEOPLE, ReportData
from footfall.report.findings import churners_among_riskiest, expected_churners, findings
from footfall.report.looks import PARTS, part
from footfall.report.serving import BASELINE, churn_status, evaluated_name, model_statuses
from footfall.text.normal import normalise

LANGUAGES = {"zh": "Chinese", "en": "English", "de": "German", "fr": "French", "es": "Spanish", "ja": "Japanese"}
# The browser itself refuses to load anything from elsewhere.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


def render(data: ReportData) -> str:
    """The whole page."""
    template, style, script = (part(name) for name in PARTS)
    churn = data.evaluations.get("churn", {})
    return _environment(data.shop.currency).from_string(template).render(
        data=data,
        findings=findings(data),
        figures=_figures(data),
        headline=data.headline.iloc[0],
        identifiers=_identifiers(data.identifier_counts),
        segments=_records(data.segment_sizes),
        value_classes=_records(data.value_classes),
        churn=churn,
        churn_status=churn_status(data),
        churn_no_scores=_no_scores(data.churn_serving),
        churn_bands=_records(data.churn_bands),
        churn_reasons=_records(data.churn_reasons),
        auroc_rows=figures.auroc_rows(churn),
        evaluated=evaluated_name(churn),
        baseline_prefix=BASELINE,
        expected_churners=expected_churners(data),
        churners_among_riskiest=churners_among_riskiest(data),
        sentiment=data.evaluations.get("sentiment", {}),
        sentiment_by_month=_records(data.sentiment_by_month),
        sentiment_by_department=_records(data.sentiment_by_department),
        example_reviews=_example_reviews(data.example_reviews),
        aspects=_records(data.aspects),
        example_clauses=_example_clauses(data.example_clauses),
        topics=_topics(data.topics),
        intents=_records(data.intents),
        portraits=_records(data.portraits),
        has_churn_probabilities=bool(data.portraits["churn_probability"].notna().any()),
        row_counts=_records(data.row_counts),
        total=data.row_counts.select_dtypes("number").sum(),
        excluded_rows=_records(data.excluded_rows),
        models={status.name: status for status in model_statuses(data)},
        model_versions=_records(data.model_versions),
        least_people=LEAST_PEOPLE,
        policy=POLICY,
        style=Markup(style),  # noqa: S704 - the package's own file
        script=Markup(script),  # noqa: S704 - the package's own file
        plotly=Markup(plotly.offline.get_plotlyjs().replace("</script", "<\\/script")),  # noqa: S704 - the library itself
        dark=_json(figures.DARK),
    )  # fmt: skip


def _figures(data: ReportData) -> dict[str, Markup]:
    """Name -> figure as JSON; where there is nothing to draw there is none."""
    drawn: dict[str, Any] = {}
    if len(data.segment_sizes):
        drawn["segments"] = figures.shares(data.segment_sizes, label="segment_name")
        if any(data.segment_sizes["lifts"]):
            drawn["lifts"] = figures.lifts(data.segment_sizes)
    if len(data.value_classes):
        names = {c: words.class_name(c) for c in data.value_classes["value_class"]}
        drawn["value_classes"] = figures.shares(data.value_classes, label="value_class", names=names)
    drawn |= _churn_figures(data)
    if len(data.sentiment_by_month):
        drawn["sentiment"] = figures.sentiment_by_month(data.sentiment_by_month)
    if len(data.sentiment_by_department):
        drawn["departments"] = figures.sentiment_by_department(data.sentiment_by_department.head(12))
    if len(data.aspects):
        drawn["aspects"] = figures.aspects(data.aspects)
    return {name: _json(figure) for name, figure in drawn.items()}


def _churn_figures(data: ReportData) -> dict[str, Any]:
    churn, drawn = data.evaluations.get("churn", {}), {}
    if figures.auroc_rows(churn):
        drawn["auroc"] = figures.auroc(churn, served_by=churn_status(data).served_by)
    if churn.get("calibration"):
        drawn["calibration"] = figures.calibration(churn["calibration"])
    if churn.get("gain_curve"):
        drawn["gain"] = figures.gain(churn["gain_curve"])
    if len(data.churn_bands):
        drawn["churn_bands"] = figures.bands(data.churn_bands)
    if len(data.churn_reasons):
        drawn["churn_reasons"] = figures.reasons(data.churn_reasons)
    return drawn


def _no_scores(churn_serving: pd.DataFrame) -> list[dict[str, Any]]:
    """People without a score, by reason: rows (no_score_reason, user_count)."""
    return [row for row in _records(churn_serving) if words.is_known(row["no_score_reason"])]


def _example_reviews(rows: pd.DataFrame) -> list[tuple[str, dict[str, list[dict[str, Any]]]]]:
    """(language in words, sentiment -> reviews), in the order of the rows."""
    by_language: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in _records(rows):
        language = LANGUAGES.get(row["review_language"], row["review_language"] or "Language not stated")
        shown = row | {"review_text": masked(row["review_text"])}
        by_language.setdefault(language, {"positive": [], "negative": []})[row["sentiment"]].append(shown)
    return list(by_language.items())


def _example_clauses(rows: pd.DataFrame) -> list[tuple[str, dict[str, list[str]]]]:
    """(aspect, sentiment -> clauses), in the order of the rows; offsets are those of the normalised text."""
    by_aspect: dict[str, dict[str, list[str]]] = {}
    for row in _records(rows):
        clause = normalise(row["review_text"])[row["start_char"] : row["end_char"]]
        by_aspect.setdefault(row["aspect"], {"positive": [], "negative": []})[row["sentiment"]].append(masked(clause))
    return list(by_aspect.items())


def _topics(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [row | {"document_texts": [masked(text) for text in row["document_texts"]]} for row in _records(rows)]


def _environment(currency: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": words.number, "decimal": words.decimal, "percent": words.percent, "about": words.about,
        "day": words.day, "class_name": words.class_name, "class_meaning": words.class_meaning,
        "feature": words.feature, "distinctions": words.distinctions, "department": words.department,
        "aspect": words.aspect,
        "money": lambda value: words.money(value, currency),
        "reason": lambda contribution: words.reason(contribution, currency),
    }  # fmt: skip
    environment.tests["known"] = words.is_known
    return environment


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]


def _json(value: Any) -> Markup:
    """JSON that cannot end the script element in which it stands; numbers that are not finite become null."""
    return htmlsafe_json_dumps(value, cls=PlotlyJSONEncoder, ensure_ascii=False)


def _identifiers(counts: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The counts of identifiers and people by what they count; empty where each identifier is one person."""
    kinds = {str(what): _records(rows) for what, rows in counts.groupby("what")}
    return kinds if "evidence" in kinds else {}
