"""Texts to vectors without Spark: tokens, chunks of like length, the model, unit length. Reads nothing but weights."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from footfall.errors import DataError, EnvironmentFault
from footfall.text.device import Device
from footfall.text.inputs import Inputs
from footfall.text.lane import lane_to
from footfall.text.normal import repaired
from footfall.text.parts import Around, Splitter, joined
from footfall.text.spec import EncoderSpec, Pooling
from footfall.text.weights import Fetch, Loaded, load
from footfall.text.windows import blocks, chunk_end, longest_first

LOG = logging.getLogger(__name__)
CHARACTERS_A_TOKEN = 64  # more than any real vocabulary packs into one token: what lies beyond is never tokenized
GPU_TIMES = 16  # a forward pass on a GPU holds so many times text.tokens_per_batch: it is idle over less
TINY = 1e-12


@dataclass(frozen=True)
class TokenIds:
    """What the tokenizer made of n texts, of which u are distinct."""

    parts: list[list[int]]  # of all distinct texts, one after the other
    parts_of_text: list[int]  # [u]
    counts: npt.NDArray[np.int32]  # [u], tokens of a text, special ones included
    codes: npt.NDArray[np.intp]  # [n], which of the distinct texts each one is


@dataclass(frozen=True)
class Encoded:
    """What the encoder made of n texts, in their order."""

    vectors: npt.NDArray[np.float32]  # [n, dim], rows of length 1
    token_counts: npt.NDArray[np.int32]  # [n], special tokens included
    norms: npt.NDArray[np.float32]  # [n], length of the pooled vector before it was scaled to 1


class Encoder:
    """An encoder, loaded onto its device."""

    def __init__(self, spec: EncoderSpec, device: Device, loaded: Loaded) -> None:
        self.spec = spec
        self.device = device
        self.fingerprint = fingerprint(spec, device, loaded.content_hash)
        self.dim = loaded.model.dim
        self._model = loaded.model
        self.works_ahead = device.is_gpu  # on a CPU the task owns one thread, and it computes
        self._lane = lane_to(device)
        self._tokens_per_batch = tokens_a_pass(spec, device)
        self._tokenizer = loaded.tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._splitter = Splitter(
            Around.of(self._tokenizer, spec.prefix), spec.max_tokens, spec.overlap_tokens, spec.max_parts
        )

    def encode(self, texts: Sequence[str]) -> Encoded:
        """The vectors of `texts`; equal texts are encoded once, and one longer than max_tokens in overlapping parts.

        Raises DataError where a text is None or a vector is not finite. Nothing else in a text is a fault: an empty
        one is encoded as its prefix alone.
        """
        return self.begin(self.read(texts))()

    def read(self, texts: Sequence[str]) -> TokenIds:
        """The half of `encode` that is the CPU's on any device: the tokens of each distinct text, cut into parts."""
        codes, unique = pd.factorize(_sound(texts))
        ids = self._tokens(unique)
        split = [self._splitter.parts(row) for row in ids]
        return TokenIds(
            parts=[part for of_text in split for part in of_text],
            parts_of_text=[len(of_text) for of_text in split],
            counts=np.asarray([len(row) for row in ids], dtype=np.int32),
            codes=codes,
        )

    def begin(self, tokens: TokenIds) -> Callable[[], Encoded]:
        """The other half; a GPU has only been told all its work when this returns, and the function given back waits."""
        order = longest_first([len(part) for part in tokens.parts])
        arrive = self._lane.home(self._pooled([tokens.parts[i] for i in order]))

        def encoded() -> Encoded:
            pooled = np.empty((len(order), self.dim), dtype=np.float32)
            pooled[order] = arrive()
            lengths = [len(part) for part in tokens.parts]
            return _scaled(joined(pooled, tokens=lengths, parts=tokens.parts_of_text), tokens.counts, tokens.codes)

        return encoded

    def _pooled(self, parts: Sequence[list[int]]) -> torch.Tensor:
        """float32[n_parts, dim] on the device; `parts` by falling length. The next chunk is brought while one computes."""
        lengths = [len(part) for part in parts]
        gathered = torch.empty((len(parts), self.dim), dtype=torch.float32, device=self.device.name)
        coming: Inputs | None = None
        start = 0
        while start < len(parts):
            stop = chunk_end(lengths, start, tokens=self._tokens_per_batch)
            try:
                here = coming or self._brought(parts[start:stop])
                coming = None
                gathered[start:stop] = self._model.pooled(here, Pooling(self.spec.pooling))
                if self.works_ahead and stop < len(parts):
                    coming = self._brought(parts[stop : chunk_end(lengths, stop, tokens=self._tokens_per_batch)])
            except torch.OutOfMemoryError:
                self._take_less(lengths[start], texts=stop - start)
            else:
                start = stop
        return gathered

    def _brought(self, parts: Sequence[list[int]]) -> Inputs:
        return self._lane.bring(self._model.laid_out(blocks(parts)))

    def _take_less(self, tokens: int, *, texts: int) -> None:
        """Halves what one forward pass holds, for good: the memory will not grow."""
        if texts == 1:
            raise EnvironmentFault(
                f"the memory of {self.device.name} cannot hold a text of {tokens} tokens.",
                fix="Lower text.max_tokens, or let fewer tasks share the GPU (spark.task.resource.gpu.amount).",
            )
        self._tokens_per_batch = tokens * texts // 2
        self._lane.free()
        LOG.warning("out of memory on %s: %d tokens a pass from here on", self.device.name, self._tokens_per_batch)

    def _tokens(self, texts: npt.NDArray[np.object_]) -> list[list[int]]:
        most = self._splitter.longest_text * CHARACTERS_A_TOKEN
        read = [self.spec.prefix + text[:most] for text in texts]
        self._tokenizer.enable_truncation(self._splitter.longest_text)
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(read)]


