"""The end of a run in words, for the console. Pure."""

from __future__ import annotations

from footfall.privacy.masking import masked
from footfall.report import words
from footfall.report.data import ReportData
from footfall.report.figures import auroc_rows
from footfall.report.findings import best_and_worst_department
from footfall.report.serving import ModelStatus, churn_status, model_statuses

INDENT = "  "


def summary(data: ReportData, *, lake: str, page: str) -> str:
    """Customers, groups, churn beside its baselines, what reviews say, and where all of it lies."""
    head = data.headline.iloc[0]
    money = words.money(head["net_amount_base"], data.shop.currency)
    if head["refund_amount_base"]:
        money += f" (net: {words.money(head['refund_amount_base'], data.shop.currency)} came back)"
    lines = [
        f"{data.shop.name}, as of {words.day(data.as_of)} ({data.shop.time_zone})",
        "",
        f"{words.number(data.people)} customers, {words.number(head['order_count'])} orders, {money}",
        *_identifiers(data),
        *_segments(data),
        *_churn(data),
        *_reviews(data),
        "",
        f"Tables:  {lake} (Delta; docs/query.md shows how to query them)",
        f"Page:    {page}",
    ]
    return "\n".join(lines) + "\n"


def _identifiers(data: ReportData) -> list[str]:
    """How many identifiers are how many people, where any were joined."""
    counts = data.identifier_counts
    if not (counts["what"] == "evidence").any():
        return []
    row = counts[counts["what"] == "all"].iloc[0]
    return [f"{words.number(row['identifier_count'])} identifiers are {words.number(row['user_count'])} people"]


def _segments(data: ReportData) -> list[str]:
    rows = data.segment_sizes
    if rows.empty:
        return ["", _status_of(data, "segments").sentence]
    sizes = [
        f"{INDENT}{words.number(row['user_count']):>9} people ({words.percent(row['user_share']):>5}, "
        f"{words.percent(row['amount_share']):>5} of the money)  {row['segment_name']}"
        for row in rows.to_dict("records")
    ]
    return ["", f"{len(rows)} groups:", *sizes]


def _churn(data: ReportData) -> list[str]:
    evaluation = data.evaluations.get("churn", {})
    figures = [
        f"{INDENT}{name:<28} {interval['value']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"
        for name, interval in auroc_rows(evaluation)
    ]
    head = [f"Churn within {data.horizon_days} days, AUROC with 95% interval:", *figures] if figures else []
    return ["", *head, churn_status(data).sentence]


def _status_of(data: ReportData, name: str) -> ModelStatus:
    return next(status for status in model_statuses(data) if status.name == name)


def _reviews(data: ReportData) -> list[str]:
    if not data.review_count:
        return ["", "Reviews: none were read."]
    share = words.percent(data.positive_share)
    lines = ["", f"Reviews: {share} of {words.number(data.review_count)} are positive."]
    for label, row in zip(("Most positive", "Least positive"), best_and_worst_department(data) or (), strict=False):
        share = words.percent(row["positive_count"] / row["review_count"])
        lines.append(f"{INDENT}{label}: {words.department(row['department'])} ({share} positive)")
    return lines + [
        f"{INDENT}{row['sentiment']}: {masked(row['review_text'])}"
        for _, rows in data.example_reviews.groupby(["review_language", "sentiment"], sort=True)
        for row in rows.head(1).to_dict("records")
    ]
