"""The encoder with a linear head over its vector of length 1, and the learning rate of each of its parameters. torch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from footfall.errors import EnvironmentFault, SettingsError
from footfall.text.spec import Pooling
from footfall.tuning.spec import TuningSpec

LAYER = re.compile(r"\.(?:layer|layers|h|block)\.(\d+)\.")
DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout")
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """A linear head over the encoder's vectors of length 1: logits = vectors @ coefficients.T + intercepts."""

    coefficients: Matrix  # [classes, dim]
    intercepts: Matrix  # [classes]

    def logits(self, vectors: npt.NDArray[Any]) -> Matrix:
        """[n_texts, classes]."""
        return np.asarray(np.asarray(vectors, dtype=np.float64) @ self.coefficients.T + self.intercepts)

    def as_json(self) -> dict[str, Any]:
        """As lists of numbers."""
        return {"coefficients": self.coefficients.tolist(), "intercepts": self.intercepts.tolist()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Head:
        """The head that `as_json` wrote."""
        return cls(np.asarray(content["coefficients"], dtype=float), np.asarray(content["intercepts"], dtype=float))


class TextClassifier(nn.Module):
    """Tokens to logits. The head reads each number of the vector centred and scaled, so that all learn at one rate."""

    centre: torch.Tensor
    scale: torch.Tensor

    def __init__(self, encoder: Any, *, classes: int, pooling: Pooling, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.pooling = pooling
        self.drop = nn.Dropout(dropout)
        dim = int(encoder.config.hidden_size)
        self.linear = nn.Linear(dim, classes)
        self.register_buffer("centre", torch.zeros(dim))
        self.register_buffer("scale", torch.full((dim,), dim**-0.5))  # of a vector of length 1

    def vectors(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """float32[n_texts, dim], rows of length 1, as `footfall.text` stores them."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).float()
        mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
        pooled: torch.Tensor = hidden[:, 0] if self.pooling is Pooling.CLS else mean
        return functional.normalize(pooled, dim=1)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """float32[n_texts, classes]: logits."""
        vectors = self.vectors(ids, mask)
        with torch.autocast(vectors.device.type, enabled=False):  # the head is small and needs all its digits
            logits: torch.Tensor = self.linear(self.drop((vectors - self.centre) / self.scale))
        return logits

    def set_scale(self, vectors: npt.NDArray[np.float32]) -> None:
        """Centres and scales by vectors of the texts to fit."""
        self.centre.copy_(torch.from_numpy(vectors.mean(axis=0)))
        self.scale.copy_(torch.from_numpy(np.maximum(vectors.std(axis=0), 1e-6)))

    def set_head(self, head: Head) -> None:
        """Starts from a head; raises SettingsError where its shape is another."""
        if head.coefficients.shape != tuple(self.linear.weight.shape):
            raise SettingsError(
                f"the head to start from is {head.coefficients.shape}, this one {tuple(self.linear.weight.shape)}.",
                fix="Hand in a head of the same classes over vectors of the same encoder, or none.",
            )
        scale, centre = self.scale.double().cpu().numpy(), self.centre.double().cpu().numpy()
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(head.coefficients * scale))
            self.linear.bias.copy_(torch.from_numpy(head.intercepts + head.coefficients @ centre))

    def head(self) -> Head:
        """The head as it stands, over vectors of length 1."""
        weight = self.linear.weight.detach().cpu().double() / self.scale.cpu().double()
        bias = self.linear.bias.detach().cpu().double() - weight @ self.centre.cpu().double()
        return Head(weight.numpy(), bias.numpy())


def load_classifier(folder: Path, spec: TuningSpec, *, classes: int) -> TextClassifier:
    """The encoder of a directory (whatever AutoModel loads) with its dropout set, and a head of zeros."""
    from transformers import AutoConfig, AutoModel  # costs seconds, so only where needed

    try:
        config = AutoConfig.from_pretrained(str(folder))
        for name in DROPOUTS:
            if isinstance(getattr(config, name, None), float):
                setattr(config, name, spec.dropout)
        with quiet():
            encoder = AutoModel.from_pretrained(str(folder), config=config, dtype=torch.float32)
    except (OSError, ValueError) as fault:
        raise EnvironmentFault(
            f"the encoder in '{folder}' cannot be fine-tuned: {fault}", fix="Name a directory that AutoModel loads."
        ) from fault
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # not used
    model = TextClassifier(encoder, classes=classes, pooling=Pooling(spec.pooling), dropout=spec.dropout)
    with torch.no_grad():
        model.linear.weight.zero_()
        model.linear.bias.zero_()
    _freeze(model, spec)
    return model


def layer_of(name: str, *, layers: int) -> int:
    """Depth of a parameter: 0 the embeddings, 1 the first layer, layers + 1 what stands above them."""
    if match := LAYER.search(f".{name}"):
        return int(match.group(1)) + 1
    return 0 if "embeddings" in name else layers + 1


def groups(model: TextClassifier, spec: TuningSpec) -> list[dict[str, Any]]:
    """AdamW's parameter groups: rates that fall with depth, no weight decay of biases and norms, the head's own rate.

    `base_rate` is the group's rate at the maximum of the schedule.
    """
    layers = int(model.encoder.config.num_hidden_layers)
    by_rate: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        below = layers + 1 - layer_of(name, layers=layers)
        rate = spec.rate * (spec.head_rate_factor if name.startswith("linear.") else spec.layer_decay**below)
        decay = 0.0 if parameter.ndim == 1 else spec.weight_decay
        by_rate.setdefault((rate, decay), []).append(parameter)
    return [{"params": p, "lr": r, "base_rate": r, "weight_decay": d} for (r, d), p in by_rate.items()]


def learned(model: TextClassifier) -> dict[str, torch.Tensor]:
    """Copies, on the CPU, of all parameters that training changes."""
    return {n: p.detach().cpu().clone() for n, p in model.named_parameters() if p.requires_grad}


def put_back(model: TextClassifier, tensors: Mapping[str, torch.Tensor]) -> None:
    """The reverse of `learned`."""
    own = dict(model.named_parameters())
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(tensor)


def padded(ids: Sequence[Sequence[int]], *, pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """int64[n_texts, longest] and its mask."""
    longest = max(len(row) for row in ids)
    filled = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    return filled, mask


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor, smoothing: float) -> torch.Tensor:
    """float32[n_texts], in nats."""
    return functional.cross_entropy(logits, labels, reduction="none", label_smoothing=smoothing)


@contextmanager
def quiet() -> Iterator[None]:
    """Hides transformers' progress bars and its warning that the unused pooler has no weights."""
    from transformers.utils import logging

    level, has_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if has_bars:
            logging.enable_progress_bar()


def _freeze(model: TextClassifier, spec: TuningSpec) -> None:
    layers = int(model.encoder.config.num_hidden_layers)
    if spec.frozen_layers > layers:
        raise SettingsError(
            f"fine_tune.frozen_layers is {spec.frozen_layers}, the encoder has {layers}.", fix=f"Set {layers} or less."
        )
    for name, parameter in model.named_parameters():
        if spec.frozen_layers and layer_of(name, layers=layers) <= spec.frozen_layers:
            parameter.requires_grad = False
    model.encoder.get_input_embeddings().weight.requires_grad = spec.train_word_embeddings and not spec.frozen_layers
