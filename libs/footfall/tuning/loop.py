"""The training loop: AdamW, warm-up and decay, mixed precision, early stopping, checkpoints. torch; no clock, no MLflow."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from footfall.errors import DataError, EnvironmentFault
from footfall.inference.device import Device
from footfall.inference.packing import cut, longest_first
from footfall.tuning import checkpoint
from footfall.tuning.checkpoint import Progress
from footfall.tuning.data import Rows, batches
from footfall.tuning.model import TextClassifier, cross_entropy, groups, learned, padded, put_back
from footfall.tuning.peers import Alone, Peers
from footfall.tuning.spec import TuningSpec

LOG = logging.getLogger(__name__)
Log = Callable[[int, str, float], None]  # (step, name, value): a point of a learning curve
EVALUATED_TOKENS = 4096


@dataclass(frozen=True)
class Task:
    """The token ids and labels of the texts to fit (each epoch may have variants of them) and of those to stop on."""

    ids: Callable[[int], list[list[int]]]  # of an epoch, from 0
    labels: Rows
    stopping_ids: Sequence[Sequence[int]]
    stopping_labels: Rows
    class_weights: npt.NDArray[np.float32]


def fit(
    model: TextClassifier,
    task: Task,
    *,
    spec: TuningSpec,
    device: Device,
    log: Log,
    checkpoints: Path | None = None,
    peers: Peers | None = None,
) -> Progress:
    """Trains `model` in place and leaves it with the weights of the least loss on the texts to stop on.

    With spec.average_decay the running mean of the weights is evaluated and kept. With `checkpoints`, a folder, a run
    that was killed continues from its last checkpoint; processes that train together must all be able to read it.
    Only the first process writes and logs.
    """
    run = _Run(model, task, spec, device, log, peers or Alone(), checkpoints)
    run.resume()
    run.go()
    put_back(model, run.progress.best)
    return replace(run.progress, best={}, averaged={})


def rate_at(step: int, *, steps: int, warm_up_share: float) -> float:
    """Share of the full rate at a step, from 1: it rises linearly over the warm-up, then falls linearly to 0 after the last step."""
    warm = max(1, round(steps * warm_up_share))
    return step / warm if step <= warm else (steps + 1 - step) / (steps + 1 - warm)


def logits_of(
    model: TextClassifier, ids: Sequence[Sequence[int]], *, device: Device, vectors: bool = False
) -> npt.NDArray[np.float32]:
    """float32[n_texts, classes], or the vectors [n_texts, dim], without dropout, in the order of `ids`."""
    model.eval()
    pad = int(model.encoder.config.pad_token_id or 0)
    order = longest_first([len(row) for row in ids])
    results: list[npt.NDArray[np.float32]] = []
    with torch.no_grad(), autocast(device):
        for chunk in cut([len(ids[i]) for i in order], budget=EVALUATED_TOKENS):
            block, mask = (t.to(device.name) for t in padded([ids[i] for i in order[chunk]], pad=pad))
            results.append((model.vectors(block, mask) if vectors else model(block, mask)).float().cpu().numpy())
    sorted_results = np.concatenate(results)
    in_order = np.empty_like(sorted_results)
    in_order[order] = sorted_results
    return in_order


def autocast(device: Device) -> torch.autocast:
    """Mixed precision in the device's number type; plain fp32 where that is its type."""
    kind = device.torch_type
    return torch.autocast("cuda" if device.is_gpu else "cpu", dtype=kind, enabled=kind is not torch.float32)


