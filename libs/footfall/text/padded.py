"""Any other encoder that transformers loads, padded to the longest text of a chunk. Knows torch, not Spark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from footfall.inference.device import Device
from footfall.inference.inputs import Inputs, padded
from footfall.inference.packing import Block
from footfall.text.spec import Pooling


class PaddedModel:
    """A model of transformers that returns the pooled vectors of its last hidden state."""

    def __init__(self, model: Any, device: Device) -> None:
        self.model = model.to(device.name, device.torch_type).eval()
        self.device = device
        self.dim = int(model.config.hidden_size)
        self.longest = _longest(model)
        self.pad = int(model.config.pad_token_id or 0)

    def laid_out(self, chunk: Sequence[Block]) -> Inputs:
        """What `pooled` reads of the chunk's blocks, on the host."""
        return padded(chunk, pad=self.pad)

    def pooled(self, inputs: Inputs, pooling: Pooling) -> torch.Tensor:
        """float32[n_texts, dim] on the device, one row a text in the order of the blocks."""
        mask = inputs.tensors["mask"]
        with torch.inference_mode():
            output = self.model(input_ids=inputs.tensors["ids"], attention_mask=mask.long())
            hidden: torch.Tensor = output.last_hidden_state.float()
            if pooling is Pooling.CLS:
                return hidden[:, 0]
            weights: torch.Tensor = mask.unsqueeze(-1).float()
            return (hidden * weights).sum(dim=1) / weights.sum(dim=1)


def _longest(model: Any) -> int:
    """Most tokens that the model reads; models like RoBERTa count positions from the padding's id on."""
    longest = int(getattr(model.config, "max_position_embeddings", 1 << 20))
    places = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(places, "padding_idx", None)
    return longest if padding is None else longest - int(padding) - 1
