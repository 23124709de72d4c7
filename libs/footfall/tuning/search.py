"""Searches a TuningSpec by Optuna: rates, epochs, frozen layers, dropout; poor trials are pruned. Held-out texts are not used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from footfall.tuning.data import TuningSplit, TuningTexts, folds, labelled, split_texts
from footfall.tuning.job import TuningJob, train_here
from footfall.tuning.loop import Log
from footfall.tuning.model import Head
from footfall.tuning.spec import TuningSpec


@dataclass(frozen=True)
class Ranges:
    """The ranges that are searched; a range of one value is fixed."""

    rate: tuple[float, float] = (1e-5, 1e-4)
    head_rate_factor: tuple[float, float] = (1.0, 20.0)
    layer_decay: tuple[float, float] = (0.8, 1.0)
    dropout: tuple[float, float] = (0.0, 0.3)
    epochs: tuple[int, int] = (1, 3)
    frozen_layers: tuple[int, int] = (0, 6)


@dataclass(frozen=True)
class Trial:
    """One spec that was tried: its settings, its least loss on the texts to stop on (mean over folds), and how it ended."""

    settings: Mapping[str, Any]
    loss: float
    state: str  # complete, pruned or fail


@dataclass(frozen=True)
class Searched:
    """The best spec, and all trials in order."""

    spec: TuningSpec
    trials: tuple[Trial, ...]


def search(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    encoder_dir: Path,
    classes: Sequence[str],
    spec: TuningSpec,
    trials: int,
    log: Log,
    fold_count: int = 1,
    ranges: Ranges | None = None,
    start: Head | None = None,
) -> Searched:
    """Tries `trials` variants of `spec` and returns the one with the least loss.

    `fold_count` above 1 is for small data, where the loss on one split varies much: the loss is the mean over folds,
    each with its own early stopping. `log` gets (trial, name, value). A trial is pruned when its least loss so far is
    above the median of the others at the same evaluation.
    """
    parts = split_texts(
        labelled(texts, labels, classes=classes), stopping_share=spec.stopping_share, held_out_share=spec.held_out_share
    )
    pairs = [(parts[TuningSplit.FITTED], parts[TuningSplit.STOPPING])]
    if fold_count > 1:
        pairs = folds(_together(parts[TuningSplit.FITTED], parts[TuningSplit.STOPPING]), fold_count)
    jobs = [TuningJob(encoder_dir, fitted, stopping, len(classes), spec, start) for fitted, stopping in pairs]
    study = _study(spec.seed)

    def objective(trial: optuna.Trial) -> float:
        tried = replace(spec, **_suggested(trial, ranges or _ranges_for(encoder_dir)))
        losses = [_loss(replace(job, spec=tried), trial, fold) for fold, job in enumerate(jobs)]
        log(trial.number, "search_loss", float(np.mean(losses)))
        return float(np.mean(losses))

    study.optimize(objective, n_trials=trials)
    tried = [
        Trial(t.params, t.value if t.value is not None else float("nan"), t.state.name.lower()) for t in study.trials
    ]
    return Searched(replace(spec, **study.best_params), tuple(tried))


def _study(seed: int) -> optuna.Study:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=1)
    try:
        return optuna.create_study(direction="minimize", sampler=sampler, pruner=pruner)
    finally:
        optuna.logging.set_verbosity(before)


def _ranges_for(encoder_dir: Path) -> Ranges:
    """The usual ranges, without freezing more layers than the encoder has."""
    layers = int(json.loads((encoder_dir / "config.json").read_text(encoding="utf-8")).get("num_hidden_layers", 0))
    return Ranges(frozen_layers=(0, min(Ranges.frozen_layers[1], layers)))


def _suggested(trial: optuna.Trial, ranges: Ranges) -> dict[str, Any]:
    return {
        "rate": trial.suggest_float("rate", *ranges.rate, log=True),
        "head_rate_factor": trial.suggest_float("head_rate_factor", *ranges.head_rate_factor, log=True),
        "layer_decay": trial.suggest_float("layer_decay", *ranges.layer_decay),
        "dropout": trial.suggest_float("dropout", *ranges.dropout),
        "epochs": trial.suggest_int("epochs", *ranges.epochs),
        "frozen_layers": trial.suggest_int("frozen_layers", *ranges.frozen_layers),
    }


def _loss(job: TuningJob, trial: optuna.Trial, fold: int) -> float:
    """Least loss of one training. Only the first fold is watched by the pruner: the folds' losses do not compare."""
    losses: list[float] = []

    def watch(step: int, name: str, value: float) -> None:  # noqa: ARG001 - a Log
        if name != "stopping_loss":
            return
        losses.append(value)
        if fold == 0:
            trial.report(min(losses), len(losses))
            if trial.should_prune():
                raise optuna.TrialPruned

    return train_here(job, watch).progress.best_loss


def _together(first: TuningTexts, second: TuningTexts) -> TuningTexts:
    labels, rows = np.concatenate([first.labels, second.labels]), np.concatenate([first.rows, second.rows])
    return TuningTexts((*first.texts, *second.texts), labels, rows)
