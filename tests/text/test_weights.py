"""Weights are found wherever they may be, named by their content, and missed aloud."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models

from footfall.errors import EnvironmentFault, SettingsError
from footfall.inference.compute import NumberType
from footfall.inference.device import Device
from footfall.text.spec import require_weights
from footfall.text.weights import HashedTokenizer, content_hash, load
from text.conftest import load_on_cpu, spec_of

CPU = Device("cpu", NumberType.FP32, "a test")


def test_a_directory_that_is_not_there_says_make_setup(tmp_path: Path) -> None:
    spec = spec_of(tmp_path / "absent")
    for attempt in (lambda: require_weights([spec]), lambda: load(spec, CPU, None)):
        with pytest.raises(EnvironmentFault, match=r"absent(.|\n)*make setup(.|\n)*text\.encoder"):
            attempt()


def test_a_relative_directory_that_is_not_there_is_no_hub_id() -> None:
    with pytest.raises(EnvironmentFault, match="no such directory"):
        require_weights([spec_of(".cache/models/none")])


def test_a_hub_id_and_a_uri_are_left_to_their_loading() -> None:
    require_weights([spec_of("some-people/some-model"), spec_of("models:/encoder@champion")])


def test_a_uri_needs_someone_who_fetches_it(tiny) -> None:
    directory = tiny("bert")
    spec = spec_of("models:/encoder@champion", max_tokens=16)
    with pytest.raises(EnvironmentFault, match="no function that fetches URIs"):
        load(spec, CPU, None)
    fetched = load(spec, CPU, lambda uri: nullcontext(str(directory) if uri == spec.encoder else ""))
    assert fetched.content_hash == load(spec_of(directory, max_tokens=16), CPU, None).content_hash


def test_a_file_uri_is_a_path(tiny) -> None:
    directory = tiny("bert")
    assert load(spec_of(f"file://{directory}", max_tokens=16), CPU, None).model.dim == 16


def test_a_hub_id_is_loaded_from_the_hub_s_cache(tiny, tmp_path: Path) -> None:
    directory, commit = tiny("bert"), "0" * 40
    cached = tmp_path / "models--some-people--some-model"
    shutil.copytree(directory, cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    code = (
        "from text.test_weights import CPU, load, spec_of; "
        "print(load(spec_of('some-people/some-model', max_tokens=16), CPU, None).content_hash)"
    )
    # a process of its own: the hub's settings are read when its library is imported
    env = os.environ | {"HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    printed = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout
    assert printed.strip() == load(spec_of(directory, max_tokens=16), CPU, None).content_hash


def test_broken_weights_are_told(tiny) -> None:
    directory = tiny("bert")
    (directory / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      cut")
    with pytest.raises(EnvironmentFault, match=r"model\.safetensors is broken"):
        load_on_cpu(directory, max_tokens=16)


def test_weights_without_a_layer_are_told(tiny) -> None:
    directory = tiny("bert")
    config = directory / "config.json"
    config.write_text(config.read_text().replace('"num_hidden_layers": 2', '"num_hidden_layers": 3'))
    with pytest.raises(EnvironmentFault, match=r"lack 'encoder\.layer\.2"):
        load_on_cpu(directory, max_tokens=16)


def test_a_directory_without_weights_is_told(tiny) -> None:
    directory = tiny("bert")
    (directory / "model.safetensors").unlink()
    with pytest.raises(EnvironmentFault, match=r"transformers says(.|\n)*make setup"):
        load_on_cpu(directory, max_tokens=16)


def test_more_tokens_than_the_model_reads_are_refused(tiny) -> None:
    with pytest.raises(SettingsError, match=r"max_tokens is 41(.|\n)*40 at most"):
        load_on_cpu(tiny("bert"), max_tokens=41)


def test_roberta_reads_less_than_its_table_of_places_is_long(tiny) -> None:
    with pytest.raises(SettingsError, match="39 at most"):
        load_on_cpu(tiny("roberta"), max_tokens=40)


def test_the_content_hash_changes_with_one_weight_and_with_the_tokenizer() -> None:
    tokenizers = [Tokenizer(models.WordLevel({word: 0}, unk_token=word)) for word in ("a", "b")]
    tokenizer, other = map(HashedTokenizer.of, tokenizers)
    tensors = {"w": torch.zeros(3), "b": torch.ones(2, dtype=torch.bfloat16)}
    turned = dict(reversed(tensors.items()))
    plain = content_hash(tensors, tokenizer)
    assert content_hash(turned, tokenizer) == plain
    assert content_hash({**tensors, "w": torch.tensor([0, 0, 1e-7])}, tokenizer) != plain
    assert content_hash(tensors, other) != plain


def test_encoders_that_share_a_tokenizer_file_keep_their_own_length(tiny) -> None:
    short, long = (load_on_cpu(tiny("bert"), max_tokens=most) for most in (5, 20))
    text = "the room was clean and the staff was very kind"
    alone = load_on_cpu(tiny("bert"), max_tokens=5).read([text])
    assert len(long.read([text]).parts[0]) > 5
    assert short.read([text]).parts == alone.parts


def test_what_a_tokenizer_file_says_of_padding_and_cutting_changes_nothing(tiny) -> None:
    directory = tiny("bert")
    text = "the room was clean"
    plain = load_on_cpu(directory, max_tokens=16, max_parts=3, overlap_tokens=1).read([text])
    saved = Tokenizer.from_file(str(directory / "tokenizer.json"))
    saved.enable_padding(length=24)
    saved.enable_truncation(4)
    saved.save(str(directory / "tokenizer.json"))
    assert load_on_cpu(directory, max_tokens=16, max_parts=3, overlap_tokens=1).read([text]).parts == plain.parts
