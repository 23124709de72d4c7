"""The fixed words by which a sentence is about hotels, laptops or books."""

from __future__ import annotations

import pytest
from benchmarks.text.domains import domain_of


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("酒店前台很热情，房间也干净。", "hotel"),
        ("键盘手感好，散热一般。", "laptop"),
        ("故事讲得慢，文字很美。", "book"),
        ("USB 太少", "laptop"),  # letters in either case
        ("说明书看不懂", None),  # a manual is no book
        ("房间里有电脑", None),  # one word of hotels, one of laptops
        ("还可以", None),
        ("", None),
    ],
)
def test_the_domain_is_the_one_with_most_words_and_none_in_a_tie(text: str, domain: str | None) -> None:
    assert domain_of(text) == domain
