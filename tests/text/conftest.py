"""The default encoder, loaded once, and tiny encoders of several families, made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

from footfall.inference.device import choose_device
from footfall.text.encoder import Encoder, load_encoder
from footfall.text.spec import EncoderSpec

WEIGHTS = Path(__file__).resolve().parents[2] / ".cache" / "models" / "multilingual-e5-small"
WORDS = ["<pad>", "<s>", "</s>", "<unk>", *"abcdefghijklmnopqrstuvwxyz"]
Loader = Callable[..., Encoder]


def spec_of(encoder: Path | str, **changed: Any) -> EncoderSpec:
    """The settings of the demo in fp32 on the CPU, with changes."""
    plain = {
        "prefix": "query: ",
        "pooling": "mean",
        "max_tokens": 128,
        "max_parts": 1,
        "overlap_tokens": 0,
        "tokens_per_batch": 2048,
    }
    return EncoderSpec(**{"encoder": str(encoder), "number_type": "fp32", "device": "cpu", **plain, **changed})


def load_on_cpu(encoder: Path | str, **changed: Any) -> Encoder:
    spec = spec_of(encoder, **changed)
    return load_encoder(spec, choose_device(spec, addresses=(), environ={}, gpu_count=0))


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The default encoder in fp32."""
    return load_on_cpu(WEIGHTS)


def make_tiny(folder: Path, family: str) -> Path:
    """A directory with a two-layer model of `family`, 16 wide, and a tokenizer of one token a letter."""
    torch.manual_seed(7)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    if family == "distilbert":
        sizes = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24}
    config = AutoConfig.for_model(family, vocab_size=len(WORDS), pad_token_id=0, max_position_embeddings=40, **sizes)
    AutoModel.from_config(config).eval().save_pretrained(folder)
    vocabulary = {word: i for i, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>").save_pretrained(folder)
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[[str], Path]:
    return lambda family: make_tiny(tmp_path / family, family)
