"""Labelled texts as an encoder is taught them: cut by text, tokens, batches of like length, class weights. NumPy."""

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
BUCKET_BATCHES = 50  # texts of so many batches are sorted by length together: little padding, and still by chance


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
    """Each text once, in its one spelling, in the order of arrival; a text with two labels is left out.

    Raises DataError where a label is not among `classes` or a class has no text.
    """
    strange = sorted(set(labels) - set(classes))
    if strange:
        raise DataError(f"labels {strange} are not among {list(classes)}.", fix="Map them, or leave their texts out.")
    number = {name: i for i, name in enumerate(classes)}
    found: dict[str, tuple[str, int, int]] = {}
    of_both: set[str] = set()
    for row, (text, label) in enumerate(zip(texts, labels, strict=True)):
        spelt = normalise(text)
        first = found.setdefault(key_of(spelt), (spelt, number[label], row))
        if first[1] != number[label]:
            of_both.add(key_of(spelt))
    kept = [one for key, one in found.items() if key not in of_both]
    numbers = np.array([one[1] for one in kept], dtype=np.int64)
    absent = sorted(set(classes) - {classes[i] for i in numbers})
    if absent:
        raise DataError(f"no text is labelled {absent}.", fix="Fine-tuning needs texts of every class.")
    return TuningTexts(tuple(one[0] for one in kept), numbers, np.array([one[2] for one in kept], dtype=np.int64))


def key_of(text: str) -> str:
    """Names a normalised text by its letters and digits alone: what differs in punctuation or case is one text."""
    bare = re.sub(r"[\W_]+", "", text.casefold()) or text
    return hashlib.blake2b(bare.encode("utf-8", "replace"), digest_size=8).hexdigest()


def part_of(text: str, *, stopping_share: float, held_out_share: float) -> TuningSplit:
    """The part of a normalised text, by its key: the same in every run, and however many rows carry the text."""
    place = int(key_of(text), 16) % 100_000 / 100_000
    if place < held_out_share:
        return TuningSplit.HELD_OUT
    return TuningSplit.STOPPING if place < held_out_share + stopping_share else TuningSplit.FITTED


def split_texts(
    data: TuningTexts, *, stopping_share: float, held_out_share: float, kept: Sequence[bool] | None = None
) -> dict[TuningSplit, TuningTexts]:
    """The three parts; raises DataError where nothing is left to fit or to stop on.

    Where `kept` marks the rows of the input to stop on, no share of the others is.
    """
    aside = stopping_share if kept is None else 0.0
    parts = [part_of(text, stopping_share=aside, held_out_share=held_out_share) for text in data.texts]
    if kept is not None:
        parts = [
            TuningSplit.STOPPING if kept[row] else part for row, part in zip(data.rows.tolist(), parts, strict=True)
        ]
    found = {part: data.at(np.flatnonzero([p is part for p in parts])) for part in TuningSplit}
    if not len(found[TuningSplit.FITTED]) or not len(found[TuningSplit.STOPPING]):
        raise DataError(
            f"of {len(data)} texts {len(found[TuningSplit.FITTED])} are left to fit and {len(found[TuningSplit.STOPPING])} to stop on.",
            fix="Label more texts, or change fine_tune.stopping_share and held_out_share.",
        )
    return found


def folds(data: TuningTexts, count: int) -> list[tuple[TuningTexts, TuningTexts]]:
    """`count` pairs (the others, the fold), cut by key, so that a text's fold never changes."""
    numbers = np.array([int(key_of(text), 16) // 100_000 % count for text in data.texts])
    return [(data.at(np.flatnonzero(numbers != k)), data.at(np.flatnonzero(numbers == k))) for k in range(count)]


def class_weights(labels: Rows, *, classes: int, balanced: bool) -> npt.NDArray[np.float32]:
    """float32[classes], mean 1 over the texts: each class counts alike where `balanced`, else each text."""
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
    """All places once, in batches of at most `texts` of like length, by falling length within; their order is chance.

    The places are shuffled, then sorted by length within buckets of many batches.
    """
    order = generator.permutation(len(lengths))
    size = np.asarray(lengths)
    count = -(-len(order) // (texts * BUCKET_BATCHES))
    found: list[Rows] = []
    for bucket in np.array_split(order, max(1, count)):
        bucket = bucket[np.argsort(-size[bucket], kind="stable")]
        found += [part for part in np.array_split(bucket, max(1, -(-len(bucket) // texts))) if len(part)]
    return [found[i] for i in generator.permutation(len(found))]
