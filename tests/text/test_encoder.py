"""The encoder computes what transformers computes, whatever stands beside a text, and names itself by what decides."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from transformers import BertModel, PreTrainedTokenizerFast

from footfall.errors import DataError, EnvironmentFault
from footfall.inference.compute import NumberType
from footfall.inference.device import Device
from footfall.text.encoder import Encoder, encoder_of_process, fingerprint
from text.conftest import WEIGHTS, load_on_cpu, spec_of

REVIEWS = [
    "好吃",
    "The tea was cold and the room smelled of paint, so we left after ten minutes and never came back.",
    "房间很大，早餐不错，下次还会来。",
    "Great!",
    "质量太差了，用了两天就坏，客服也不回复，退货还要自己出运费，再也不会在这家买东西了。" * 4,
]
POISON = {
    "empty": "",
    "blank": " \n\t ",
    "nul": "\0",
    "nul_inside": "good\0tea",
    "lone_surrogate": "bad \ud83d end",
    "emoji": "😀👍🏽👨‍👩‍👧",
    "megabyte": "x" * 1_000_000,
    "megabyte_chinese": "好" * 400_000,
    "control": "\x01\x02\x7f",
    "right_to_left": "\u202eabc",
}


MANY = ["abcdefgh"[: 1 + n % 8] * (1 + n % 3) for n in range(40)]


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (left * right).sum(axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)


def test_vectors_are_those_of_transformers_in_fp32(encoder: Encoder) -> None:
    model = BertModel.from_pretrained(WEIGHTS, add_pooling_layer=False).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(WEIGHTS / "tokenizer.json"), pad_token="<pad>")
    texts = ["query: " + text for text in REVIEWS]
    read = tokenizer(texts, padding=True, truncation=True, max_length=128, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(input_ids=read["input_ids"], attention_mask=read["attention_mask"]).last_hidden_state
    mask = read["attention_mask"].unsqueeze(-1)
    expected = ((hidden * mask).sum(1) / mask.sum(1)).numpy()

    encoded = encoder.encode(REVIEWS)

    assert cosines(encoded.vectors, expected).min() > 0.99999
    np.testing.assert_allclose(encoded.norms, np.linalg.norm(expected, axis=1), rtol=1e-5)
    np.testing.assert_array_equal(encoded.token_counts, read["attention_mask"].sum(1))
    np.testing.assert_allclose(np.linalg.norm(encoded.vectors, axis=1), 1, rtol=1e-6)


def test_order_and_duplicates_do_not_matter(encoder: Encoder) -> None:
    straight = encoder.encode(REVIEWS)
    mixed = [4, 0, 2, 2, 1, 3, 0, 4]
    encoded = encoder.encode([REVIEWS[i] for i in mixed])
    np.testing.assert_allclose(encoded.vectors, straight.vectors[mixed], atol=1e-6)
    np.testing.assert_array_equal(encoded.token_counts, straight.token_counts[mixed])
    np.testing.assert_array_equal(encoded.vectors[2], encoded.vectors[3])


def test_a_long_neighbour_does_not_leak_into_a_short_text(tiny) -> None:
    for family in ("bert", "distilbert"):  # the one is packed, the other padded
        small = load_on_cpu(tiny(family), prefix="", max_tokens=30, tokens_per_batch=90)
        alone = small.encode(["ab"]).vectors[0]
        beside = small.encode(["abcdefghijklmnopqrstuvwxyz", "ab"]).vectors[1]
        np.testing.assert_allclose(beside, alone, atol=1e-6)


def test_a_text_is_read_up_to_max_tokens(tiny) -> None:
    encoded = load_on_cpu(tiny("bert"), prefix="", max_tokens=5, tokens_per_batch=64).encode(["abc", "abcdefg"])
    assert encoded.token_counts.tolist() == [5, 5]
    np.testing.assert_allclose(encoded.vectors[0], encoded.vectors[1], atol=1e-6)


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_no_text_kills_its_batch(encoder: Encoder, poison: str) -> None:
    encoded = encoder.encode(["Great!", poison])
    np.testing.assert_allclose(np.linalg.norm(encoded.vectors, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(encoded.vectors[0], encoder.encode(["Great!"]).vectors[0], atol=1e-6)
    assert encoded.token_counts[1] <= 128


def test_a_null_text_is_told_with_its_number(encoder: Encoder) -> None:
    with pytest.raises(DataError, match=r"2 of 3 texts are NULL(.|\n)*filter"):
        encoder.encode(["a", None, float("nan")])


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    encoded = encoder.encode([])
    assert (encoded.vectors.shape, encoded.token_counts.shape, encoded.norms.shape) == ((0, 384), (0,), (0,))


def test_bf16_stays_near_fp32(encoder: Encoder) -> None:
    encoded = load_on_cpu(WEIGHTS, number_type="bf16").encode(REVIEWS)
    assert cosines(encoded.vectors, encoder.encode(REVIEWS).vectors).min() > 0.999


def test_weights_that_give_no_numbers_are_told(tiny) -> None:
    broken = load_on_cpu(tiny("bert"), prefix="", max_tokens=8, tokens_per_batch=8)
    broken.passes.model.model.places[0] = float("nan")
    with pytest.raises(DataError, match="1 vectors that are not finite"):
        broken.encode(["a"])


def test_the_fingerprint_names_all_that_decides_a_vector_and_nothing_else() -> None:
    cpu = Device("cpu", NumberType.FP32, "a test")
    plain = spec_of("anywhere")
    same = {
        fingerprint(plain, cpu, "w"),
        fingerprint(spec_of("elsewhere", tokens_per_batch=4096), Device("cuda:1", NumberType.FP32, "a GPU"), "w"),
    }
    others = {
        fingerprint(plain, cpu, "other weights or tokenizer"),
        fingerprint(plain, Device("cpu", NumberType.BF16, "a test"), "w"),
        *(
            fingerprint(spec_of("anywhere", **{k: v}), cpu, "w")
            for k, v in (("prefix", ""), ("pooling", "cls"), ("max_tokens", 64), ("max_parts", 2))
        ),
    }
    assert len(same) == 1
    assert len(others - same) == 6


def test_a_process_keeps_its_encoder_from_task_to_task_though_each_brings_its_own_fetch(tiny) -> None:
    spec, cpu = spec_of(tiny("bert"), max_tokens=16), Device("cpu", NumberType.FP32, "a test")
    kept = encoder_of_process(spec, cpu, partial(nullcontext))
    assert encoder_of_process(spec, cpu, partial(nullcontext)) is kept
    assert encoder_of_process(replace(spec, prefix="passage: "), cpu) is not kept


def full_beyond(encoder: Encoder, most_tokens: int) -> list[int]:
    """Makes the encoder's model run out of memory beyond so many tokens, as a GPU does; gives the sizes of what it ran."""
    model, sizes = encoder.passes.model.model, []
    real = model.pooled

    def pooled(inputs, pooling):
        tokens = inputs.tensors["ids"].numel()
        if tokens > most_tokens:
            raise torch.OutOfMemoryError("CUDA out of memory")
        sizes.append(tokens)
        return real(inputs, pooling)

    model.pooled = pooled
    return sizes


