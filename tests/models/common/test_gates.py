"""Who serves, by paired intervals on the same held-out rows: learner, champion, best baseline or nobody."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from models_shared import gates_passed

from footfall.models.common.declaration import Gate
from footfall.models.common.gates import Contenders, Role, Verdict, decide
from footfall.models.common.measures import paired_gain, resamples

ROWS = 400
RIGHT = np.arange(ROWS) % 2  # what is true of the rows
METRICS = {"accuracy": lambda truth, answers: float(np.mean(truth == answers))}


def answers(wrong: int, *, start: int = 0) -> np.ndarray[Any, Any]:
    """Right but for `wrong` rows, spread evenly from `start` on."""
    places = (start + np.arange(wrong) * ROWS // max(wrong, 1)) % ROWS
    predicted = RIGHT.copy()
    predicted[places] = 1 - predicted[places]
    return predicted


TRIVIAL = np.zeros(ROWS, dtype=np.int64)  # half are right
NEARLY_RIGHT, GOOD, FAIR, USELESS = answers(4), answers(60), answers(120), answers(200, start=1)


def verdict_of(
    learner: np.ndarray[Any, Any],
    *,
    champion: np.ndarray[Any, Any] | None = None,
    least_gain: float | str = 0.0,
    max_champion_loss: float = 0.01,
    **baselines: np.ndarray[Any, Any],
) -> Verdict:
    contenders = Contenders(
        outcomes=RIGHT,
        learner="learner",
        predictions={"learner": learner, **baselines},
        baselines=tuple(baselines),
        trivial=TRIVIAL,
        champion=champion,
        champion_name="" if champion is None else "toy/3",
    )
    return decide(
        contenders, gates=(Gate("accuracy", least_gain),), metrics=METRICS, settings={"min_gain": 0.2},
        max_champion_loss=max_champion_loss, rounds=100,
    )  # fmt: skip


def test_a_learner_that_surely_beats_the_better_baseline_serves() -> None:
    verdict = verdict_of(NEARLY_RIGHT, good=GOOD, fair=FAIR)
    assert (verdict.role, verdict.served_by, verdict.reason) == (Role.LEARNER, "learner", "")
    (report,) = verdict.reports
    assert (report.against, report.passed) == ("good", True)
    assert report.gain.value == pytest.approx(56 / ROWS)
    assert 0 < report.gain.low < report.gain.value < report.gain.high


def test_where_the_learner_only_ties_the_best_baseline_that_beats_the_trivial_prediction_serves() -> None:
    verdict = verdict_of(GOOD.copy(), fair=FAIR, good=GOOD, useless=USELESS)
    assert (verdict.role, verdict.name, verdict.served_by) == (Role.BASELINE, "good", "baseline: good")
    assert not verdict.reports[0].passed


def test_a_gain_that_chance_explains_is_none() -> None:
    verdict = verdict_of(answers(58, start=2), good=GOOD)
    assert verdict.reports[0].gain.value > 0 > verdict.reports[0].gain.low
    assert verdict.role is Role.BASELINE


def test_where_nothing_surely_beats_the_trivial_prediction_nobody_serves_and_the_words_say_why() -> None:
    verdict = verdict_of(answers(198), useless=USELESS)
    assert (verdict.role, verdict.name, verdict.served_by) == (Role.NOBODY, "", "")
    assert verdict.reason.startswith("accuracy is +0.0050 from ")
    assert verdict.reason.endswith("more than +0.0000 is needed; no baseline beats the trivial prediction")


def test_without_baselines_the_learner_must_beat_the_trivial_prediction() -> None:
    assert verdict_of(GOOD).role is Role.LEARNER
    nobody = verdict_of(USELESS)
    assert nobody.role is Role.NOBODY
    assert "from the trivial prediction" in nobody.reason


def test_a_candidate_that_is_surely_worse_than_the_champion_does_not_take_its_place() -> None:
    verdict = verdict_of(GOOD, fair=FAIR, champion=NEARLY_RIGHT)
    assert (verdict.role, verdict.name, verdict.served_by) == (Role.CHAMPION, "toy/3", "")
    assert gates_passed(verdict) == {("accuracy", "baseline"): True, ("accuracy", "champion"): False}
    assert verdict.reason.startswith("accuracy is -0.1400 from the champion (toy/3), 95% interval from -0.")
    assert verdict.reason.endswith("at least -0.0100 is needed")


@pytest.mark.parametrize("max_champion_loss", [0.0, 0.01])
def test_an_equal_candidate_takes_the_champions_place(max_champion_loss: float) -> None:
    assert verdict_of(GOOD.copy(), fair=FAIR, champion=GOOD, max_champion_loss=max_champion_loss).role is Role.LEARNER


def test_a_champion_stays_where_the_learner_misses_a_gate_and_no_baseline_is_surely_better_than_it() -> None:
    assert verdict_of(FAIR.copy(), fair=FAIR, champion=GOOD).role is Role.CHAMPION
    assert verdict_of(GOOD.copy(), good=GOOD, champion=GOOD).role is Role.CHAMPION
    assert verdict_of(USELESS, champion=GOOD).role is Role.CHAMPION


def test_a_champion_that_is_surely_worse_than_the_best_baseline_gives_way_to_it() -> None:
    verdict = verdict_of(GOOD.copy(), good=GOOD, fair=FAIR, champion=FAIR)
    assert (verdict.role, verdict.name) == (Role.BASELINE, "good")


def test_a_champion_that_no_longer_beats_the_trivial_prediction_does_not_stay() -> None:
    assert verdict_of(USELESS, useless=USELESS, champion=USELESS).role is Role.NOBODY
    assert verdict_of(FAIR.copy(), fair=FAIR, champion=USELESS).role is Role.BASELINE


def test_the_least_gain_may_be_the_name_of_a_setting_and_must_be_exceeded() -> None:
    assert verdict_of(NEARLY_RIGHT, fair=FAIR, least_gain="min_gain").role is Role.LEARNER
    verdict = verdict_of(NEARLY_RIGHT, good=GOOD, least_gain="min_gain")
    assert verdict.role is Role.BASELINE
    assert "more than +0.2000 is needed" in verdict.reason


def test_a_negative_least_gain_forgives_so_much() -> None:
    assert verdict_of(GOOD.copy(), good=GOOD, least_gain=-0.02).role is Role.LEARNER


def test_a_metric_that_cannot_be_computed_is_a_missed_gate() -> None:
    contenders = Contenders(RIGHT, "learner", {"learner": GOOD}, (), TRIVIAL)
    verdict = decide(
        contenders, gates=(Gate("none"),), metrics={"none": lambda *_: float("nan")}, settings={},
        max_champion_loss=0.01, rounds=5,
    )  # fmt: skip
    assert verdict.role is Role.NOBODY


def test_gains_are_paired_and_against_the_best_rival_of_each_resample() -> None:
    draws = resamples(ROWS, 200)
    metric = METRICS["accuracy"]
    same = paired_gain(metric, RIGHT, GOOD, [GOOD, FAIR], draws)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    beyond = paired_gain(metric, RIGHT, GOOD, [FAIR], draws)
    best_of_both = paired_gain(metric, RIGHT, GOOD, [FAIR, answers(120, start=2)], draws)
    assert best_of_both.value == beyond.value
    assert best_of_both.low < beyond.low


def test_a_verdict_as_json_has_the_figures_of_every_gate() -> None:
    fields = verdict_of(GOOD, fair=FAIR, champion=NEARLY_RIGHT).as_json()
    assert (fields["role"], fields["serves"]) == ("champion", "")
    assert [(g["metric"], g["against"], g["passed"]) for g in fields["gates"]] == [
        ("accuracy", "fair", True),
        ("accuracy", "the champion (toy/3)", False),
    ]
    assert fields["gates"][1]["gain"]["value"] == pytest.approx(-56 / ROWS)
    assert fields["reason"] == fields["gates"][1]["words"]