class _Run:
    """One run and its state."""

    def __init__(
        self,
        model: TextClassifier,
        task: Task,
        spec: TuningSpec,
        device: Device,
        log: Log,
        peers: Peers,
        folder: Path | None,
    ) -> None:
        self.model, self.task, self.spec, self.device, self.log, self.peers = model, task, spec, device, log, peers
        self.batch = spec.batch_texts * spec.accumulation * peers.world  # texts of a step, over all processes
        first = task.ids(0)
        if len(first) < peers.world:
            raise DataError(f"{len(first)} texts for {peers.world} processes.", fix="Take fewer processes.")
        self.steps_an_epoch = len(self._order(0, first))
        self.steps = self.steps_an_epoch * spec.epochs
        self.every = max(1, self.steps_an_epoch // spec.evaluations_an_epoch)
        self.pad = int(model.encoder.config.pad_token_id or 0)
        self.optimiser = torch.optim.AdamW(groups(model, spec), fused=True)
        self.scaler = torch.amp.GradScaler("cuda", enabled=device.torch_type is torch.float16)
        self.wrapped = peers.wrap(model)
        self.progress = Progress()
        start = model.linear.weight.detach().cpu().numpy().tobytes()
        stopping = (task.stopping_ids, task.stopping_labels)
        name = checkpoint.name_of(spec, (first, task.labels), stopping, world=peers.world, start=start)
        self.file = folder / name if folder else None

    def resume(self) -> None:
        """Loads the last checkpoint of this run, if there is one."""
        saved = checkpoint.read(self.file) if self.file else None
        step = saved["progress"].step if saved else 0
        if not self.peers.same(step):
            raise EnvironmentFault(
                "the processes read different checkpoints.",
                fix="Keep the checkpoints in a folder that all processes share.",
            )
        if saved:
            self.progress = saved["progress"]
            self.progress.averaged = {n: t.to(self.device.name) for n, t in self.progress.averaged.items()}
            put_back(self.model, saved["learned"])
            self.optimiser.load_state_dict(saved["optimiser"])
            self.scaler.load_state_dict(saved["scaler"])
            LOG.info("fine-tuning continues after step %d of %d", step, self.steps)

    def go(self) -> None:
        """All steps that are left."""
        shown = tqdm(
            total=self.steps, initial=self.progress.step, desc="fine-tuning", unit="step", disable=self._silent
        )
        with shown:
            for epoch in range(self.progress.step // self.steps_an_epoch, self.spec.epochs):
                self._epoch(epoch, shown)

    @property
    def _silent(self) -> bool | None:
        """True hides the progress bar, which only the first process has; with None tqdm shows it on a terminal only."""
        return True if self.peers.rank else None

    @property
    def _has_stalled(self) -> bool:
        """Whether the loss on the texts to stop on has not fallen for `patience` evaluations."""
        return self.progress.evaluations - self.progress.best_evaluation >= self.spec.patience

    def _epoch(self, epoch: int, shown: Any) -> None:
        ids = self.task.ids(epoch)
        done = self.progress.step - epoch * self.steps_an_epoch
        for batch in self._order(epoch, ids)[done:]:
            if self._has_stalled:
                return
            self._step(ids, batch)
            shown.update()
            is_last = self.progress.step == self.steps
            if self.progress.step % self.every == 0 or is_last:
                self._evaluate()
            if self.file and not is_last and self.progress.step % self.spec.checkpoint_steps == 0:
                self._save()

    def _order(self, epoch: int, ids: Sequence[Sequence[int]]) -> list[Rows]:
        generator = np.random.default_rng([self.spec.seed, epoch])
        in_order = batches([len(row) for row in ids], texts=self.batch, generator=generator)
        return [batch for batch in in_order if len(batch) >= self.peers.world]

    def _step(self, ids: Sequence[Sequence[int]], batch: Rows) -> None:
        """One step of the optimiser over a batch, of which each process computes its share."""
        number = self.progress.step + 1
        torch.manual_seed((self.spec.seed * 1_000_003 + number) * self.peers.world + self.peers.rank)
        rate = rate_at(number, steps=self.steps, warm_up_share=self.spec.warm_up_share)
        for group in self.optimiser.param_groups:
            group["lr"] = group["base_rate"] * rate
        self.model.train()
        self.optimiser.zero_grad(set_to_none=True)
        loss = self._backward(ids, batch)
        self.scaler.unscale_(self.optimiser)
        held = [p for group in self.optimiser.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(held, self.spec.clip_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.progress.step = number
        self._average()
        self._log("loss", loss)
        self._log("rate", rate * self.spec.rate)

    def _backward(self, ids: Sequence[Sequence[int]], batch: Rows) -> float:
        """Computes the gradients of the batch's weighted mean loss; returns what this process' share adds to that mean."""
        weight = float(self.task.class_weights[self.task.labels[batch]].sum())
        mine = batch[self.peers.rank :: self.peers.world]
        passes = [part for part in np.array_split(mine, self.spec.accumulation) if len(part)]
        total = 0.0
        for place, part in enumerate(passes):
            is_last = place == len(passes) - 1
            with nullcontext() if is_last else self.peers.hold(self.wrapped):
                loss = self._loss(ids, part) / weight * self.peers.world  # the peers' gradients are averaged
                torch.autograd.backward(self.scaler.scale(loss))
            total += float(loss.detach())
        return total

    def _loss(self, ids: Sequence[Sequence[int]], part: Rows) -> torch.Tensor:
        """Weighted sum over the texts of one pass."""
        block, mask = (t.to(self.device.name) for t in padded([ids[i] for i in part], pad=self.pad))
        labels = torch.from_numpy(self.task.labels[part]).to(self.device.name)
        weights = torch.from_numpy(self.task.class_weights).to(self.device.name)[labels]
        with autocast(self.device):
            logits = self.wrapped(block, mask)
        return (cross_entropy(logits.float(), labels, self.spec.label_smoothing) * weights).sum()

    def _average(self) -> None:
        """Moves the running mean of the weights towards this step's weights; in the first steps it moves faster."""
        if not self.spec.average_decay:
            return
        step, averaged = self.progress.step, self.progress.averaged
        decay = min(self.spec.average_decay, (1 + step) / (10 + step))
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                averaged.setdefault(name, parameter.detach().clone()).lerp_(parameter.detach(), 1 - decay)

    def _evaluate(self) -> None:
        """Evaluates on the texts to stop on, with the running mean of the weights if there is one."""
        own = learned(self.model) if self.progress.averaged else {}
        put_back(self.model, self.progress.averaged)
        self._evaluate_weights()
        put_back(self.model, own)

    def _evaluate_weights(self) -> None:
        """Logs loss and accuracy on the texts to stop on, and keeps the best weights so far."""
        labels = self.task.stopping_labels
        logits = torch.from_numpy(logits_of(self.model, self.task.stopping_ids, device=self.device))
        loss = self.peers.agreed(float(cross_entropy(logits, torch.from_numpy(labels), 0.0).mean()))
        progress = self.progress
        progress.evaluations += 1
        self._log("stopping_loss", loss)
        self._log("stopping_accuracy", float((logits.argmax(dim=1).numpy() == labels).mean()))
        if loss < progress.best_loss or not progress.best:
            progress.best_loss, progress.best_step, progress.best_evaluation = loss, progress.step, progress.evaluations
            progress.best = learned(self.model)

    def _log(self, name: str, value: float) -> None:
        self.progress.curve.append((self.progress.step, name, value))
        if self.peers.rank == 0:
            self.log(self.progress.step, name, value)

    def _save(self) -> None:
        if self.file and self.peers.rank == 0:
            optimiser, scaler = self.optimiser.state_dict(), self.scaler.state_dict()
            checkpoint.save(self.file, self.progress, learned(self.model), optimiser, scaler)