@pytest.mark.parametrize("works_ahead", [False, True])
def test_out_of_memory_halves_the_work_and_goes_on_with_the_same_vectors(tiny, works_ahead: bool) -> None:
    texts = MANY
    directory = tiny("bert")
    expected = load_on_cpu(directory, max_tokens=32, tokens_per_batch=640).encode(texts)
    tight = load_on_cpu(directory, max_tokens=32, tokens_per_batch=640)
    tight.passes.works_ahead = works_ahead
    sizes = full_beyond(tight, 200)
    np.testing.assert_allclose(tight.encode(texts).vectors, expected.vectors, atol=1e-6)
    assert max(sizes) > 100  # it took no less than it had to
    tight.encode(texts)
    assert tight.passes.budget == 640 // 4


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_working_ahead_gives_the_same_vectors_to_the_bit(tiny, family: str) -> None:
    plain, ahead = (load_on_cpu(tiny(family), max_tokens=32, tokens_per_batch=90) for _ in range(2))
    ahead.passes.works_ahead = True
    assert ahead.encode(MANY).vectors.tolist() == plain.encode(MANY).vectors.tolist()
    assert ahead.encode([]).vectors.shape == (0, 16)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_attention_over_one_grid_as_on_a_gpu_is_that_over_blocks(tiny, pooling: str) -> None:
    blocks, grid = (load_on_cpu(tiny("bert"), max_tokens=32, pooling=pooling) for _ in range(2))
    grid.passes.model.model.one_grid = True
    np.testing.assert_allclose(grid.encode(MANY).vectors, blocks.encode(MANY).vectors, atol=1e-6)


def test_a_text_that_fits_nowhere_is_told(tiny) -> None:
    tight = load_on_cpu(tiny("bert"), max_tokens=32, tokens_per_batch=640)
    full_beyond(tight, 5)
    with pytest.raises(EnvironmentFault, match=r"cannot hold a text of 13 tokens(.|\n)*max_tokens"):
        tight.encode(["abc", "abcd"])
