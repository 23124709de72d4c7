"""Which models serve, and what the page says of it: a learner, a baseline in its place, or nobody with the reason. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from footfall.models import MODELS
from footfall.report.data import Evaluation, ReportData

BASELINE = "baseline: "  # how a baseline that serves is marked in `served_by`
NO_ROWS = "there are no rows that it applies to"


@dataclass(frozen=True)
class ModelStatus:
    """One declared model as the results of the day show it; `version` and `served_by` are empty where nothing serves."""

    name: str
    about: str
    served_by: str
    version: str
    reason: str

    @property
    def sentence(self) -> str:
        """Who serves, in words."""
        return serving_sentence(self.name, self.served_by, self.reason)


def scoring_models() -> list[str]:
    """Names of the declared models whose champions give results, in the order of the declarations."""
    return [model.name for model in MODELS.values() if model.score or model.documents]


def versions_in_use(model_versions: pd.DataFrame) -> dict[str, str]:
    """Model -> number of its version, of rows (model_version, table_name, row_count): the version with the most rows.

    A name without a number (`sentiment` instead of `sentiment/3`) has no run in MLflow and is left out.
    """
    totals: dict[tuple[str, str], int] = {}
    for version, rows in zip(model_versions["model_version"], model_versions["row_count"], strict=True):
        model, _, number = str(version).rpartition("/")
        if model and number.isdigit():
            totals[model, number] = totals.get((model, number), 0) + int(rows)
    ordered = sorted(totals, key=lambda key: (totals[key], int(key[1])))
    return dict(ordered)


def model_statuses(data: ReportData) -> list[ModelStatus]:
    """A status for each model that gives results."""
    versions = versions_in_use(data.model_versions)
    return [_status(data, name, versions.get(name, "")) for name in scoring_models()]


def churn_status(data: ReportData) -> ModelStatus:
    """Who gave the churn scores of the day, for most people; without a score the reason that stands in the table."""
    rows = data.churn_serving.to_dict("records")
    row = next((row for row in rows if row["served_by"]), rows[0] if rows else None)
    if row is None:
        return _status(data, "churn", "")
    verdict = _verdict(data.evaluations.get("churn", {}))
    reason = row["no_score_reason"] or verdict.get("reason", "")
    return ModelStatus("churn", MODELS["churn"].about, row["served_by"] or "", row["model_version"] or "", reason)


def serving_sentence(name: str, served_by: str, reason: str) -> str:
    """Such as: Churn: the baseline 'recency alone' serves, since ..."""
    title = name.replace("_", " ").capitalize()
    if served_by.startswith(BASELINE):
        since = f", since {reason}" if reason else ""
        return f"{title}: the baseline '{served_by.removeprefix(BASELINE)}' serves{since.rstrip('.')}."
    if served_by:
        return f"{title}: {served_by} serves."
    return f"{title}: no results, since {(reason or NO_ROWS).rstrip('.')}."


def gain_curve_of(evaluation: Evaluation, served_by: str) -> Sequence[Mapping[str, float]]:
    """The gain curve of the learner or baseline that serves; that of the learner where it is not named."""
    curves: Mapping[str, Sequence[Mapping[str, float]]] = evaluation.get("gain_curve", {})
    return curves.get(served_by.removeprefix(BASELINE)) or next(iter(curves.values()), ())


def evaluated_name(evaluation: Evaluation) -> str:
    """Name of the learner or baseline whose figures these are: whoever serves, else the learner."""
    return next(iter(evaluation.get("gain_curve", {})), "model")


def _status(data: ReportData, name: str, number: str) -> ModelStatus:
    about = MODELS[name].about
    if not number:
        return ModelStatus(name, about, "", "", data.no_model_reasons.get(name) or NO_ROWS)
    verdict = _verdict(data.evaluations.get(name, {}))
    served_by = verdict.get("serves") or "the learner"
    return ModelStatus(name, about, served_by, f"{name}/{number}", verdict.get("reason", ""))


def _verdict(evaluation: Evaluation) -> Mapping[str, str]:
    verdict: Mapping[str, str] = evaluation.get("verdict", {})
    return verdict
