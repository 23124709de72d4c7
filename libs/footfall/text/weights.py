"""Reads weights and tokenizer of an encoder from a directory, a hub or a fetched URI, and hashes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import torch
import xxhash
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer

from footfall.errors import SettingsError
from footfall.inference.device import Device
from footfall.inference.inputs import Inputs
from footfall.inference.packing import Block
from footfall.text.packed import PackedBert, can_pack
from footfall.text.spec import EncoderSpec, Pooling, no_weights

# copies what a URI with a scheme names into a directory on this machine, which exists while the block runs
Fetch = Callable[[str], AbstractContextManager[str]]
TOKENIZER = "tokenizer.json"
PLAIN_FILES = ("config.json", "model.safetensors", TOKENIZER)


class WeightedModel(Protocol):
    """What the encoder needs of a model: its width, its longest text, its inputs, and pooled vectors."""

    dim: int
    longest: int

    def laid_out(self, chunk: Sequence[Block]) -> Inputs:
        """What `pooled` reads, on the host."""

    def pooled(self, inputs: Inputs, pooling: Pooling) -> torch.Tensor:
        """float32[n_texts, dim] on the device, where the inputs lie."""


@dataclass(frozen=True)
class LoadedEncoder:
    """A model on its device, its tokenizer, and the hash of both."""

    model: WeightedModel
    tokenizer: Tokenizer  # shared in the process: set truncation and padding before each use
    content_hash: str


def load(spec: EncoderSpec, device: Device, fetch: Fetch | None) -> LoadedEncoder:
    """The encoder's model and tokenizer; raises EnvironmentFault where they cannot be loaded.

    A directory with config.json, model.safetensors and tokenizer.json of a BERT family needs no transformers, which
    saves each worker seconds; everything else is loaded by transformers.
    """
    with _directory(spec, fetch) as directory:
        loaded = _plain(spec, directory, device) if directory and _is_plain(directory) else None
        loaded = loaded or _by_transformers(spec, str(directory or spec.encoder), device)
    if loaded.model.longest < spec.max_tokens:
        raise SettingsError(
            f"text.max_tokens is {spec.max_tokens}, and '{spec.encoder}' reads {loaded.model.longest} at most.",
            fix=f"Set text.max_tokens to {loaded.model.longest} or less.",
        )
    return loaded


@contextmanager
def _directory(spec: EncoderSpec, fetch: Fetch | None) -> Iterator[Path | None]:
    """Where the files lie on this machine, at least while they are read; None for the id of a model on a hub."""
    if spec.has_scheme:
        if fetch is None:
            raise no_weights(spec, "it is a URI, and no function that fetches URIs was handed in")
        with fetch(spec.encoder) as directory:
            yield Path(directory)
    elif spec.path.is_dir():
        yield spec.path
    elif spec.is_written_as_path:
        raise no_weights(spec, "no such directory on this machine")
    else:
        yield None


def _is_plain(directory: Path) -> bool:
    return all((directory / name).is_file() for name in PLAIN_FILES)


def _plain(spec: EncoderSpec, directory: Path, device: Device) -> LoadedEncoder | None:
    """Loaded straight from the three files, the weights mapped into memory; None where the model is not a BERT."""
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    if not can_pack(config):
        return None
    try:
        tensors = _named(load_file(directory / "model.safetensors"), str(config["model_type"]))
    except SafetensorError as fault:
        raise no_weights(spec, f"model.safetensors is broken ({fault})") from fault
    return _packed(spec, config, tensors, _tokenizer((directory / TOKENIZER).read_bytes()), device)


@dataclass(frozen=True)
class HashedTokenizer:
    """A tokenizer and the hash of its content before truncation and padding were set."""

    tokenizer: Tokenizer
    content_hash: str

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> HashedTokenizer:
        """The tokenizer in its present state."""
        return cls(tokenizer, xxhash.xxh3_128_hexdigest(tokenizer.to_str().encode()))


@lru_cache(maxsize=1)
def _tokenizer(content: bytes) -> HashedTokenizer:
    """Parsed once a process: with 250,000 pieces that takes over a second, and successive models often share a tokenizer."""
    return HashedTokenizer.of(Tokenizer.from_buffer(content))


def _packed(
    spec: EncoderSpec,
    config: Mapping[str, Any],
    tensors: dict[str, torch.Tensor],
    tokenizer: HashedTokenizer,
    device: Device,
) -> LoadedEncoder:
    try:
        model = PackedBert(config, tensors, device)
    except KeyError as fault:
        raise no_weights(spec, f"its weights or its config lack {fault}") from fault
    return LoadedEncoder(model, tokenizer.tokenizer, content_hash(tensors, tokenizer))


def _by_transformers(spec: EncoderSpec, name: str, device: Device) -> LoadedEncoder:
    """A directory or hub id as AutoModel and AutoTokenizer load it."""
    from transformers import AutoModel, AutoTokenizer  # costs seconds, so only where needed

    from footfall.text.padded import PaddedModel

    try:
        tokenizer = HashedTokenizer.of(AutoTokenizer.from_pretrained(name, use_fast=True).backend_tokenizer)
        model = AutoModel.from_pretrained(name, dtype=torch.float32)
    except (OSError, ValueError, AttributeError) as fault:  # what from_pretrained raises for absent and odd files
        raise no_weights(spec, f"transformers says: {fault}".rstrip(".")) from fault
    config, tensors = model.config.to_dict(), model.state_dict()
    if can_pack(config):
        return _packed(spec, config, _named(tensors, str(config["model_type"])), tokenizer, device)
    return LoadedEncoder(PaddedModel(model, device), tokenizer.tokenizer, content_hash(tensors, tokenizer))


def _named(tensors: dict[str, torch.Tensor], family: str) -> dict[str, torch.Tensor]:
    """The tensors of the encoder only, under BertModel's names, however the file was saved."""
    start = f"{family.replace('xlm-', '')}."
    old = {"gamma": "weight", "beta": "bias"}
    named = {}
    for name, tensor in tensors.items():
        stem, _, last = name.removeprefix(start).rpartition(".")
        if stem.startswith(("embeddings.", "encoder.")) and tensor.is_floating_point():
            named[f"{stem}.{old.get(last, last)}"] = tensor
    return named


def content_hash(tensors: Mapping[str, torch.Tensor], tokenizer: HashedTokenizer) -> str:
    """Hash of names, types, shapes and bytes of all weights, and of the tokenizer; as fast as memory is read."""
    digest = xxhash.xxh3_128()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    digest.update(tokenizer.content_hash.encode())
    return digest.hexdigest()
