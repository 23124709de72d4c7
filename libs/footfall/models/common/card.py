"""A model's card in Markdown: what it predicts, for whom, from what, its figures, who serves and why. Pure, no text of the data."""

from __future__ import annotations

from collections.abc import Sequence

from footfall.models.common.declaration import Learner, Model
from footfall.models.common.featureset import FeatureSet
from footfall.models.common.trained import Trained


def declared(model: Model) -> str:
    """What the declaration says: the part of the card that needs no training."""
    inputs = (
        _table(("feature", "transform", "meaning"), [(f.column, f.transform, f.words) for f in model.features.features])
        if isinstance(model.features, FeatureSet)
        else f"The columns {', '.join(f'`{column}`' for column in model.features.columns)} of texts that the encoder has read."
    )
    parts = [
        f"It predicts {model.about}.",
        f"**Population**: {model.population.words}.",
        f"**Label**: {model.label.words}." if model.label else "**Label**: none, it groups.",
        f"**Trained by** `jobs/{model.stage}.py --model {model.name}`, from {_names(model.reads)}.",
        f"**Scores** go to {_names(model.writes)}." if model.writes else "",
        f"**Settings**: section `{model.settings}` of [settings](settings.md)." if model.settings else "",
        f"**Inputs**\n\n{inputs}",
        f"**Learners and baselines**\n\n{_learners(model)}",
        "**Gates** (the low end of the paired 95% interval on the same held-out rows)\n\n"
        + _table(
            ("metric", "least gain over the better baseline"), [(g.metric, str(g.least_gain)) for g in model.gates]
        ),
    ]
    return "\n\n".join(part for part in parts if part)


def card(model: Model, trained: Trained) -> str:
    """The declaration and what this training came to."""
    verdict = trained.verdict
    gates = [(r.metric, r.against, f"{r.gain.value:+.4f} (from {r.gain.low:+.4f})", f"{r.least:+.4f}", "yes" if r.passed else "no")
             for r in verdict.reports]  # fmt: skip
    parts = [
        f"# {model.name}",
        declared(model),
        f"## This version\n\nServes: {verdict.served_by or 'not this version'}."
        + (f" Reason: {verdict.reason}." if verdict.reason else ""),
        "## Gates\n\n" + _table(("metric", "against", "gain (95% interval)", "least", "passed"), gates),
        "## Figures\n\n" + _table(("metric", "value"), [(k, f"{v:.4g}") for k, v in sorted(trained.metrics.items())]),
        "## Parameters\n\n" + _table(("parameter", "value"), [(k, str(v)) for k, v in trained.parameters.items()]),
    ]
    return "\n\n".join(parts) + "\n"


def _learners(model: Model) -> str:
    kinds: list[tuple[str, Learner]] = [("learner", x) for x in model.learners] + [
        ("baseline", x) for x in model.baselines
    ]
    return _table(("", "name", "what it is"), [(kind, x.name, x.words) for kind, x in kinds])


def _names(tables: Sequence[object]) -> str:
    return ", ".join(f"`{getattr(table, 'full_name', table)}`" for table in tables)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
