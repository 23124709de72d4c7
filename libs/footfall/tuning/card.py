"""The card of a fine-tuned encoder in Markdown: data, licence, figures by language, length and source, failures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LOADED = "It is loaded as any encoder of footfall; `head.json` holds the head over its vectors of length 1."


@dataclass(frozen=True)
class Figure:
    """One measured value with its interval, of one group of judged texts: `by` is language, length, source or all."""

    by: str
    group: str
    measure: str
    value: float
    low: float
    high: float
    texts: int


def card(
    *,
    name: str,
    encoder: str,
    classes: Sequence[str],
    data: str,
    licence: str,
    parameters: Mapping[str, Any],
    measures: Mapping[str, float],
    texts_by_language: Mapping[str, int],
    figures: Sequence[Figure] = (),
    failures: Sequence[str] = (),
) -> str:
    """What a reader must know before using the model. No text of the data stands in it."""
    languages = ", ".join(f"{k} {n}" for k, n in sorted(texts_by_language.items())) or "not told"
    parts = [
        f"# {name}",
        f"The encoder `{encoder}`, fine-tuned to tell {', '.join(classes)}. {LOADED}",
        f"## Data\n\n{data}\n\nTexts by language: {languages}.",
        f"## Licence\n\n{licence}",
        "## Figures\n\n" + _figures(figures),
        "## While it was trained\n\n" + _table(("measure", "value"), [(k, f"{v:.4g}") for k, v in measures.items()]),
        "## Known failures\n\n" + ("\n".join(f"- {f}" for f in failures) or "None was looked for yet."),
        "## Parameters\n\n" + _table(("parameter", "value"), [(k, str(v)) for k, v in parameters.items()]),
    ]
    return "\n\n".join(parts) + "\n"


def _figures(figures: Sequence[Figure]) -> str:
    rows = [
        (f.by, f.group, f.measure, f"{f.value:.3f} ({f.low:.3f} to {f.high:.3f})", str(f.texts))
        for f in sorted(figures, key=lambda f: (f.by, f.group, f.measure))
    ]
    head = ("by", "group", "measure", "value (95% interval)", "texts")
    return _table(head, rows) if rows else "Not judged on texts of their own yet."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
