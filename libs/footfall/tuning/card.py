"""The card of a fine-tuned encoder in Markdown: data, licence, held-out figures, where it fails, parameters. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LOADED = "It is loaded as any encoder of footfall; `head.json` holds the head over its vectors of length 1."
NOT_EVALUATED = "Not evaluated on held-out texts: the training was given none."
FEWEST_TEXTS = 30  # of a kind; fewer show nothing


@dataclass(frozen=True)
class Figure:
    """One metric with its 95% interval on one group of held-out texts; `by` is what groups them, such as language."""

    by: str
    group: str
    metric: str
    value: float
    low: float
    high: float
    texts: int


@dataclass(frozen=True)
class FailureCheck:
    """One kind of text on which the model was suspected to fail, and how it does on the held-out texts of that kind.

    `accuracy` is within the kind; `difference` is that minus the accuracy on all other held-out texts, with its 95%
    interval. They are None without texts of the kind, and the difference also without others.
    """

    kind: str
    texts: int
    accuracy: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def verdict(self) -> str:
        """What the texts of the kind show, in words."""
        if self.texts < FEWEST_TEXTS:
            return "too few texts to tell"
        if self.low is None or self.high is None:
            return "no other texts to compare with"
        if self.high < 0:
            return "fails more often"
        return "fails less often" if self.low > 0 else "no difference shown"


@dataclass(frozen=True)
class EncoderCard:
    """What a reader must know before using the model. No text of the data stands in it.

    `not_checked` says in words on what kinds of text nobody looked for failures.
    """

    name: str
    encoder: str
    classes: Sequence[str]
    data: str
    licence: str
    parameters: Mapping[str, Any]
    training_metrics: Mapping[str, float]
    texts_by_language: Mapping[str, int]
    figures: Sequence[Figure] = ()
    failure_checks: Sequence[FailureCheck] = ()
    not_checked: str = ""

    def markdown(self) -> str:
        """The whole card."""
        languages = ", ".join(f"{k} {n}" for k, n in sorted(self.texts_by_language.items())) or "not known"
        metrics = [(name, f"{value:.4g}") for name, value in self.training_metrics.items()]
        parameters = [(name, str(value)) for name, value in self.parameters.items()]
        sections = [
            f"# {self.name}",
            f"The encoder `{self.encoder}`, fine-tuned to predict {', '.join(self.classes)}. {LOADED}",
            f"## Data\n\n{self.data}\n\nTexts by language: {languages}.",
            f"## Licence\n\n{self.licence}",
            f"## Figures\n\n{_figures(self.figures)}",
            f"## Known failures\n\n{self._failures()}",
            f"## While it was trained\n\n{_table(('metric', 'value'), metrics)}",
            f"## Parameters\n\n{_table(('parameter', 'value'), parameters)}",
        ]
        return "\n\n".join(sections) + "\n"

    def _failures(self) -> str:
        if not self.failure_checks:
            return NOT_EVALUATED
        how = (
            "Kinds of text that were looked for among the held-out texts. The difference is the accuracy on texts of the "
            f"kind minus that on all others; of a kind with fewer than {FEWEST_TEXTS} texts nothing is concluded."
        )
        rows = [
            (
                check.kind,
                str(check.texts),
                "-" if check.accuracy is None else f"{check.accuracy:.3f}",
                _difference(check),
                check.verdict,
            )
            for check in self.failure_checks
        ]
        head = ("kind of text", "texts", "accuracy", "difference (95% interval)", "result")
        return "\n\n".join(filter(None, (how, _table(head, rows), self.not_checked)))


def _figures(figures: Sequence[Figure]) -> str:
    rows = [(f.by, f.group, f.metric, f"{f.value:.3f} ({f.low:.3f} to {f.high:.3f})", str(f.texts)) for f in figures]
    head = ("by", "group", "metric", "value (95% interval)", "texts")
    return _table(head, rows) if rows else NOT_EVALUATED


def _difference(check: FailureCheck) -> str:
    if check.difference is None:
        return "-"
    return f"{check.difference:+.3f} ({check.low:+.3f} to {check.high:+.3f})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
