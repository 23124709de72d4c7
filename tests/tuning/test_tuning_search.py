"""The search finds a rate that learns, prunes what does not, and never looks at judged texts."""

from __future__ import annotations

from pathlib import Path

import optuna
from tuning_shared import CLASSES, ruled, spec_of, tiny_bert

from footfall.tuning.search import Ranges, search

TEXTS, LABELS = ruled(100)
FEW = Ranges(rate=(1e-9, 1e-2), epochs=(2, 2), frozen_layers=(0, 1))


def test_the_best_of_the_trials_is_given_back(tmp_path: Path):
    points: list[tuple[int, str, float]] = []
    searched = search(
        TEXTS, LABELS, encoder_dir=tiny_bert(tmp_path), classes=CLASSES, ranges=FEW, trials=7,
        spec=spec_of(start_from_logistic=False, epochs=2), log=lambda *point: points.append(point),
    )  # fmt: skip
    complete = [trial for trial in searched.trials if trial.state == "complete"]
    assert len(searched.trials) == 7
    assert [t.state for t in searched.trials].count("pruned") >= 1
    best = min(complete, key=lambda trial: trial.loss)
    assert {name: getattr(searched.spec, name) for name in best.settings} == best.settings
    assert searched.spec.rate > 1e-5
    assert [value for _, name, value in points if name == "search_loss"] == [trial.loss for trial in complete]
    assert optuna.logging.get_verbosity() == optuna.logging.INFO


def test_on_small_data_the_loss_is_the_mean_over_folds_and_repeats(tmp_path: Path):
    folder = tiny_bert(tmp_path)

    def once(fold_count: int) -> float:
        spec, fixed = spec_of(epochs=1), Ranges(epochs=(1, 1), frozen_layers=(0, 0))
        searched = search(
            TEXTS, LABELS, encoder_dir=folder, classes=CLASSES, ranges=fixed, trials=1, spec=spec,
            fold_count=fold_count, log=lambda *point: None,  # noqa: ARG005 - a Log
        )  # fmt: skip
        return searched.trials[0].loss

    three = once(3)
    assert three == once(3)
    assert three != once(1)
