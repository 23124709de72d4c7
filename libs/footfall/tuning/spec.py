"""The settings of fine-tuning (`fine_tune.*`) as one value that is sent to all processes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from footfall.errors import SettingsError, listed
from footfall.text.spec import EncoderSpec

COUNTS = ("epochs", "batch_texts", "accumulation", "evaluations_an_epoch", "patience", "checkpoint_steps")
SHARES = (
    "stopping_share",
    "held_out_share",
    "warm_up_share",
    "weight_decay",
    "dropout",
    "label_smoothing",
    "average_decay",
    "augment_share",
    "augment_strength",
)
POSITIVE = ("rate", "head_rate_factor", "layer_decay", "clip_norm")


@dataclass(frozen=True, kw_only=True)
class TuningSpec:
    """Settings `fine_tune.*` and the four of `text.*` that determine a vector; conf/base.yaml says what each means.

    Raises SettingsError with all faults at once.
    """

    prefix: str
    pooling: str
    number_type: str = "auto"
    device: str = "auto"
    max_tokens: int = 64
    epochs: int = 2
    batch_texts: int = 32
    accumulation: int = 1
    rate: float = 5e-5
    head_rate_factor: float = 5.0
    layer_decay: float = 1.0
    warm_up_share: float = 0.1
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    dropout: float = 0.1
    label_smoothing: float = 0.0
    average_decay: float = 0.0
    balance_classes: bool = True
    train_word_embeddings: bool = False
    frozen_layers: int = 0
    start_from_logistic: bool = True
    stopping_share: float = 0.05
    held_out_share: float = 0.0
    evaluations_an_epoch: int = 4
    patience: int = 4
    checkpoint_steps: int = 200
    augment_share: float = 0.0
    augment_strength: float = 0.1
    threads: int = 0
    seed: int = 17

    def __post_init__(self) -> None:
        faults = [_fault(self, n, "1 or more") for n in COUNTS if getattr(self, n) < 1]
        faults += [_fault(self, n, "0 to 1") for n in SHARES if not 0 <= getattr(self, n) <= 1]
        faults += [_fault(self, n, "more than 0") for n in POSITIVE if getattr(self, n) <= 0]
        faults += [_fault(self, n, "0 or more") for n in ("frozen_layers", "threads") if getattr(self, n) < 0]
        if self.stopping_share + self.held_out_share >= 1:
            faults.append("fine_tune.stopping_share and held_out_share leave nothing to fit on")
        if faults:
            raise SettingsError(
                f"fine-tuning cannot work with these settings: {listed(faults)}.",
                fix="Correct conf/ or --set fine_tune.<key>=<value>.",
            )

    @classmethod
    def of(cls, settings: Mapping[str, Any], text: Mapping[str, Any]) -> TuningSpec:
        """From the settings `fine_tune.*` and `text.*`; those that say where to train are left out."""
        own = {f.name for f in fields(cls)}
        shared = {name: text[name] for name in ("prefix", "pooling", "number_type", "device")}
        return cls(**shared, **{name: value for name, value in settings.items() if name in own})

    def encoder(self, folder: str) -> EncoderSpec:
        """The encoder in `folder` as `footfall.text` would read it with this spec: cut at max_tokens, one part a text."""
        return EncoderSpec(
            encoder=folder,
            prefix=self.prefix,
            pooling=self.pooling,
            max_tokens=self.max_tokens,
            max_parts=1,
            overlap_tokens=0,
            tokens_per_batch=max(2048, self.max_tokens),
            number_type=self.number_type,
            device=self.device,
        )

    @property
    def version(self) -> str:
        """A hash of the spec; a run with another one starts anew."""
        return hashlib.blake2b(json.dumps(asdict(self), sort_keys=True).encode(), digest_size=8).hexdigest()


def _fault(spec: TuningSpec, name: str, expected: str) -> str:
    return f"fine_tune.{name} is {getattr(spec, name)}, expected {expected}"
