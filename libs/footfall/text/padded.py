"""Any other encoder that transformers loads, padded to the longest text of a chunk. Knows torch, not Spark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from footfall.text.device import Device
from footfall.text.spec import Pooling
from footfall.text.windows import Tokens


class PaddedModel:
    """A model of transformers, asked for the pooled vectors of its last hidden state."""

    def __init__(self, model: Any, device: Device) -> None:
        self.model = model.to(device.name, device.torch_type).eval()
        self.device = device
        self.dim = int(model.config.hidden_size)
        self.longest = int(getattr(model.config, "max_position_embeddings", 1 << 20))
        self.pad = int(model.config.pad_token_id or 0)

    def pooled(self, chunk: Sequence[Tokens], pooling: Pooling) -> torch.Tensor:
        """float32[n_texts, dim] on the CPU, one row a text in the order of the chunk's blocks."""
        longest = max(block.shape[1] for block in chunk)
        ids = torch.cat([_widened(torch.from_numpy(block), longest, self.pad) for block in chunk]).to(self.device.name)
        mask = torch.cat([_widened(torch.ones(block.shape, dtype=torch.long), longest, 0) for block in chunk]).to(
            self.device.name
        )
        with torch.inference_mode():
            hidden: torch.Tensor = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            if pooling is Pooling.CLS:
                return hidden[:, 0].cpu()
            weights: torch.Tensor = mask.unsqueeze(-1).float()
            return ((hidden * weights).sum(dim=1) / weights.sum(dim=1)).cpu()


def _widened(block: torch.Tensor, longest: int, fill: int) -> torch.Tensor:
    return torch.nn.functional.pad(block, (0, longest - block.shape[1]), value=fill)
