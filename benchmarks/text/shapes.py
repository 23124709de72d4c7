"""The models whose speed is measured, as directories of plain BERT files; written below build/bench-models on first use.

- `minilm`: 6 layers, 384 wide, as all-MiniLM-L6-v2. The vocabulary of that model has no Chinese, every character would be
  [UNK]; so these are the word table, the tokenizer and the first 6 layers of the e5 below.
- `e5`: multilingual-e5-small, 12 layers, 384 wide, as `make setup` leaves it.
- `base`: 12 layers, 768 wide, 30,522 pieces, as bert-base-uncased. The weights are random (BERT's own start), and the
  pieces are the first 30,522 of e5's tokenizer: speed does not depend on the values.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
E5 = ROOT / ".cache" / "models" / "multilingual-e5-small"
MODELS = ROOT / "build" / "bench-models"
MINILM_LAYERS = 6
BASE_PIECES = 30_522
BASE = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12}
START_DEVIATION = 0.02  # of BERT's random weights, Devlin et al. 2019
SEED = 7
Tensors = Mapping[str, torch.Tensor]


def model_directory(shape: str, *, models: Path = MODELS, e5: Path = E5) -> Path:
    """The directory of a shape's model; a missing one is written, completely or not at all."""
    if shape == "e5":
        return e5
    target = models / shape
    if not target.is_dir():
        models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=models) as scratch:
            folder = Path(scratch) / shape
            shutil.copytree(e5, folder, ignore=shutil.ignore_patterns("model.safetensors", "README.md", ".*"))
            MAKERS[shape](folder, e5)
            folder.rename(target)
    return target


def _minilm(folder: Path, e5: Path) -> None:
    config = _json(folder / "config.json")
    _write(folder / "config.json", config | {"num_hidden_layers": MINILM_LAYERS})
    tensors = {
        name: tensor for name, tensor in load_file(e5 / "model.safetensors").items() if _layer(name) < MINILM_LAYERS
    }
    _save(tensors, folder)


def _base(folder: Path, _: Path) -> None:
    config = _json(folder / "config.json")
    tokenizer = _json(folder / "tokenizer.json")
    pieces = min(BASE_PIECES, len(tokenizer["model"]["vocab"]))
    config = config | BASE | {"vocab_size": pieces}
    _write(folder / "config.json", config)
    _write(folder / "tokenizer.json", with_first_pieces(tokenizer, pieces))
    words = _json(folder / "tokenizer_config.json")
    _write(folder / "tokenizer_config.json", {k: v for k, v in words.items() if k != "mask_token"})
    _save(random_tensors(config), folder)


MAKERS: Mapping[str, Callable[[Path, Path], None]] = {"minilm": _minilm, "base": _base}
SHAPES = ("minilm", "e5", "base")


def _layer(name: str) -> int:
    """The number of the layer that a tensor belongs to; -1 for embeddings."""
    return int(name.split(".")[2]) if name.startswith("encoder.layer.") else -1


def with_first_pieces(tokenizer: Mapping[str, Any], count: int) -> dict[str, Any]:
    """A unigram tokenizer's file with the first `count` pieces only, and the added tokens that are among them."""
    model = {**tokenizer["model"], "vocab": tokenizer["model"]["vocab"][:count]}
    added = [token for token in tokenizer["added_tokens"] if token["id"] < count]
    return {**tokenizer, "model": model, "added_tokens": added}


def random_tensors(config: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Every tensor of a BertModel without pooler: normal weights, zero biases, layer norms with scale 1 and shift 0."""
    generator = torch.Generator().manual_seed(SEED)
    hidden, wide = config["hidden_size"], config["intermediate_size"]

    def weights(*shape: int) -> torch.Tensor:
        return torch.normal(0.0, START_DEVIATION, shape, generator=generator)

    tables = {"word": "vocab_size", "position": "max_position_embeddings", "token_type": "type_vocab_size"}
    tensors = {f"embeddings.{name}_embeddings.weight": weights(config[size], hidden) for name, size in tables.items()}
    norms = ["embeddings.LayerNorm"]
    linear = {
        f"attention.{name}": (hidden, hidden) for name in ("self.query", "self.key", "self.value", "output.dense")
    }
    linear |= {"intermediate.dense": (wide, hidden), "output.dense": (hidden, wide)}
    for number in range(config["num_hidden_layers"]):
        start = f"encoder.layer.{number}."
        norms += [f"{start}attention.output.LayerNorm", f"{start}output.LayerNorm"]
        for name, shape in linear.items():
            tensors[f"{start}{name}.weight"] = weights(*shape)
            tensors[f"{start}{name}.bias"] = torch.zeros(shape[0])
    for name in norms:
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = torch.ones(hidden), torch.zeros(hidden)
    return tensors


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _save(tensors: Tensors, folder: Path) -> None:
    save_file(dict(tensors), folder / "model.safetensors", metadata={"format": "pt"})
