"""docs/flow.md: the picture of the flow, drawn as Mermaid from the Steps of all jobs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from footfall.steps.step import Step

HEAD = """# How data flows

Drawn from the Steps that the jobs declare for `conf/base.yaml`. Round: a job or a Step; square: a table, coloured by
layer; slanted: files; hexagon: a model in MLflow. Along a dotted line only new rows or files are read. Every fact Step
also writes broken rows to `raw.quarantine`, and every Step writes to `books.batches` and `books.ledger`.
"""
STYLES = """  classDef raw fill:#f3e3cf,stroke:#9a6b2f,color:#222
  classDef refined fill:#d9e8f5,stroke:#2f6b9a,color:#222
  classDef results fill:#dcefdc,stroke:#3b7d3b,color:#222
  classDef job fill:#fff,stroke:#555,color:#222
"""
Edge = tuple[str, str, bool]  # from, to, whether only what is new


def flow_page(stages: Mapping[str, Sequence[Step]]) -> str:
    """The whole page: one picture of the jobs, then one for each job."""
    parts = [HEAD, "## All jobs\n", _drawn(_jobs(stages), "LR")]
    for stage, steps in stages.items():
        parts += [f"## jobs/{stage}.py\n", _drawn(_steps(steps), "LR"), _listed(steps)]
    return "\n".join(parts)


def _jobs(stages: Mapping[str, Sequence[Step]]) -> list[Edge]:
    """Edges between jobs and tables; a table that a job both makes and reads is left out there."""
    edges: dict[tuple[str, str], bool] = {}
    for stage, steps in stages.items():
        own = {table for step in steps for table in step.writes}
        for start, end, new in _steps(steps):
            if start not in own:
                ends = _in_overview(start, stage), _in_overview(end, stage)
                edges[ends] = edges.get(ends, True) and new
    return [(start, end, new) for (start, end), new in edges.items()]


def _in_overview(node: str, stage: str) -> str:
    """A Step as its job; the raw tables of all feeds as one node, and so the files."""
    if node.startswith("step:"):
        return f"job:{stage}"
    if node.startswith(("raw.", "delta:")):
        return "raw.*"
    return "files:raw logs" if node.startswith("files:") else node


def _steps(steps: Sequence[Step]) -> list[Edge]:
    """Edges between Steps and what they read and write."""
    edges: list[Edge] = []
    for step in steps:
        node = f"step:{step.name}"
        if step.files:
            edges.append((f"files:{step.files.pattern}", node, True))
        edges += [(read.name, node, read.new) for read in step.reads]
        edges += [(f"model:{name}", node, False) for name in step.models]
        edges += [(node, table, False) for table in step.writes]
        edges += [(node, f"output:{name}", False) for name in step.makes]
        edges += [(node, f"model:{name}", False) for name in step.trains]
    return edges


def _drawn(edges: Sequence[Edge], direction: str) -> str:
    nodes = list(dict.fromkeys(node for start, end, _ in edges for node in (start, end)))
    lines = [f"  {_id(node)}{_shape(node)}" for node in nodes]
    lines += [f"  {_id(start)} {'-.->' if new else '-->'} {_id(end)}" for start, end, new in edges]
    return f"```mermaid\nflowchart {direction}\n" + "\n".join(lines) + f"\n{STYLES}```\n"


def _id(node: str) -> str:
    return re.sub(r"\W+", "_", node)


def _shape(node: str) -> str:
    kind, _, name = node.partition(":")
    if kind in {"job", "step"}:
        return f'(["{name}"]):::job'
    if kind in {"files", "output"}:
        return f'[/"{name}"/]'
    if kind == "model":
        return f'{{{{"{name}"}}}}'
    layer, _, table = node.partition(".")
    return f'["{node}"]:::{layer}' if layer in {"raw", "refined", "results"} else f'["{table or node}"]'


def _listed(steps: Sequence[Step]) -> str:
    rows = "\n".join(f"| `{step.name}` | {_names(_inputs(step))} | {_names(_results(step))} |" for step in steps)
    return f"| Step | reads | makes |\n|---|---|---|\n{rows}\n"


def _inputs(step: Step) -> list[str]:
    files = [f"{step.files.pattern}: new files"] if step.files else []
    tables = [f"{read.name}: new rows" if read.new else read.name for read in step.reads]
    return [*files, *tables, *(f"model {name}" for name in step.models)]


def _results(step: Step) -> list[str]:
    return [*step.writes, *(f"model {name}" for name in step.trains), *step.makes]


def _names(names: Iterable[str]) -> str:
    """The names as code; a remark behind a colon stays plain text."""
    parts = [name.partition(": ") for name in names]
    return ", ".join(f"`{name}` ({remark})" if remark else f"`{name}`" for name, _, remark in parts)
