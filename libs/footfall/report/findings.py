"""What the figures come to, in whole sentences: for the top of the page and for the console. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from footfall.report import words
from footfall.report.facts import ReportData

EARLY = 0.2  # share of people contacted for which the model's catch is told
TOLD_REVIEWS = 20  # a department needs so many reviews to be called best or worst


def findings(facts: ReportData) -> list[str]:
    """A sentence a topic, leaving out what is not known."""
    told = (_segments(facts), _value(facts), _churn(facts), _reviews(facts), _rows(facts))
    return [sentence for sentence in told if sentence]


def expected_churners(facts: ReportData) -> float:
    """The sum of churn probabilities; NaN where nobody was scored."""
    return float(facts.churn_bands["expected_churners"].sum()) if len(facts.churn_bands) else float("nan")


def found_early(facts: ReportData) -> float:
    """Share of the churners that the model found among the riskiest fifth of the judged people; NaN without a model."""
    curve = facts.evaluations.get("churn", {}).get("gain_curve", {})
    points: Sequence[Mapping[str, float]] = next(iter(curve.values()), ())
    return next((p["found"] for p in points if p["contacted"] >= EARLY - 1e-9), float("nan"))


def extremes(facts: ReportData) -> tuple[Any, Any] | None:
    """The departments whose reviews sound best and worst, of those with enough; None where fewer than two have."""
    rows = facts.moods_by_department
    enough = rows[rows["review_count"] >= TOLD_REVIEWS].sort_values(["positive_probability", "department"])
    return (enough.iloc[-1], enough.iloc[0]) if len(enough) > 1 else None


def _segments(facts: ReportData) -> str:
    rows = facts.segment_sizes
    if rows.empty:
        return ""
    first = rows.sort_values("amount_share", ascending=False).iloc[0]
    return (
        f"{len(rows)} groups of customers: “{first['segment_name']}” are {words.percent(first['user_share'])} of the people "
        f"and {words.percent(first['amount_share'])} of the money."
    )


def _value(facts: ReportData) -> str:
    risky = facts.value_classes[facts.value_classes["value_class"] == "at_risk"]
    if risky.empty:
        return ""
    row = risky.iloc[0]
    return (
        f"{words.number(row['user_count'])} people who were good customers have gone quiet; "
        f"{words.percent(row['amount_share'])} of last year's money came from them."
    )


def _churn(facts: ReportData) -> str:
    expected = expected_churners(facts)
    if not words.is_known(expected):
        return ""
    told = f"About {words.number(expected)} people will order nothing in the next {facts.horizon_days} days"
    found = found_early(facts)
    if not words.is_known(found):
        return f"{told}."
    return f"{told}; asking the riskiest fifth finds {words.percent(found)} of such people."


def _reviews(facts: ReportData) -> str:
    if not facts.review_count:
        return ""
    told = f"{words.percent(facts.positive_share)} of {words.number(facts.review_count)} reviews sound positive"
    found = extremes(facts)
    if not found:
        return f"{told}."
    best, worst = (words.department(row["department"]) for row in found)
    return f"{told}: most of all those of {best}, least those of {worst}."


def _rows(facts: ReportData) -> str:
    read = facts.taken_in["rows_read"].sum()
    if not read:
        return ""
    aside = read - facts.taken_in["rows_valid"].sum()
    told = f"{words.number(read)} rows were read, {words.percent(aside / read)} of them set aside with a reason"
    return f"{told}; every row is accounted for." if facts.balances else f"{told}; the ledger does not balance."
