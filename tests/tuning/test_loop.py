"""The loop learns, stops in time, adds passes up exactly, and goes on where it was killed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tuning_shared import job_of, spec_of, tiny_bert

from footfall.tuning import checkpoint
from footfall.tuning.checkpoint import Tensors
from footfall.tuning.job import Learned, TuningJob, train_here
from footfall.tuning.loop import rate_at


class Killed(BaseException):
    """What ends a process between two steps."""


def silent(step: int, name: str, value: float) -> None:  # noqa: ARG001 - a Log
    return


def last(trained: Learned, name: str) -> float:
    return [value for _, metric, value in trained.progress.curve if metric == name][-1]


def farthest(first: Tensors, second: Tensors) -> float:
    assert first.keys() == second.keys()
    return max(float((first[name] - second[name]).abs().max()) for name in first)


def killed_at(job: TuningJob, step: int, checkpoints: Path) -> None:
    def log(at: int, name: str, value: float) -> None:  # noqa: ARG001 - a Log
        if at == step:
            raise Killed

    with pytest.raises(Killed):
        train_here(job, log, checkpoints)


def test_the_rate_rises_over_the_warm_up_and_falls_to_nothing():
    rates = [rate_at(step, steps=10, warm_up_share=0.2) for step in range(1, 12)]
    assert rates == pytest.approx([1 / 2, 1, 8 / 9, 7 / 9, 6 / 9, 5 / 9, 4 / 9, 3 / 9, 2 / 9, 1 / 9, 0])
    assert rate_at(1, steps=1, warm_up_share=0.0) == 1


def test_it_learns_a_rule_that_the_majority_does_not_know(tmp_path: Path):
    job = job_of(tiny_bert(tmp_path), spec_of(epochs=4, start_from_logistic=False), texts=160, stopping=80)
    tuned = train_here(job, silent)
    majority = max(np.bincount(job.stopping.labels)) / len(job.stopping)
    assert last(tuned, "stopping_accuracy") > majority + 0.2
    assert last(tuned, "stopping_loss") < 0.5


@pytest.mark.parametrize(("step", "decay"), [(4, 0.0), (6, 0.9), (14, 0.0), (17, 0.9)])
def test_a_run_killed_between_two_steps_ends_with_the_same_weights(tmp_path: Path, step: int, decay: float):
    job = job_of(tiny_bert(tmp_path), spec_of(dropout=0.2, augment_share=0.5, average_decay=decay))
    whole = train_here(job, silent)
    killed_at(job, step, tmp_path / "kept")
    steps: list[int] = []
    resumed = train_here(job, lambda at, name, value: steps.append(at), tmp_path / "kept")  # noqa: ARG005 - a Log
    assert min(steps) == step // 3 * 3 - (2 if step % 3 == 0 else -1)
    assert farthest(whole.tensors, resumed.tensors) == 0
    assert resumed.progress.curve == whole.progress.curve


def test_a_checkpoint_of_other_texts_or_another_spec_is_not_taken_up(tmp_path: Path):
    folder, kept = tiny_bert(tmp_path), tmp_path / "kept"
    job = job_of(folder, spec_of())
    killed_at(job, 7, kept)
    relabelled = replace(job, stopping=replace(job.stopping, labels=1 - job.stopping.labels))
    for other in (job_of(folder, spec_of(), texts=88), job_of(folder, spec_of(rate=1e-3)), relabelled):
        steps: list[int] = []
        train_here(other, lambda at, name, value: steps.append(at), kept)  # noqa: ARG005, B023 - a Log, read at once
        assert min(steps) == 1


def test_passes_that_add_up_are_one_batch(tmp_path: Path):
    folder = tiny_bert(tmp_path)
    single = train_here(job_of(folder, spec_of(dropout=0.0, batch_texts=12)), silent)
    added = train_here(job_of(folder, spec_of(dropout=0.0, batch_texts=4, accumulation=3)), silent)
    assert farthest(single.tensors, added.tensors) < 1e-4


def test_it_stops_when_nothing_gets_better_and_leaves_the_best(tmp_path: Path):
    spec = spec_of(rate=0.5, epochs=50, patience=2, evaluations_an_epoch=3, dropout=0.0, clip_norm=100.0)
    trained = train_here(job_of(tiny_bert(tmp_path), spec), silent)
    losses = [(step, value) for step, name, value in trained.progress.curve if name == "stopping_loss"]
    assert len(losses) < 50 * 3
    assert losses[-3] == (trained.progress.best_step, trained.progress.best_loss)
    assert min(value for _, value in losses) == trained.progress.best_loss


def test_the_model_left_is_the_one_of_the_best_evaluation(tmp_path: Path):
    spec = spec_of(rate=0.05, epochs=3, dropout=0.0)
    job = job_of(tiny_bert(tmp_path), spec)
    until: dict[int, float] = {}
    trained = train_here(job, lambda at, name, value: until.update({at: value}) if name == "stopping_loss" else None)
    assert until[trained.progress.best_step] == min(until.values())
    again = train_here(job, silent)
    assert farthest(trained.tensors, again.tensors) == 0


def test_what_is_kept_is_the_mean_of_the_weights_where_one_is_asked_for(tmp_path: Path):
    plain = {"rate": 0.02, "dropout": 0.0, "epochs": 1, "evaluations_an_epoch": 1, "checkpoint_steps": 1}
    job = job_of(tiny_bert(tmp_path), spec_of(**plain, average_decay=0.99), texts=16)
    killed_at(job, 2, tmp_path)
    first = checkpoint.read(next(tmp_path.glob("*.pt")))
    second = train_here(replace(job, spec=replace(job.spec, average_decay=0.0)), silent)
    mean = train_here(job, silent)
    assert first is not None
    assert (first["progress"].step, second.progress.step, mean.progress.step) == (1, 2, 2)
    young = 3 / 12  # of the second step
    wanted = {name: young * first["learned"][name] + (1 - young) * held for name, held in second.tensors.items()}
    assert farthest(wanted, mean.tensors) < 1e-6 < farthest(second.tensors, mean.tensors)
    assert mean.progress.averaged == {}


def test_a_rare_class_is_heard_where_classes_are_balanced(tmp_path: Path):
    spec = spec_of(epochs=1, evaluations_an_epoch=1, rate=0.05, frozen_layers=2, start_from_logistic=False)
    job = job_of(tiny_bert(tmp_path), spec)
    skewed = np.where(np.arange(len(job.fitted)) % 16, 0, 1)
    lopsided = replace(job, fitted=replace(job.fitted, labels=skewed))
    share = {}
    for balanced in (True, False):
        trained = train_here(replace(lopsided, spec=replace(spec, balance_classes=balanced)), silent)
        share[balanced] = float(torch.softmax(trained.tensors["linear.bias"], dim=0)[1])
    assert share[False] < 0.25
    assert share[True] > share[False] + 0.15
