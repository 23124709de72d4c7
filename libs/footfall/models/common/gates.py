"""Who serves: the learner past its gates, else the champion, else the best baseline, else nobody. Plain arrays, no Spark.

All gates are of one kind: the low end of a paired 95% bootstrap interval of a metric's gain, against the better baseline and
against the champion, all on the same held-out rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from footfall.models.common.declaration import Gate
from footfall.models.common.measures import Interval, Labels, paired_gain, resamples

Outcomes = Any  # what is true of the held-out rows: an array whose first axis are the rows
Predictions = Any  # what a contender predicts of them, likewise
Metric = Callable[[Outcomes, Predictions], float]  # greater is better


class Role(StrEnum):
    """What a contender is."""

    LEARNER = "learner"
    BASELINE = "baseline"
    CHAMPION = "champion"
    NOBODY = "nobody"


@dataclass(frozen=True)
class GateReport:
    """One gate as it came out: the gain of a metric against a rival, and the bound of its low end.

    A baseline must be beaten by more than `least`: a tie lets the simpler one serve. Against the champion a tie is enough.
    """

    metric: str
    against: str
    gain: Interval
    least: float
    is_champion: bool = False

    @property
    def passed(self) -> bool:
        """Whether even the low end is enough."""
        return bool(self.gain.low >= self.least if self.is_champion else self.gain.low > self.least)

    @property
    def words(self) -> str:
        """The gate in words with its figures."""
        bound = "at least" if self.is_champion else "more than"
        return (
            f"{self.metric} is {self.gain.value:+.4f} from {self.against}, 95% interval from {self.gain.low:+.4f}; "
            f"{bound} {self.least:+.4f} is needed"
        )


@dataclass(frozen=True)
class Contenders:
    """What each contender predicts of the same held-out rows.

    `trivial` is the prediction that knows no row from another. `champion` is None where there is none, or where it reads
    other features than these rows have. `objection` says why the learner may not serve whatever its gates say (no number of
    groups repeats); empty: it may.
    """

    outcomes: Outcomes
    learner: str
    predictions: Mapping[str, Predictions]  # of the learner and of every baseline, by name
    baselines: tuple[str, ...]
    trivial: Predictions
    champion: Predictions | None = None
    champion_name: str = ""
    objection: str = ""

    def of(self, name: str) -> Predictions:
        """The predictions of a learner or baseline."""
        return self.predictions[name]


@dataclass(frozen=True)
class Verdict:
    """Who serves from now on, the gates of the learner, and why where it is not the learner."""

    role: Role
    name: str
    reports: tuple[GateReport, ...]
    reason: str = ""

    @property
    def served_by(self) -> str:
        """As tables and report name it; empty where nobody serves."""
        return {Role.LEARNER: self.name, Role.BASELINE: f"baseline: {self.name}"}.get(self.role, "")

    def as_json(self) -> dict[str, Any]:
        """For evaluation.json, the report and the card."""
        gates = [{**asdict(r), "passed": r.passed, "words": r.words} for r in self.reports]
        return {"role": self.role.value, "serves": self.served_by, "reason": self.reason, "gates": gates}


def decide(
    contenders: Contenders,
    *,
    gates: Sequence[Gate],
    metrics: Mapping[str, Metric],
    settings: Mapping[str, Any],
    max_champion_loss: float,
    rounds: int,
) -> Verdict:
    """The verdict over the contenders; the first gate's metric ranks baselines.

    `settings` resolves gates whose least gain is the name of a setting. A champion stays where the learner misses a gate,
    unless the best baseline is surely better than it or it does not beat the trivial prediction.
    """
    draws = resamples(len(contenders.outcomes), rounds)
    reports = _reports(contenders, gates, metrics, settings, max_champion_loss, draws)
    faults = [contenders.objection] if contenders.objection else []
    faults += [report.words for report in reports if not report.passed]
    if not faults:
        return Verdict(Role.LEARNER, contenders.learner, reports)
    missed = "; ".join(faults)
    main = metrics[gates[0].metric]

    def gain(ours: Predictions, rival: Predictions) -> Interval:
        return paired_gain(main, contenders.outcomes, ours, [rival], draws)

    useful = [n for n in contenders.baselines if gain(contenders.of(n), contenders.trivial).low > 0]
    best = max(useful, key=lambda n: main(contenders.outcomes, contenders.of(n)), default="")
    champion = contenders.champion
    is_useful = champion is not None and gain(champion, contenders.trivial).low > 0
    if is_useful and (not best or gain(contenders.of(best), champion).low <= 0):
        return Verdict(Role.CHAMPION, contenders.champion_name, reports, missed)
    if best:
        return Verdict(Role.BASELINE, best, reports, missed)
    return Verdict(Role.NOBODY, "", reports, f"{missed}; no baseline beats the trivial prediction")


def _reports(
    contenders: Contenders,
    gates: Sequence[Gate],
    metrics: Mapping[str, Metric],
    settings: Mapping[str, Any],
    max_champion_loss: float,
    draws: Sequence[Labels],
) -> tuple[GateReport, ...]:
    ours = contenders.of(contenders.learner)
    rivals = {name: contenders.of(name) for name in contenders.baselines}
    rivals["the trivial prediction"] = contenders.trivial
    reports = []
    for gate in gates:
        metric = metrics[gate.metric]
        least = float(settings[gate.least_gain]) if isinstance(gate.least_gain, str) else gate.least_gain
        best = max(rivals, key=lambda name: metric(contenders.outcomes, rivals[name]))
        gain = paired_gain(metric, contenders.outcomes, ours, list(rivals.values()), draws)
        reports.append(GateReport(gate.metric, best, gain, least))
        if contenders.champion is not None:
            gain = paired_gain(metric, contenders.outcomes, ours, [contenders.champion], draws)
            against = f"the champion ({contenders.champion_name})"
            reports.append(GateReport(gate.metric, against, gain, -max_champion_loss, is_champion=True))
    return tuple(reports)
