"""One training as a value that can be sent to any process: the encoder's directory, the texts, the start, the spec."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression

from footfall.inference.device import Device, choose_device
from footfall.tuning.augment import varied
from footfall.tuning.checkpoint import Progress, Tensors
from footfall.tuning.data import Rows, TuningTexts, class_weights, token_ids, tokenizer_of
from footfall.tuning.loop import Log, Task, fit, logits_of
from footfall.tuning.model import Head, TextClassifier, learned, load_classifier
from footfall.tuning.peers import Peers
from footfall.tuning.spec import TuningSpec

START_TEXTS = 4096  # the scale of the vectors is computed from so many, and the head's start where none is handed in
START_PENALTY = 0.1  # C of the logistic regression that the head starts from


@dataclass(frozen=True)
class TuningTokenIds:
    """The token ids of the texts to fit, the same in every epoch unless the spec sets augment_share."""

    folder: Path
    texts: tuple[str, ...]
    spec: TuningSpec

    def __call__(self, epoch: int) -> list[list[int]]:
        """The token ids of an epoch, counted from 0."""
        return self.plain if self.spec.augment_share == 0 else self._tokens(self._varied(epoch))

    @cached_property
    def plain(self) -> list[list[int]]:
        """The token ids of the texts without variants."""
        return self._tokens(self.texts)

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        tokenizer = tokenizer_of(self.folder, max_tokens=self.spec.max_tokens)
        return token_ids(tokenizer, texts, prefix=self.spec.prefix, max_tokens=self.spec.max_tokens)

    def _varied(self, epoch: int) -> list[str]:
        draw = np.random.default_rng([self.spec.seed, epoch, 1])
        share, strength = self.spec.augment_share, self.spec.augment_strength
        return [
            varied(text, strength=strength, generator=draw) if draw.random() < share else text for text in self.texts
        ]


@dataclass(frozen=True)
class TuningJob:
    """The encoder, the texts and the spec; every process builds the same model from it."""

    folder: Path
    fitted: TuningTexts
    stopping: TuningTexts
    classes: int
    spec: TuningSpec
    start: Head | None = None

    def task(self) -> Task:
        """The texts as tokens."""
        spec, labels = self.spec, self.fitted.labels
        return Task(
            ids=TuningTokenIds(self.folder, self.fitted.texts, spec),
            labels=labels,
            stopping_ids=TuningTokenIds(self.folder, self.stopping.texts, spec).plain,
            stopping_labels=self.stopping.labels,
            class_weights=class_weights(labels, classes=self.classes, balanced=spec.balance_classes),
        )


@dataclass(frozen=True)
class Learned:
    """The result of a training: parameters by name, the scale of the head's inputs, the progress."""

    tensors: Tensors
    centre: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    progress: Progress


Train = Callable[[TuningJob, Log, Path | None], Learned]


def train_here(job: TuningJob, log: Log, checkpoints: Path | None = None, peers: Peers | None = None) -> Learned:
    """Trains in this process, alone or with its peers."""
    spec = job.spec
    if spec.threads:
        torch.set_num_threads(spec.threads)
    device = device_of(spec)
    model = load_classifier(job.folder, spec, classes=job.classes)
    task = job.task()
    _start(model.to(device.name), task, job, device)
    progress = fit(model, task, spec=spec, device=device, log=log, checkpoints=checkpoints, peers=peers)
    return Learned(learned(model), model.centre.cpu().numpy(), model.scale.cpu().numpy(), progress)


def device_of(spec: TuningSpec, *, environ: Mapping[str, str] | None = None, gpu_count: int | None = None) -> Device:
    """The device of this process: the visible GPU of its rank, else the CPU.

    A task that encodes takes only a GPU that was assigned to it. A process that trains takes any: torchrun gives each
    its rank, and a single process takes the first GPU. Raises EnvironmentFault where a GPU was asked for and there is none.
    """
    environ = os.environ if environ is None else environ
    count = torch.cuda.device_count() if gpu_count is None else gpu_count
    addresses = (environ.get("LOCAL_RANK", "0"),) if count and spec.device != "cpu" else ()
    return choose_device(spec.encoder("tuned"), addresses=addresses, environ={}, gpu_count=count)


def _start(model: TextClassifier, task: Task, job: TuningJob, device: Device) -> None:
    """Sets the scale of the head's inputs by vectors of some texts, and the head to `job.start` or a logistic regression."""
    generator = np.random.default_rng(job.spec.seed)
    some = np.sort(generator.permutation(len(task.labels))[:START_TEXTS])
    ids = task.ids(0)
    vectors = logits_of(model, [ids[i] for i in some], device=device, vectors=True)
    model.set_scale(vectors)
    if job.start is not None:
        model.set_head(job.start)
    elif job.spec.start_from_logistic and len(set(task.labels[some].tolist())) == job.classes:
        model.set_head(logistic_head(vectors, task.labels[some], balanced=job.spec.balance_classes))


def logistic_head(
    vectors: npt.NDArray[np.float32], labels: Rows, *, balanced: bool, penalty: float = START_PENALTY
) -> Head:
    """A logistic regression on the scaled vectors, as a head over the unscaled ones; all classes must occur."""
    centre, scale = vectors.mean(axis=0), np.maximum(vectors.std(axis=0), 1e-6)
    fitted = LogisticRegression(C=penalty, max_iter=1000, class_weight="balanced" if balanced else None)
    fitted.fit((vectors - centre) / scale, labels)
    weight, bias = fitted.coef_ / scale, fitted.intercept_
    if len(weight) == 1:  # two classes: one row of differences
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return Head(weight.astype(float), (bias - weight @ centre).astype(float))
