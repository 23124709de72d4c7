"""Texts to vectors without Spark: tokens, chunks of like length, the model, unit length. Reads nothing but weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from footfall.errors import DataError, EnvironmentFault
from footfall.inference.device import Device
from footfall.inference.inputs import Inputs
from footfall.inference.packing import Block
from footfall.inference.passes import Passes
from footfall.inference.process import kept_model
from footfall.text.normal import repaired
from footfall.text.parts import Around, Splitter, joined
from footfall.text.spec import EncoderSpec, Pooling
from footfall.text.weights import Fetch, LoadedEncoder, WeightedModel, load

CHARACTERS_A_TOKEN = 64  # more than a token of any real vocabulary has; characters beyond are not tokenized
TINY = 1e-12


@dataclass(frozen=True)
class TokenIds:
    """The tokens of n texts, of which u are distinct."""

    parts: list[list[int]]  # of all distinct texts, one after the other
    parts_of_text: list[int]  # [u]
    counts: npt.NDArray[np.int32]  # [u], tokens of a text, special ones included
    codes: npt.NDArray[np.intp]  # [n], number of the distinct text


@dataclass(frozen=True)
class Encoded:
    """The vectors of n texts, in their order."""

    vectors: npt.NDArray[np.float32]  # [n, dim], rows of length 1
    token_counts: npt.NDArray[np.int32]  # [n], special tokens included
    norms: npt.NDArray[np.float32]  # [n], length of the pooled vector before it was scaled to 1


@dataclass(frozen=True)
class PooledModel:
    """A model whose result for a row of tokens is the pooled vector."""

    model: WeightedModel
    pooling: Pooling

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self.model.dim

    def laid_out(self, chunk: Sequence[Block]) -> Inputs:
        """What `computed` reads, on the host."""
        return self.model.laid_out(chunk)

    def computed(self, inputs: Inputs) -> torch.Tensor:
        """float32[n_texts, dim] on the device."""
        return self.model.pooled(inputs, self.pooling)


class Encoder:
    """An encoder, loaded onto its device."""

    def __init__(self, spec: EncoderSpec, device: Device, loaded: LoadedEncoder) -> None:
        self.spec = spec
        self.device = device
        self.fingerprint = fingerprint(spec, device, loaded.content_hash)
        self.dim = loaded.model.dim
        self.passes = Passes(
            PooledModel(loaded.model, Pooling(spec.pooling)), device, budget=spec.tokens_per_batch,
            too_long=self._does_not_fit,
        )  # fmt: skip
        self._tokenizer = loaded.tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._splitter = Splitter(
            Around.of(self._tokenizer, spec.prefix), spec.max_tokens, spec.overlap_tokens, spec.max_parts
        )

    def encode(self, texts: Sequence[str]) -> Encoded:
        """The vectors of `texts`; equal texts are encoded once, and a text longer than max_tokens in overlapping parts.

        Raises DataError where a text is None or a vector is not finite. Every other text is encoded: an empty one is
        its prefix alone.
        """
        return self.begin(self.read(texts))()

    def read(self, texts: Sequence[str]) -> TokenIds:
        """The half of `encode` that runs on the CPU on any device: the tokens of each distinct text, cut into parts."""
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
        """The other half. On a GPU the work is only queued when this returns; the returned function waits for it."""
        pooled = self.passes.begin(tokens.parts)

        def encoded() -> Encoded:
            lengths = [len(part) for part in tokens.parts]
            return _scaled(joined(pooled(), tokens=lengths, parts=tokens.parts_of_text), tokens.counts, tokens.codes)

        return encoded

    def _does_not_fit(self, tokens: int) -> EnvironmentFault:
        return EnvironmentFault(
            f"the memory of {self.device.name} cannot hold a text of {tokens} tokens.",
            fix="Lower text.max_tokens, or let fewer tasks share the GPU (spark.task.resource.gpu.amount).",
        )

    def _tokens(self, texts: npt.NDArray[np.object_]) -> list[list[int]]:
        most = self._splitter.longest_text * CHARACTERS_A_TOKEN
        read = [self.spec.prefix + text[:most] for text in texts]
        self._tokenizer.enable_truncation(self._splitter.longest_text)
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(read)]


def load_encoder(spec: EncoderSpec, device: Device, fetch: Fetch | None = None) -> Encoder:
    """Reads the weights; `fetch` brings URIs with a scheme (`models:/...`) to this machine."""
    return Encoder(spec, device, load(spec, device, fetch))


def encoder_of_process(spec: EncoderSpec, device: Device, fetch: Fetch | None = None) -> Encoder:
    """The one encoder that this process keeps from task to task; another spec or GPU address replaces it.

    `fetch` is not part of the key: every task unpickles its own, and it only fetches what `spec` names.
    """
    return kept_model(spec, device, lambda: load_encoder(spec, device, fetch))


def fingerprint(spec: EncoderSpec, device: Device, content_hash: str) -> str:
    """Hash of all that determines a vector: weights, tokenizer, prefix, pooling, lengths, number type."""
    overlap = spec.overlap_tokens if spec.max_parts > 1 else 0
    read = [spec.max_tokens, spec.max_parts, overlap]
    parts = [content_hash, spec.prefix, str(spec.pooling), *read, str(device.number_type)]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def _sound(texts: Sequence[str]) -> npt.NDArray[np.object_]:
    absent = sum(not isinstance(text, str) for text in texts)
    if absent:
        raise DataError(
            f"{absent} of {len(texts)} texts are NULL.",
            fix="Encode rows with a text only: filter `text IS NOT NULL`, or let the contract quarantine the others.",
        )
    return np.array([repaired(text) for text in texts] + [None], dtype=object)[:-1]


def _scaled(pooled: npt.NDArray[np.float32], counts: npt.NDArray[np.int32], codes: npt.NDArray[np.intp]) -> Encoded:
    """Rows of length 1, one for each text."""
    norms = np.linalg.norm(pooled, axis=1).astype(np.float32)
    broken = int((~np.isfinite(norms)).sum())
    if broken:
        raise DataError(
            f"the encoder made {broken} vectors that are not finite.",
            fix="Set text.number_type to fp32; if the error stays, replace the weights of text.encoder, which are broken.",
        )
    vectors = pooled / np.maximum(norms, TINY)[:, None]
    return Encoded(vectors[codes], counts[codes], norms[codes])
