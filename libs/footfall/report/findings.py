"""What the figures come to, in whole sentences: for the top of the page and for the console. Pure."""

from __future__ import annotations

from typing import Any

from footfall.report import words
from footfall.report.data import ReportData
from footfall.report.serving import BASELINE, churn_status, gain_curve_of

CONTACTED_SHARE = 0.2  # share of people, riskiest first, for which the share of churners among them is shown
MIN_REVIEWS = 20  # a department needs so many reviews to be called best or worst


def findings(data: ReportData) -> list[str]:
    """A sentence a topic; topics without figures are left out."""
    sentences = (_segments(data), _value(data), _churn(data), _churn_serving(data), _reviews(data), _rows(data))
    return [sentence for sentence in sentences if sentence]


def expected_churners(data: ReportData) -> float:
    """The sum of churn probabilities; NaN where nobody has one."""
    return float(data.churn_bands["expected_churners"].sum()) if len(data.churn_bands) else float("nan")


def churners_among_riskiest(data: ReportData) -> float:
    """Share of all churners who were among the riskiest fifth of the evaluated people; NaN without a model."""
    points = gain_curve_of(data.evaluations.get("churn", {}), churn_status(data).served_by)
    return next((p["found"] for p in points if p["contacted"] >= CONTACTED_SHARE - 1e-9), float("nan"))


def best_and_worst_department(data: ReportData) -> tuple[Any, Any] | None:
    """The departments with the most and the least positive reviews, of those with enough; None where fewer than two have."""
    rows = data.sentiment_by_department
    enough = rows[rows["review_count"] >= MIN_REVIEWS].sort_values(["positive_probability", "department"])
    return (enough.iloc[-1], enough.iloc[0]) if len(enough) > 1 else None


def _segments(data: ReportData) -> str:
    rows = data.segment_sizes
    if rows.empty:
        return ""
    first = rows.sort_values("amount_share", ascending=False).iloc[0]
    return (
        f"{len(rows)} groups of customers: “{first['segment_name']}” are {words.percent(first['user_share'])} of the people "
        f"and {words.percent(first['amount_share'])} of the money."
    )


def _value(data: ReportData) -> str:
    risky = data.value_classes[data.value_classes["value_class"] == "at_risk"]
    if risky.empty:
        return ""
    row = risky.iloc[0]
    people = f"{words.number(row['user_count'])} people were good customers and have not ordered lately"
    if not words.is_known(row["amount_share"]):
        return f"{people}."
    return f"{people}; they paid {words.percent(row['amount_share'])} of last year's money."


def _churn(data: ReportData) -> str:
    expected = expected_churners(data)
    if not words.is_known(expected):
        return ""
    people = f"About {words.number(expected)} people will order nothing in the next {data.horizon_days} days"
    share = churners_among_riskiest(data)
    if not words.is_known(share):
        return f"{people}."
    return f"{people}; {words.percent(share)} of such people are among the riskiest fifth."


def _churn_serving(data: ReportData) -> str:
    """Only where no learner serves."""
    status = churn_status(data)
    is_known = len(data.churn_serving) > 0
    return status.sentence if is_known and (not status.served_by or status.served_by.startswith(BASELINE)) else ""


def _reviews(data: ReportData) -> str:
    if not data.review_count:
        return ""
    share = f"{words.percent(data.positive_share)} of {words.number(data.review_count)} reviews are positive"
    departments = best_and_worst_department(data)
    if not departments:
        return f"{share}."
    best, worst = (words.department(row["department"]) for row in departments)
    return f"{share}: most often those of {best}, least often those of {worst}."


def _rows(data: ReportData) -> str:
    rows_read = data.row_counts["rows_read"].sum()
    if not rows_read:
        return ""
    excluded = rows_read - data.row_counts["rows_valid"].sum()
    share = f"{words.number(rows_read)} rows were read, {words.percent(excluded / rows_read)} of them left out with a reason"
    return f"{share}; every row is accounted for." if data.balances else f"{share}; the ledger does not balance."