def tokens_a_pass(spec: EncoderSpec, device: Device) -> int:
    """How many padded tokens one forward pass holds at most, before memory says otherwise."""
    return spec.tokens_per_batch * (GPU_TIMES if device.is_gpu else 1)


def load_encoder(spec: EncoderSpec, device: Device, fetch: Fetch | None = None) -> Encoder:
    """Reads the weights; `fetch` brings URIs with a scheme (`models:/...`) to this machine."""
    return Encoder(spec, device, load(spec, device, fetch))


_kept: dict[tuple[EncoderSpec, Device], Encoder] = {}  # one at most: models are large


def encoder_of_process(spec: EncoderSpec, device: Device, fetch: Fetch | None = None) -> Encoder:
    """The one encoder that this process keeps from task to task; another spec or GPU address replaces it.

    `fetch` does not tell encoders apart: every task unpickles its own, and it only brings what `spec` names.
    """
    if (spec, device) not in _kept:
        _kept.clear()
        lane_to(device).free()
        _kept[spec, device] = load_encoder(spec, device, fetch)
    return _kept[spec, device]


def fingerprint(spec: EncoderSpec, device: Device, content_hash: str) -> str:
    """Names everything that decides a vector: weights, tokenizer, prefix, pooling, how long texts are read, number type."""
    overlap = spec.overlap_tokens if spec.max_parts > 1 else 0
    read = [spec.max_tokens, spec.max_parts, overlap]
    decides = [content_hash, spec.prefix, str(spec.pooling), *read, str(device.number_type)]
    return hashlib.blake2b(json.dumps(decides).encode(), digest_size=16).hexdigest()


def _sound(texts: Sequence[str]) -> npt.NDArray[np.object_]:
    absent = sum(not isinstance(text, str) for text in texts)
    if absent:
        raise DataError(
            f"{absent} of {len(texts)} texts are NULL.",
            fix="Encode rows with a text only: filter `text IS NOT NULL`, or let the contract quarantine the others.",
        )
    return np.array([repaired(text) for text in texts] + [None], dtype=object)[:-1]


def _scaled(pooled: npt.NDArray[np.float32], counts: npt.NDArray[np.int32], codes: npt.NDArray[np.intp]) -> Encoded:
    """Rows of length 1, given back to every text that they stand for."""
    norms = np.linalg.norm(pooled, axis=1).astype(np.float32)
    broken = int((~np.isfinite(norms)).sum())
    if broken:
        raise DataError(
            f"the encoder made {broken} vectors that are not finite.",
            fix="Set text.number_type to fp32; if it stays so, the weights of text.encoder are broken.",
        )
    vectors = pooled / np.maximum(norms, TINY)[:, None]
    return Encoded(vectors[codes], counts[codes], norms[codes])
