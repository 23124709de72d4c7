"""A fine-tuned encoder as a model: its folder, how it reads, and the head that it was trained with. torch, without Spark."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from footfall.inference.compute import NumberType, Wanted
from footfall.inference.device import choose_device
from footfall.text.encoder import Encoder, encoder_of_process
from footfall.text.normal import normalise_text
from footfall.text.spec import EncoderSpec
from footfall.tuning.tuned import read_head

NAME = "sentiment_encoder"
REQUIRES = ("safetensors", "tokenizers", "torch", "transformers", "xxhash")  # packages beyond those of other models
READS = "reads.json"  # beside the encoder: prefix, pooling and lengths with which it was tuned


@dataclass(frozen=True)
class TunedEncoder:
    """The folder of a tuned encoder as MLflow's pyfunc, with the head that it was trained with and how it reads."""

    folder: Path
    text: EncoderSpec

    @classmethod
    def load(cls, folder: Path) -> TunedEncoder:
        """What `save` wrote."""
        return cls(folder, EncoderSpec(**json.loads((folder / READS).read_text(encoding="utf-8"))))

    def save(self, folder: Path) -> None:
        """Copies the encoder; its card goes with it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        (folder / READS).write_text(json.dumps(asdict(replace(self.text, encoder=NAME))), encoding="utf-8")

    def get_raw_model(self) -> TunedEncoder:
        """Itself: what MLflow gives to who wants the plain object."""
        return self

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """`sentiment` for the column `text`, by the head that it was trained with, uncalibrated."""
        head, classes = read_head(self.folder)
        vectors = encoder_at(self.text, self.folder).encode(normalise_text(frame["text"]).tolist()).vectors
        predicted = np.array(classes, dtype=object)[head.logits(vectors).argmax(axis=1)]
        return pd.DataFrame({"sentiment": predicted}, index=frame.index)


def _load_pyfunc(path: str) -> TunedEncoder:
    """What MLflow calls to open the model."""
    return TunedEncoder.load(Path(path))


def encoder_at(text: EncoderSpec, folder: Path) -> Encoder:
    """The encoder on this process's first GPU, else on the CPU whatever the settings say of devices."""
    has_gpu = torch.cuda.is_available()
    kind = NumberType.FP32 if text.number_type == NumberType.FP16 and not has_gpu else text.number_type
    spec = replace(text, encoder=str(folder), device=Wanted.AUTO if has_gpu else Wanted.CPU, number_type=kind)
    device = choose_device(spec, addresses=("0",) if has_gpu else (), environ={}, gpu_count=torch.cuda.device_count())
    return encoder_of_process(spec, device)
