"""Renders the page: ReportData in, one HTML text out that needs no network. Pure but for `save`; reads the package's own parts."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import plotly.offline
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup
from plotly.utils import PlotlyJSONEncoder

from footfall.errors import EnvironmentFault
from footfall.privacy.masking import masked
from footfall.report import figures, words
from footfall.report.facts import LEAST_PEOPLE, ReportData
from footfall.report.findings import expected_churners, findings, found_early
from footfall.text.normal import normalise

PARTS = ("page.html.j2", "page.css", "page.js")
LANGUAGES = {"zh": "Chinese", "en": "English", "de": "German", "fr": "French", "es": "Spanish", "ja": "Japanese"}
# Whoever opens the page, nothing is loaded from anywhere: the browser itself sees to it.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


def render(facts: ReportData) -> str:
    """The whole page."""
    template, style, script = (_part(name) for name in PARTS)
    return _environment(facts.shop.currency).from_string(template).render(
        facts=facts,
        findings=findings(facts),
        figures=_figures(facts),
        headline=facts.headline.iloc[0],
        segments=_records(facts.segment_sizes),
        value_classes=_records(facts.value_classes),
        churn=facts.evaluations.get("churn", {}),
        churn_bands=_records(facts.churn_bands),
        churn_reasons=_records(facts.churn_reasons),
        auroc_rows=figures.auroc_rows(facts.evaluations["churn"]) if facts.evaluations.get("churn") else [],
        expected_churners=expected_churners(facts),
        found_early=found_early(facts),
        sentiment=facts.evaluations.get("sentiment", {}),
        moods_by_month=_records(facts.moods_by_month),
        moods_by_department=_records(facts.moods_by_department),
        sentences=_sentences(facts.sentences),
        aspects=_records(facts.aspects),
        clauses=_clauses(facts.clauses),
        topics=_topics(facts.topics),
        intents=_records(facts.intents),
        portraits=_records(facts.portraits),
        taken_in=_records(facts.taken_in),
        total=facts.taken_in.select_dtypes("number").sum(),
        set_aside=_records(facts.set_aside),
        model_versions=_records(facts.model_versions),
        least_people=LEAST_PEOPLE,
        policy=POLICY,
        style=Markup(style),  # noqa: S704 - the package's own file
        script=Markup(script),  # noqa: S704 - the package's own file
        plotly=Markup(plotly.offline.get_plotlyjs().replace("</script", "<\\/script")),  # noqa: S704 - the library itself
        dark=_json(figures.DARK),
    )  # fmt: skip


def looks() -> str:
    """Hash of template, style and script: another look makes the page anew."""
    return hashlib.sha256("\0".join(map(_part, PARTS)).encode()).hexdigest()[:16]


def save(path: Path, text: str) -> None:
    """The whole file or none of it: whoever has the page open never sees half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as fault:
        fix = "Give this user the right, free some space, or set report.path."
        raise EnvironmentFault(f"{path} cannot be written: {fault.strerror}.", fix=fix) from fault


def _figures(facts: ReportData) -> dict[str, Markup]:
    """Name -> figure as JSON; where there is nothing to draw there is none."""
    made: dict[str, Any] = {}
    if len(facts.segment_sizes):
        made["segments"] = figures.shares(facts.segment_sizes, label="segment_name")
        made["lifts"] = figures.lifts(facts.segment_sizes)
    if len(facts.value_classes):
        names = {c: words.class_name(c) for c in facts.value_classes["value_class"]}
        made["value_classes"] = figures.shares(facts.value_classes, label="value_class", names=names)
    if churn := facts.evaluations.get("churn"):
        made["auroc"] = figures.auroc(churn)
        made["calibration"] = figures.calibration(churn["calibration"])
        made["gain"] = figures.gain(churn["gain_curve"])
    if len(facts.churn_bands):
        made["churn_bands"] = figures.bands(facts.churn_bands)
    if len(facts.churn_reasons):
        made["churn_reasons"] = figures.reasons(facts.churn_reasons)
    if len(facts.moods_by_month):
        made["moods"] = figures.moods(facts.moods_by_month)
    if len(facts.moods_by_department):
        made["departments"] = figures.departments(facts.moods_by_department.head(12))
    if len(facts.aspects):
        made["aspects"] = figures.aspects(facts.aspects)
    return {name: _json(figure) for name, figure in made.items()}


def _sentences(rows: pd.DataFrame) -> list[tuple[str, dict[str, list[dict[str, Any]]]]]:
    """(language in words, mood -> reviews), in the order of the rows."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in _records(rows):
        language = LANGUAGES.get(row["review_language"], row["review_language"] or "Language not stated")
        shown = row | {"review_text": masked(row["review_text"])}
        found.setdefault(language, {"positive": [], "negative": []})[row["sentiment"]].append(shown)
    return list(found.items())


def _clauses(rows: pd.DataFrame) -> list[tuple[str, dict[str, list[str]]]]:
    """(aspect, mood -> clauses), in the order of the rows; offsets are those of the normalised text."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in _records(rows):
        clause = normalise(row["review_text"])[row["start_char"] : row["end_char"]]
        found.setdefault(row["aspect"], {"positive": [], "negative": []})[row["sentiment"]].append(masked(clause))
    return list(found.items())


def _topics(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [row | {"document_texts": [masked(text) for text in row["document_texts"]]} for row in _records(rows)]


def _environment(currency: str) -> jinja2.Environment:
    made = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {
        "number": words.number, "decimal": words.decimal, "percent": words.percent, "about": words.about,
        "day": words.day, "class_name": words.class_name, "class_meaning": words.class_meaning,
        "feature": words.feature, "apart": words.apart, "department": words.department,
        "aspect": words.aspect,
        "money": lambda value: words.money(value, currency),
        "reason": lambda told: words.reason(told, currency),
    }  # fmt: skip
    made.tests["known"] = words.is_known
    return made


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]


def _json(value: Any) -> Markup:
    """JSON that cannot end the script element in which it stands; numbers that are not finite become null."""
    return htmlsafe_json_dumps(value, cls=PlotlyJSONEncoder, ensure_ascii=False)


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
