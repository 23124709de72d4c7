"""A model version becomes champion when its batch closes: not before, not twice, and also after a kill in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from footfall.runtime.runner import Runner
from footfall.steps.step import Frames, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from runtime.numbers_shared import NOW, Killed, add_numbers, numbers_in, runner_of, states_of


class Aliases:
    """A registry in memory: who is champion of each model, and every promotion that was made."""

    def __init__(self) -> None:
        self.champions: dict[str, str] = {}
        self.promotions: list[tuple[str, str]] = []

    def champion_version(self, model: str) -> str:
        """Empty where nobody is champion."""
        return self.champions.get(model, "")

    def promote(self, model: str, number: str) -> None:
        """Moves the alias."""
        self.champions[model] = number
        self.promotions.append((model, number))


def _train(number: str, *, promotes: bool = True) -> Step:
    def apply(_: Frames) -> StepResult:
        versions = {"churn": number}
        return StepResult(models=versions, promotes=versions if promotes else {})

    return Step("train_churn", (), (), apply, values={"number": number})


def _score(used: list[str], registry: Aliases) -> Step:
    def apply(_: Frames) -> StepResult:
        used.append(registry.champion_version("churn"))
        return StepResult()

    return Step("score_churn", (), (), apply, models=("churn",))


def test_a_version_is_champion_after_its_batch_and_the_next_step_uses_it(lake: Lake) -> None:
    registry, used = Aliases(), list[str]()
    runner_of(lake, champions=registry).run([_train("3"), _score(used, registry)])
    assert registry.champions == {"churn": "3"}
    assert used == ["3"]
    assert states_of(lake, "train_churn") == [(1, "closed"), (1, "open"), (1, "promoted")]


def test_the_alias_has_not_moved_while_the_batch_is_open(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Aliases()
    registry.champions["churn"] = "2"

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", kill)
        with pytest.raises(Killed):
            runner_of(lake, champions=registry).run([_train("3")])
    assert registry.champions == {"churn": "2"}
    runner_of(lake, champions=registry, take_over=True).run([_train("3")])
    assert registry.promotions == [("churn", "3")]


@pytest.mark.parametrize("at", ["before the alias", "after the alias"])
def test_a_run_killed_around_the_promotion_is_finished_by_the_next_run_of_any_job(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    registry = Aliases()

    def kill(*_: object) -> None:
        raise Killed

    owner, method = (Runner, "promote") if at == "before the alias" else (Books, "mark_promoted")
    with monkeypatch.context() as patch:
        patch.setattr(owner, method, kill)
        with pytest.raises(Killed):
            runner_of(lake, champions=registry).run([_train("3")])
    assert registry.champions == ({} if at == "before the alias" else {"churn": "3"})
    lines: list[str] = []
    runner_of(lake, champions=registry, lines=lines).run([add_numbers(lake, 1)])  # a job that trains nothing
    assert registry.champions == {"churn": "3"}
    assert registry.promotions == [("churn", "3")]
    assert "champion now: churn version 3" in lines[0]
    assert numbers_in(lake) == [1]


def test_a_rollback_stays_when_the_next_run_has_nothing_new(lake: Lake) -> None:
    registry = Aliases()
    runner_of(lake, champions=registry).run([_train("2")])
    runner_of(lake, champions=registry).run([_train("3")])
    registry.champions["churn"] = "2"  # a person rolls back
    runner_of(lake, champions=registry).run([_train("3")])
    assert registry.champions == {"churn": "2"}


def test_a_version_that_missed_its_gate_never_becomes_champion(lake: Lake) -> None:
    registry = Aliases()
    runner_of(lake, champions=registry).run([_train("2"), _train("3", promotes=False)])
    runner_of(lake, champions=registry).run([_train("3", promotes=False)])
    assert registry.promotions == [("churn", "2")]
    assert states_of(lake, "train_churn") == [(1, "closed"), (1, "open"), (1, "promoted"), (2, "closed"), (2, "open")]


def test_a_model_that_nobody_may_serve_any_more_loses_its_alias(lake: Lake) -> None:
    registry = Aliases()
    nobody = Step("train_churn", (), (), lambda _: StepResult(models={"churn": "3"}, promotes={"churn": ""}))
    runner_of(lake, champions=registry).run([_train("2"), nobody])
    assert registry.champions == {"churn": ""}


def test_changed_rows_wait_for_the_cadence_and_changed_settings_do_not(lake: Lake) -> None:
    days_trained: list[tuple[int, int]] = []

    def train(on_day: int, *, rows: int, settings: int = 1) -> None:
        def apply(_: Frames) -> StepResult:
            days_trained.append((on_day, rows))
            return StepResult(models={"churn": str(len(days_trained))})

        step = Step(
            "train_churn", (), (), apply, values={"settings": settings}, day_values={"rows": rows}, cadence_days=7
        )
        runner_of(lake, now=NOW + timedelta(days=on_day)).run([step])

    train(0, rows=1)
    train(6, rows=2)  # too early
    train(7, rows=3)
    train(8, rows=4, settings=2)  # settings count at once
    train(14, rows=5, settings=2)  # six days after that
    train(15, rows=5, settings=2)
    assert days_trained == [(0, 1), (7, 3), (8, 4), (15, 5)]


def test_settings_under_which_nothing_was_trained_yet_do_not_wait_for_the_cadence(lake: Lake) -> None:
    trained: list[int] = []

    def train(on_day: int, *, rows: int, least: int) -> None:
        def apply(_: Frames) -> StepResult:
            trained.append(rows)
            return StepResult(models={"churn": str(on_day)}) if rows >= least else StepResult(gate_failed="too few")

        values, now = {"settings": least}, NOW + timedelta(days=on_day)
        step = Step("train_churn", (), (), apply, values=values, day_values={"rows": rows}, cadence_days=7)
        runner_of(lake, now=now).run([step])

    train(0, rows=480, least=50)
    train(1, rows=480, least=500)  # too few by the new setting
    train(2, rows=510, least=500)
    assert trained == [480, 480, 510]
