"""BERT, XLM-R and RoBERTa run on tokens laid end to end: no padding is ever computed. torch only.

The layers are those of Devlin et al. 2019 as transformers' BertModel computes them (a test compares the two); only
attention, which runs on blocks of texts of equal length, needs to know where a text ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as nn

from footfall.text.device import Device
from footfall.text.spec import Pooling
from footfall.text.windows import Tokens

Tensors = Mapping[str, torch.Tensor]
OFFSET_FAMILIES = ("roberta", "xlm-roberta")  # positions count on from the padding's id
FAMILIES = ("bert", *OFFSET_FAMILIES)
ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "gelu": lambda x: nn.gelu(x),
    "gelu_new": lambda x: nn.gelu(x, approximate="tanh"),
    "gelu_pytorch_tanh": lambda x: nn.gelu(x, approximate="tanh"),
    "relu": torch.relu,
}


def can_pack(config: Mapping[str, Any]) -> bool:
    """Whether a config.json names a model that `PackedBert` computes exactly."""
    return (
        config.get("model_type") in FAMILIES
        and config.get("hidden_act", "gelu") in ACTIVATIONS
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
    )


@dataclass(frozen=True)
class Affine:
    """A weight and a bias: of a linear layer, or of a layer norm."""

    weight: torch.Tensor
    bias: torch.Tensor

    @classmethod
    def read(cls, tensors: Tensors, name: str, device: Device) -> Affine:
        """The pair called `name`, on the device and in its number type."""
        return cls(*(tensors[f"{name}.{part}"].to(device.name, device.torch_type) for part in ("weight", "bias")))

    @classmethod
    def stacked(cls, parts: Sequence[Affine]) -> Affine:
        """Several linear layers as one: one product instead of three."""
        return cls(torch.cat([p.weight for p in parts]), torch.cat([p.bias for p in parts]))

    def linear(self, x: torch.Tensor) -> torch.Tensor:
        """X W' + b."""
        return nn.linear(x, self.weight, self.bias)

    def norm(self, x: torch.Tensor, epsilon: float) -> torch.Tensor:
        """Layer norm over the last dimension."""
        return nn.layer_norm(x, self.bias.shape, self.weight, self.bias, epsilon)


@dataclass(frozen=True)
class Layer:
    """One transformer layer."""

    query_key_value: Affine
    attention_out: Affine
    attention_norm: Affine
    wide: Affine
    out: Affine
    out_norm: Affine

    @classmethod
    def read(cls, tensors: Tensors, number: int, device: Device) -> Layer:
        """Layer `number`, from 0."""

        def part(name: str) -> Affine:
            return Affine.read(tensors, f"encoder.layer.{number}.{name}", device)

        return cls(
            query_key_value=Affine.stacked([part(f"attention.self.{name}") for name in ("query", "key", "value")]),
            attention_out=part("attention.output.dense"),
            attention_norm=part("attention.output.LayerNorm"),
            wide=part("intermediate.dense"),
            out=part("output.dense"),
            out_norm=part("output.LayerNorm"),
        )


class PackedBert:
    """A BERT encoder of which only the pooled text vectors come out."""

    def __init__(self, config: Mapping[str, Any], tensors: Tensors, device: Device) -> None:
        self.device = device
        self.dim = int(config["hidden_size"])
        self.heads = int(config["num_attention_heads"])
        self.epsilon = float(config.get("layer_norm_eps", 1e-12))
        self.activation = ACTIVATIONS[config.get("hidden_act", "gelu")]
        self.first_position = int(config["pad_token_id"]) + 1 if config["model_type"] in OFFSET_FAMILIES else 0
        self.longest = int(config["max_position_embeddings"]) - self.first_position
        # On the CPU the word table stays as it is mapped from the file: all workers of a machine share its pages.
        self.words = tensors["embeddings.word_embeddings.weight"].to(device.name)
        self.places = (
            tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
        ).to(device.name)
        self.embedding_norm = Affine(
            *(tensors[f"embeddings.LayerNorm.{part}"].to(device.name, self.words.dtype) for part in ("weight", "bias"))
        )
        self.layers = [Layer.read(tensors, number, device) for number in range(config["num_hidden_layers"])]

    def pooled(self, chunk: Sequence[Tokens], pooling: Pooling) -> torch.Tensor:
        """float32[n_texts, dim] on the CPU, one row a text in the order of the chunk's blocks."""
        with torch.inference_mode():
            x = self._embedded(chunk)
            for layer in self.layers:
                x = self._through(layer, x, chunk)
            return torch.cat([_pool(part, pooling) for part in _parts(x, chunk)]).cpu()

    def _embedded(self, chunk: Sequence[Tokens]) -> torch.Tensor:
        """[n_tokens, dim]: word + place + type, normed."""
        ids = torch.from_numpy(np.concatenate([block.ravel() for block in chunk])).to(self.device.name)
        steps = np.concatenate([np.tile(np.arange(block.shape[1]), block.shape[0]) for block in chunk])
        places = torch.from_numpy(steps + self.first_position).to(self.device.name)
        x = nn.embedding(ids, self.words) + nn.embedding(places, self.places)
        return self.embedding_norm.norm(x, self.epsilon).to(self.device.torch_type)

    def _through(self, layer: Layer, x: torch.Tensor, chunk: Sequence[Tokens]) -> torch.Tensor:
        context = self._attended(layer.query_key_value.linear(x), chunk)
        x = layer.attention_norm.norm(layer.attention_out.linear(context).add_(x), self.epsilon)
        wide = self.activation(layer.wide.linear(x))
        return layer.out_norm.norm(layer.out.linear(wide).add_(x), self.epsilon)

    def _attended(self, query_key_value: torch.Tensor, chunk: Sequence[Tokens]) -> torch.Tensor:
        """[n_tokens, dim]: each text attends to itself only."""
        context = query_key_value.new_empty(query_key_value.shape[0], self.dim)
        into = _parts(context, chunk)
        for target, part in zip(into, _parts(query_key_value, chunk), strict=True):
            texts, tokens = part.shape[:2]
            query, key, value = part.view(texts, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            found = nn.scaled_dot_product_attention(query, key, value)
            target.copy_(found.transpose(1, 2).reshape(texts, tokens, self.dim))
        return context


def _parts(x: torch.Tensor, chunk: Sequence[Tokens]) -> list[torch.Tensor]:
    """Views [n_texts, n_tokens, width] of the packed rows, one a block."""
    pieces = torch.split(x, [block.size for block in chunk])
    return [piece.view(*block.shape, -1) for piece, block in zip(pieces, chunk, strict=True)]


def _pool(part: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    return part[:, 0].float() if pooling is Pooling.CLS else part.float().mean(dim=1)
