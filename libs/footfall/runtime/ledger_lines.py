"""The lines that a step brings to books.ledger, where every row that it read went, and the one that a person reads. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, Table
from footfall.steps.step import Step
from footfall.tables.raw import WAITING

RuleCounts = dict[str, dict[str, int]]  # feed -> rule -> rows that broke it
BatchCounts = dict[str, dict[int, dict[str, int]]]  # feed -> batch that set them aside -> rule -> rows that broke it


def ledger_line(step: Step, feed: str, target: str, **counts: Any) -> dict[str, Any]:
    """One line of books.ledger; counts that are not stated are 0."""
    counted = ("valid", "quarantined", "duplicate", "conflict", "skipped", "waiting", "late")
    zero = dict.fromkeys((f"rows_{count}" for count in counted), 0)
    return {"step": step.name, "feed": feed, "target": target, **zero, **counts}


def fact_line(
    step: Step,
    feed: str,
    table: Table,
    tally: Mapping[str, int],
    broken: Mapping[str, int],
    replayed: int | None = None,
    replayed_batches: Mapping[int, Mapping[str, int]] | None = None,
) -> dict[str, Any]:
    """The line of one feed, by its tally and the rows that broke each rule, and those that left quarantine."""
    skipped = {key.removeprefix("reason:"): n for key, n in tally.items() if key.startswith("reason:") and n}
    warnings = {key.removeprefix("rule:"): n for key, n in tally.items() if key.startswith("rule:") and n}
    counts = {key: n for key, n in tally.items() if key.startswith(("rows_", "documents"))}
    replayed_rules = sum(map(Counter, (replayed_batches or {}).values()), Counter[str]())
    return ledger_line(
        step,
        feed,
        table.full_name,
        **counts,
        skipped_reasons=skipped or None,
        broken_rules=broken or None,
        warnings=warnings or None,
        rows_replayed=replayed,
        replayed_rules=dict(replayed_rules) or None,
        replayed_batches=replayed_batches or None,
    )


def one_a_table(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines, those of one table and feed as one: a step may remove rows of a table and add others."""
    together: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines:
        before = together.setdefault((line["feed"], line["target"]), line)
        if before is not line:
            added = {key: n + (before.get(key) or 0) for key, n in line.items() if key.startswith("rows_")}
            before |= line | added
    return list(together.values())


def broken_by_rule(quarantined: DataFrame) -> RuleCounts:
    """The rows of raw.quarantine by feed and rule."""
    counts: RuleCounts = {}
    by_rule = quarantined.select("feed", F.explode("rules").alias("rule")).groupBy("feed", "rule").count()
    for feed, rule, rows in by_rule.collect():
        counts.setdefault(feed, {})[rule] = rows
    return counts


def broken_by_batch(quarantined: DataFrame) -> BatchCounts:
    """The same by the batch that set them aside."""
    counts: BatchCounts = {}
    exploded = quarantined.select("feed", BATCH_ID.name, F.explode("rules").alias("rule"))
    for feed, batch_id, rule, rows in exploded.groupBy("feed", BATCH_ID.name, "rule").count().collect():
        counts.setdefault(feed, {}).setdefault(batch_id, {})[rule] = rows
    return counts


def summary_line(step: Step, lines: Sequence[Mapping[str, Any]], *, seconds: float, models: Mapping[str, str]) -> str:
    """The line that a person reads: rows in, rows out, what was set aside, seconds, versions of models."""
    rows_in = sum(line.get("rows_read") or 0 for line in lines)
    rows_out = sum(line["rows_valid"] for line in lines if not line["target"].startswith(f"raw.{WAITING}_"))
    aside = [
        f"{sum(line[f'rows_{kind}'] for line in lines):,} {kind}"
        for kind in ("quarantined", "duplicate", "conflict", "skipped", "waiting")
        if any(line[f"rows_{kind}"] for line in lines)
    ]
    replayed = sum(line.get("rows_replayed") or 0 for line in lines)
    aside += [f"{replayed:,} of them were in quarantine"] if replayed else []
    parts = [
        f"{rows_in:>10,} in" if rows_in else " " * 13,
        f"{rows_out:>10,} out" if lines else " " * 14,
        f"{seconds:6.1f} s",
        ", ".join(aside),
    ]
    parts += [f"{name} version {version}" for name, version in models.items()]
    return f"{step.name:<42}" + "  ".join(part for part in parts if part)
