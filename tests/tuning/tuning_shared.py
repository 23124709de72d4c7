"""Texts of letters that are labelled by a rule, a tiny encoder to learn it, and how it is taught in a test."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np

from footfall.tuning.data import labelled
from footfall.tuning.job import TuningJob
from footfall.tuning.spec import TuningSpec
from text.conftest import make_tiny

CLASSES = ("negative", "positive")


def ruled(count: int, seed: int = 3) -> tuple[list[str], list[str]]:
    """Distinct texts of 5 to 12 letters, positive where more of them are from the alphabet's first half."""
    draw = random.Random(seed)  # noqa: S311 - a test's texts
    labels: dict[str, str] = {}
    while len(labels) < count:
        half = draw.choice(["abcdefghijklm", "nopqrstuvwxyz"])
        text = "".join(draw.choice(half if draw.random() < 0.8 else "abcdefghijklmnopqrstuvwxyz")
                       for _ in range(draw.randint(5, 12)))  # fmt: skip
        early = sum(letter < "n" for letter in text)
        if 2 * early != len(text):
            labels[text] = CLASSES[2 * early > len(text)]
    return list(labels), list(labels.values())


def spec_of(**changed: Any) -> TuningSpec:
    """Small, in fp32, quick to learn."""
    plain: dict[str, Any] = {
        "prefix": "", "pooling": "mean", "number_type": "fp32", "device": "cpu", "max_tokens": 16, "epochs": 2,
        "batch_texts": 8, "rate": 5e-3, "stopping_share": 0.2, "threads": 1, "checkpoint_steps": 3, "patience": 100,
    }  # fmt: skip
    return TuningSpec(**{**plain, **changed})


def tiny_bert(folder: Path) -> Path:
    """A random BERT of two layers and 16 numbers, one token a letter."""
    return make_tiny(folder / "bert", "bert")


def job_of(folder: Path, spec: TuningSpec, *, texts: int = 96, stopping: int = 24) -> TuningJob:
    """A training over texts of the rule."""
    data = labelled(*ruled(texts + stopping), classes=CLASSES)
    places = np.arange(texts + stopping)
    return TuningJob(folder, data.at(places[:texts]), data.at(places[texts:]), len(CLASSES), spec)
