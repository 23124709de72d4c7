"""The result of fine-tuning: a directory that `footfall.text` loads as any encoder, a head, curves, figures, a card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from footfall.tuning.card import EncoderCard
from footfall.tuning.model import Head, TextClassifier, quiet

CARRIED = ("tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "sentencepiece.bpe.model")
WEIGHTS = "model.safetensors"
HEAD = "head.json"
CARD = "README.md"


@dataclass(frozen=True)
class Tuned:
    """A fine-tuned encoder with its head, metrics and card.

    `kept_aside` are the rows of the input to stop on, which it was not fitted on. Calibrate the head, or weight it
    against others, on these rows only: on texts that it was fitted on it is more often right than on new ones.
    """

    folder: Path
    head: Head
    classes: tuple[str, ...]
    curve: Sequence[tuple[int, str, float]]  # (step, name, value)
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    kept_aside: tuple[int, ...]
    held_out: tuple[int, ...]  # rows that nothing was fitted or chosen on; empty where held_out_share is 0
    texts_by_language: Mapping[str, int]
    card: EncoderCard


def write_folder(folder: Path, *, model: TextClassifier, source: Path, tokenizer: str, classes: Sequence[str]) -> None:
    """The encoder in Hugging Face form, its tokenizer as it was, and the head beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    with quiet():
        model.encoder.save_pretrained(str(folder))
    (folder / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    (folder / WEIGHTS).chmod((folder / "tokenizer.json").stat().st_mode)  # it is saved for its owner alone
    for name in CARRIED:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    content = {"classes": list(classes), **model.head().as_json()}
    (folder / HEAD).write_text(json.dumps(content), encoding="utf-8")


def write_card(folder: Path, card: EncoderCard) -> None:
    """The card, where hubs look for it."""
    (folder / CARD).write_text(card.markdown(), encoding="utf-8")


def read_head(folder: Path) -> tuple[Head, tuple[str, ...]]:
    """The head that lies beside a fine-tuned encoder, and its classes."""
    content = json.loads((folder / HEAD).read_text(encoding="utf-8"))
    return Head.from_json(content), tuple(content["classes"])
