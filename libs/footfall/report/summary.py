"""The end of a run in words, for the console. Pure."""

from __future__ import annotations

from footfall.privacy.masking import masked
from footfall.report import words
from footfall.report.facts import ReportData
from footfall.report.findings import extremes

INDENT = "  "


def summary(facts: ReportData, *, lake: str, page: str) -> str:
    """Customers, groups, churn beside its baselines, what reviews say, and where all of it lies."""
    head = facts.headline.iloc[0]
    money = words.money(head["amount_base"], facts.shop.currency)
    lines = [
        f"{facts.shop.name}, as of {words.day(facts.as_of)} ({facts.shop.time_zone})",
        "",
        f"{words.number(facts.people)} customers, {words.number(head['order_count'])} orders, {money}",
        *_segments(facts),
        *_churn(facts),
        *_reviews(facts),
        "",
        f"Tables:  {lake} (Delta; docs/query.md shows how to ask them)",
        f"Page:    {page}",
    ]
    return "\n".join(lines) + "\n"


def _segments(facts: ReportData) -> list[str]:
    rows = facts.segment_sizes
    if rows.empty:
        return ["No groups: no segmentation model is in use."]
    told = [
        f"{INDENT}{words.number(row['user_count']):>9} people ({words.percent(row['user_share']):>5}, "
        f"{words.percent(row['amount_share']):>5} of the money)  {row['segment_name']}"
        for row in rows.to_dict("records")
    ]
    return ["", f"{len(rows)} groups:", *told]


def _churn(facts: ReportData) -> list[str]:
    found = facts.evaluations.get("churn")
    if not found:
        return ["", "Churn: no model is in use."]
    ours = found["metrics"]["auroc"]
    told = [
        f"{INDENT}{name:<28} {interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"
        for name, interval in (("churn model", ours), *found["baselines"].items())
    ]
    return ["", f"Churn within {facts.horizon_days} days, AUROC with 95% interval:", *told]


def _reviews(facts: ReportData) -> list[str]:
    if not facts.review_count:
        return ["", "Reviews: none were read."]
    told = [
        "",
        f"Reviews: {words.percent(facts.positive_share)} of {words.number(facts.review_count)} sound positive.",
    ]
    for label, row in zip(("Praised", "Blamed"), extremes(facts) or (), strict=False):
        share = words.percent(row["positive_count"] / row["review_count"])
        told.append(f"{INDENT}{label} most: {words.department(row['department'])} ({share} positive)")
    return told + [
        f"{INDENT}{row['sentiment']}: {masked(row['review_text'])}"
        for _, rows in facts.sentences.groupby(["review_language", "sentiment"], sort=True)
        for row in rows.head(1).to_dict("records")
    ]
