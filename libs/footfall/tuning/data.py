"""Labelled texts as training reads them: splits by text, tokens, batches of like length, class weights. NumPy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from footfall.errors import DataError, EnvironmentFault
from footfall.text.encoder import CHARACTERS_A_TOKEN
from footfall.text.normal import normalise

Rows = npt.NDArray[np.int64]
BUCKET_BATCHES = (
    50  # texts of so many batches are sorted by length together: little padding, and the order stays random
)


class TuningSplit(StrEnum):
    """What a text is used for."""

    FITTED = "fitted"
    STOPPING = "stopping"
    HELD_OUT = "held_out"


@dataclass(frozen=True)
class TuningTexts:
    """Distinct normalised texts, the class number of each, and the first row of the input that it stood in."""

    texts: tuple[str, ...]
    labels: Rows
    rows: Rows

    def at(self, places: Rows) -> TuningTexts:
        """Those at `places`."""
        return TuningTexts(tuple(self.texts[i] for i in places), self.labels[places], self.rows[places])

    def __len__(self) -> int:
        return len(self.texts)


def labelled(texts: Sequence[str], labels: Sequence[str], *, classes: Sequence[str]) -> TuningTexts:
    """Each text once, normalised, in the order of arrival; a text with two labels is left out.

    Raises DataError where a label is not among `classes` or a class has no text.
    """
    unknown = sorted(set(labels) - set(classes))
    if unknown:
        raise DataError(f"labels {unknown} are not among {list(classes)}.", fix="Map them, or leave their texts out.")
    number = {name: i for i, name in enumerate(classes)}
    by_key: dict[str, tuple[str, int, int]] = {}
    ambiguous: set[str] = set()
    for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
        normal = normalise(text)
        _, known_label, _ = by_key.setdefault(key_of(normal), (normal, number[label], row))
        if known_label != number[label]:
            ambiguous.add(key_of(normal))
    kept = [entry for key, entry in by_key.items() if key not in ambiguous]
    numbers = np.array([label for _, label, _ in kept], dtype=np.int64)
    absent = sorted(set(classes) - {classes[i] for i in numbers})
    if absent:
        raise DataError(f"no text is labelled {absent}.", fix="Label texts of every class, or leave the class out.")
    rows = np.array([row for *_, row in kept], dtype=np.int64)
    return TuningTexts(tuple(text for text, *_ in kept), numbers, rows)


def key_of(text: str) -> str:
    """A hash of the letters and digits of a normalised text: texts that differ only in punctuation or case have one key."""
    bare = re.sub(r"[\W_]+", "", text.casefold()) or text
    return hashlib.blake2b(bare.encode("utf-8", "replace"), digest_size=8).hexdigest()


def part_of(text: str, *, stopping_share: float, held_out_share: float) -> TuningSplit:
    """The split of a normalised text, by its key: the same in every run, however many rows have the text."""
    place = int(key_of(text), 16) % 100_000 / 100_000
    if place < held_out_share:
        return TuningSplit.HELD_OUT
    return TuningSplit.STOPPING if place < held_out_share + stopping_share else TuningSplit.FITTED


def split_texts(
    data: TuningTexts, *, stopping_share: float, held_out_share: float, kept: Sequence[bool] | None = None
) -> dict[TuningSplit, TuningTexts]:
    """The three splits; raises DataError where no text is left to fit or to stop on.

    `kept` marks the rows of the input to stop on; with it `stopping_share` is not used.
    """
    aside = stopping_share if kept is None else 0.0
    parts = [part_of(text, stopping_share=aside, held_out_share=held_out_share) for text in data.texts]
    if kept is not None:
        parts = [
            TuningSplit.STOPPING if kept[row] else part for row, part in zip(data.rows.tolist(), parts, strict=True)
        ]
    splits = {part: data.at(np.flatnonzero([p is part for p in parts])) for part in TuningSplit}
    if not len(splits[TuningSplit.FITTED]) or not len(splits[TuningSplit.STOPPING]):
        raise DataError(
            f"of {len(data)} texts {len(splits[TuningSplit.FITTED])} are left to fit and {len(splits[TuningSplit.STOPPING])} to stop on.",
            fix="Label more texts, or change fine_tune.stopping_share and held_out_share.",
        )
    return splits


def folds(data: TuningTexts, count: int) -> list[tuple[TuningTexts, TuningTexts]]:
    """`count` pairs (the others, the fold), split by key, so that a text's fold never changes."""
    numbers = np.array([int(key_of(text), 16) // 100_000 % count for text in data.texts])
    return [(data.at(np.flatnonzero(numbers != k)), data.at(np.flatnonzero(numbers == k))) for k in range(count)]


def class_weights(labels: Rows, *, classes: int, balanced: bool) -> npt.NDArray[np.float32]:
    """float32[classes], mean 1 over the texts: where `balanced` each class has the same weight, else each text."""
    counts = np.bincount(labels, minlength=classes)
    if not balanced:
        return np.ones(classes, dtype=np.float32)
    return (len(labels) / (classes * np.maximum(counts, 1))).astype(np.float32)


def tokenizer_of(folder: Path, *, max_tokens: int) -> Tokenizer:
    """The tokenizer of an encoder's directory, cutting at `max_tokens`."""
    if (folder / "tokenizer.json").is_file():
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    else:
        from transformers import AutoTokenizer  # costs seconds, so only where needed

        try:
            tokenizer = AutoTokenizer.from_pretrained(str(folder), use_fast=True).backend_tokenizer
        except (OSError, ValueError, AttributeError) as fault:
            raise EnvironmentFault(
                f"the encoder in '{folder}' has no tokenizer: {fault}", fix="Name a directory with tokenizer.json."
            ) from fault
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def token_ids(tokenizer: Tokenizer, texts: Sequence[str], *, prefix: str, max_tokens: int) -> list[list[int]]:
    """Token ids of each text, special ones included, as text.encoder makes them."""
    most = max_tokens * CHARACTERS_A_TOKEN
    return [e.ids for e in tokenizer.encode_batch_fast([prefix + text[:most] for text in texts])]


def batches(lengths: Sequence[int], *, texts: int, generator: np.random.Generator) -> list[Rows]:
    """All positions once, in batches of at most `texts` of like length, longest first in each; the order of batches is random.

    The positions are shuffled, then sorted by length within buckets of BUCKET_BATCHES batches.
    """
    order = generator.permutation(len(lengths))
    size = np.asarray(lengths)
    count = -(-len(order) // (texts * BUCKET_BATCHES))
    pieces: list[Rows] = []
    for bucket in np.array_split(order, max(1, count)):
        bucket = bucket[np.argsort(-size[bucket], kind="stable")]
        pieces += [part for part in np.array_split(bucket, max(1, -(-len(bucket) // texts))) if len(part)]
    return [pieces[i] for i in generator.permutation(len(pieces))]
