"""BERT, XLM-R and RoBERTa over tokens laid end to end, so that no padding is computed. torch only.

The layers are those of Devlin et al. 2019 as transformers' BertModel computes them (a test compares the two). Only
attention depends on where a text ends. On the CPU it runs on blocks of texts of equal length, on a GPU on one grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as nn

from footfall.inference.device import Device
from footfall.inference.inputs import Inputs, Shape, end_to_end
from footfall.inference.packing import Block
from footfall.text.spec import Pooling

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
class EncoderLayer:
    """One transformer layer."""

    query_key_value: Affine
    attention_out: Affine
    attention_norm: Affine
    wide: Affine
    out: Affine
    out_norm: Affine

    @classmethod
    def read(cls, tensors: Tensors, number: int, device: Device) -> EncoderLayer:
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
    """A BERT encoder that returns only pooled text vectors."""

    def __init__(self, config: Mapping[str, Any], tensors: Tensors, device: Device) -> None:
        self.device = device
        self.one_grid = device.is_gpu
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
        self.layers = [EncoderLayer.read(tensors, number, device) for number in range(config["num_hidden_layers"])]

    def laid_out(self, chunk: Sequence[Block]) -> Inputs:
        """What `pooled` reads of the chunk's blocks, on the host."""
        return end_to_end(chunk, first_position=self.first_position, one_grid=self.one_grid)

    def pooled(self, inputs: Inputs, pooling: Pooling) -> torch.Tensor:
        """float32[n_texts, dim] on the device, one row a text in the order of the blocks."""
        with torch.inference_mode():
            x = self._embedded(inputs)
            for layer in self.layers:
                x = self._through(layer, x, inputs)
            return torch.cat([_pool(part, pooling) for part in _parts(x, inputs.shapes)])

    def _embedded(self, inputs: Inputs) -> torch.Tensor:
        """[n_tokens, dim]: word + place + type, normed."""
        x = nn.embedding(inputs.tensors["ids"], self.words) + nn.embedding(inputs.tensors["places"], self.places)
        return self.embedding_norm.norm(x, self.epsilon).to(self.device.torch_type)

    def _through(self, layer: EncoderLayer, x: torch.Tensor, inputs: Inputs) -> torch.Tensor:
        attend = self._attended_in_one if "slots" in inputs.tensors else self._attended_by_block
        context = attend(layer.query_key_value.linear(x), inputs)
        x = layer.attention_norm.norm(layer.attention_out.linear(context).add_(x), self.epsilon)
        wide = self.activation(layer.wide.linear(x))
        return layer.out_norm.norm(layer.out.linear(wide).add_(x), self.epsilon)

    def _attended_by_block(self, query_key_value: torch.Tensor, inputs: Inputs) -> torch.Tensor:
        """[n_tokens, dim]: each text attends to itself only, without padding."""
        context = query_key_value.new_empty(query_key_value.shape[0], self.dim)
        into = _parts(context, inputs.shapes)
        for target, part in zip(into, _parts(query_key_value, inputs.shapes), strict=True):
            target.copy_(self._attended(part, mask=None))
        return context

    def _attended_in_one(self, query_key_value: torch.Tensor, inputs: Inputs) -> torch.Tensor:
        """The same by one call over a padded grid."""
        slots, mask = inputs.tensors["slots"], inputs.tensors["mask"]
        grid = query_key_value.new_zeros(mask.numel(), 3 * self.dim).index_copy_(0, slots, query_key_value)
        context = self._attended(grid.view(*mask.shape, -1), mask=mask[:, None, None, :])
        return context.reshape(-1, self.dim).index_select(0, slots)

    def _attended(self, part: torch.Tensor, *, mask: torch.Tensor | None) -> torch.Tensor:
        """[n_texts, n_tokens, dim] of [n_texts, n_tokens, 3 dim]."""
        texts, tokens = part.shape[:2]
        query, key, value = part.view(texts, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        context = nn.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return context.transpose(1, 2).reshape(texts, tokens, self.dim)


def _parts(x: torch.Tensor, shapes: Sequence[Shape]) -> list[torch.Tensor]:
    """Views [n_texts, n_tokens, width] of the packed rows, one a block."""
    pieces = torch.split(x, [texts * tokens for texts, tokens in shapes])
    return [piece.view(*shape, -1) for piece, shape in zip(pieces, shapes, strict=True)]


def _pool(part: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    return part[:, 0].float() if pooling is Pooling.CLS else part.float().mean(dim=1)
