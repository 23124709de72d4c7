"""The lines that a step brings to books.ledger: where every row that it read went. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from footfall.contract import Table
from footfall.steps.step import Step


def ledger_line(step: Step, feed: str, target: str, **counts: Any) -> dict[str, Any]:
    """One line of books.ledger; counts that are not stated are 0."""
    counted = ("valid", "quarantined", "duplicate", "conflict", "skipped", "waiting", "late")
    zero = dict.fromkeys((f"rows_{count}" for count in counted), 0)
    return {"step": step.name, "feed": feed, "target": target, **zero, **counts}


def fact_line(
    step: Step, feed: str, table: Table, tally: Mapping[str, int], broken: Mapping[str, int]
) -> dict[str, Any]:
    """The line of one feed, by its tally and the rows that broke each rule."""
    skipped = {key.removeprefix("reason:"): n for key, n in tally.items() if key.startswith("reason:") and n}
    warnings = {key.removeprefix("rule:"): n for key, n in tally.items() if key.startswith("rule:") and n}
    counts = {key: n for key, n in tally.items() if key.startswith(("rows_", "documents"))}
    return ledger_line(
        step,
        feed,
        table.full_name,
        **counts,
        skipped_reasons=skipped or None,
        broken_rules=broken or None,
        warnings=warnings or None,
    )
