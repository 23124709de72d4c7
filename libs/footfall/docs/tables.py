"""docs/tables.md: every table from its contract, with the Steps that write and read it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from footfall.contract import Column, Layer, Personal, Rule, Severity, Table, Written
from footfall.steps.step import Step
from footfall.tables import ALL, feed_table

ABOUT = {
    Layer.RAW: "As it arrived, append-only. It holds identifiers and has grants of its own.",
    Layer.REFINED: "Typed facts, once each, pseudonymous. `pseudonyms`, the vault, has grants of its own.",
    Layer.RESULTS: "Results for data scientists. [query.md](query.md) shows how to read them.",
    Layer.BOOKS: "Which runs read which versions, and what became of every row.",
}
LANDING = {
    Written.APPEND: "rows are added once and stay",
    Written.REPLACE: "each batch replaces the whole table",
    Written.REPLACE_AS_OF: "each batch replaces its as-of dates, others stay",
    Written.UPDATE: "a batch adds rows, and replaces those of which it has news, or all",
}
HEAD = """# Tables

A table's name is `layer.name`: below a lake's root it is in `layer/name`, in a catalog it is `catalog.layer.name`.
All are Delta tables with reader protocol 1, which Spark, delta-rs, DuckDB and Polars can open.

- **personal**: how a column relates to a person: an *identifier*, a *quasi*-identifier, *sensitive*, or *free text*.
- **may differ by**: the relative difference that two runs over the same logs may show; where it is empty, they agree to
  the bit.
- A column in **bold** is never NULL. A rule holds where its predicate is not false. A row that breaks a rule goes to
  `raw.quarantine` (facts) or stops the step (computed tables); a *warning* only counts in `books.ledger`.
- No number is NaN or infinite, also inside lists, maps and structs: NULL stands for "no value". A computed row that has
  one stops the step (`<column>_not_finite`).
- Time stamps are instants of UTC. A *day* is a day of the shop, in `shop.time_zone`.
"""


def tables_page(stages: Mapping[str, Sequence[Step]]) -> str:
    """The whole page."""
    tables = [feed_table("<source>_<feed>", {}), *ALL]
    parts = [HEAD, _contents(tables)]
    for layer in Layer:
        parts.append(f"## {layer}\n\n{ABOUT[layer]}\n")
        parts += [_section(table, stages) for table in tables if table.layer is layer]
    return "\n".join(parts)


def _contents(tables: Sequence[Table]) -> str:
    rows = "\n".join(f"| {_link(t)} | {_cell(t.grain)} |" for t in tables)
    return f"| table | one row is |\n|---|---|\n{rows}\n"


def _link(table: Table) -> str:
    anchor = table.full_name.replace(".", "").replace("<", "").replace(">", "")
    return f"[{_cell(table.full_name)}](#{anchor})"


def _section(table: Table, stages: Mapping[str, Sequence[Step]]) -> str:
    facts = [
        f"**Key**: {_names(table.key)}",
        f"**Written**: {LANDING[table.written]}; by {_writers(table, stages)}",
        f"**Read by**: {_readers(table, stages)}",
        f"**Contract version**: {table.version}",
    ]
    if table.cluster_by:
        facts.append(f"**Clustered by**: {_names(table.cluster_by)}")
    if table.written is Written.REPLACE_AS_OF:
        facts.append("**Partitioned by**: `as_of_date`")
    if table.name.startswith("<"):
        facts.append("**Kept for**: `keep_days` of the feed, if its mapping says so")
    facts += [f"**Rule** {_rule(rule)}" for rule in table.rules]
    listed = "\n".join(f"- {fact}" for fact in facts)
    return f"### {_cell(table.full_name)}\n\n{_cell(table.grain[0].upper() + table.grain[1:])}.\n\n{listed}\n\n{_columns(table)}"


def _columns(table: Table) -> str:
    head = "| column | type | meaning | unit | personal | may differ by |\n|---|---|---|---|---|---|\n"
    rest = "| *the source's own columns* | | as they arrived | | free text | |\n" if table.name.startswith("<") else ""
    return head + "".join(_row(column) for column in table.all_columns) + rest


def _row(column: Column) -> str:
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    personal = "" if column.personal is Personal.NONE else column.personal.replace("_", " ")
    differ = f"{column.tolerance:g}" if column.tolerance else ""
    cells = (name, f"`{column.type}`", _cell(column.meaning), _cell(column.unit), personal, differ)
    return "| " + " | ".join(cells) + " |\n"


def _rule(rule: Rule) -> str:
    warning = " (warning)" if rule.severity is Severity.WARN else ""
    return f"{rule.name}{warning}: `{rule.predicate}`"


def _writers(table: Table, stages: Mapping[str, Sequence[Step]]) -> str:
    if table.layer is Layer.BOOKS or table.name == "quarantine":
        return "the runner"
    if table.name.startswith("<"):
        return "one Step a feed, in `jobs/ingest.py`"
    return _steps([(stage, s) for stage, steps in stages.items() for s in steps if table.full_name in s.writes])


def _readers(table: Table, stages: Mapping[str, Sequence[Step]]) -> str:
    if table.name.startswith("<"):
        return "the Steps of `jobs/refine.py`"
    return _steps(
        [(stage, s) for stage, steps in stages.items() for s in steps if table.full_name in {r.name for r in s.reads}]
    )


def _steps(steps: Sequence[tuple[str, Step]]) -> str:
    return ", ".join(f"`{step.name}` (`jobs/{stage}.py`)" for stage, step in steps) or "people only"


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    """Text that is safe in a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")
