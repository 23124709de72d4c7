"""A long text is read in overlapping parts: none of its tokens is lost, and each part looks as the encoder was trained."""

from __future__ import annotations

import numpy as np
import pytest

from footfall.errors import SettingsError
from footfall.text.parts import Around, Splitter, joined
from text.conftest import load_on_cpu

AROUND = Around([1], [7, 8], [2])


def test_a_text_that_fits_is_its_own_only_part() -> None:
    splitter = Splitter(AROUND, longest=8, overlap=1, most=3)
    whole = [1, 7, 8, 20, 21, 22, 23, 2]
    assert splitter.parts(whole) == [whole]


def test_later_parts_begin_within_the_one_before_and_have_the_prefix_again() -> None:
    splitter = Splitter(AROUND, longest=8, overlap=1, most=9)
    assert splitter.parts([1, 7, 8, *range(20, 31), 2]) == [
        [1, 7, 8, 20, 21, 22, 23, 2],
        [1, 7, 8, 23, 24, 25, 26, 2],
        [1, 7, 8, 26, 27, 28, 29, 2],
        [1, 7, 8, 29, 30, 2],
    ]


@pytest.mark.parametrize("length", range(1, 40))
@pytest.mark.parametrize(("overlap", "most"), [(0, 4), (1, 4), (3, 4), (3, 1)])
def test_every_token_up_to_the_longest_text_is_read(length: int, overlap: int, most: int) -> None:
    splitter = Splitter(AROUND, longest=8, overlap=overlap, most=most)
    body = list(range(20, 20 + length))[: splitter.longest_text - 4]
    parts = splitter.parts([1, 7, 8, *body, 2])
    assert sorted({token for part in parts for token in part[3:-1]}) == body
    assert len(parts) <= most
    assert max(map(len, parts)) <= 8


def test_an_overlap_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(
        SettingsError, match=r"overlap_tokens is 4, and a part of 8 tokens has 4 fixed ones(.|\n)*below 4"
    ):
        Splitter(AROUND, longest=8, overlap=4, most=2)


def test_parts_weigh_by_their_tokens_and_a_single_one_stays_to_the_bit() -> None:
    vectors = np.array([[1, 0], [0, 4], [0.1, 0.3]], dtype=np.float32)
    vectors_of_texts = joined(vectors, tokens=[6, 2, 5], parts=[2, 1])
    np.testing.assert_allclose(vectors_of_texts[0], [0.75, 1.0], rtol=1e-7)
    assert vectors_of_texts[1].tolist() == vectors[2].tolist()


def test_the_encoder_reads_what_lies_beyond_its_longest_part(tiny) -> None:
    cut, whole = (load_on_cpu(tiny("bert"), prefix="q", max_tokens=12, max_parts=n, overlap_tokens=2) for n in (1, 4))
    start = "abcdefghi"
    text, other = start + "jklmnop", start + "zyxwvut"
    alike, apart = cut.encode([text, other]), whole.encode([text, other, start])
    assert alike.vectors[0].tolist() == alike.vectors[1].tolist()
    assert np.abs(apart.vectors[0] - apart.vectors[1]).max() > 1e-3
    assert apart.vectors[2].tolist() == cut.encode([start]).vectors[0].tolist()
    assert (alike.token_counts.tolist(), apart.token_counts.tolist()) == ([12, 12], [19, 19, 12])


def test_a_text_read_in_parts_is_as_near_to_itself_as_its_own_halves(tiny) -> None:
    """The joined vector is the weighted mean of what the encoder makes of each part by itself."""
    encoder = load_on_cpu(tiny("bert"), prefix="q", max_tokens=8, max_parts=2, overlap_tokens=0, tokens_per_batch=64)
    first, second = (encoder.encode([text]) for text in ("abcde", "fghij"))
    joint = (first.vectors * first.norms[:, None] + second.vectors * second.norms[:, None]) / 2
    whole = encoder.encode(["abcdefghij"])
    np.testing.assert_allclose(whole.vectors * whole.norms[:, None], joint, atol=1e-6)
