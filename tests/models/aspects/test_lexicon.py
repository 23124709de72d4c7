"""Words show an aspect; a shop adds its own by YAML."""

from __future__ import annotations

import pytest

from footfall.errors import SettingsError
from footfall.models.aspects.lexicon import builtin, parsed


@pytest.mark.parametrize(
    ("aspect", "clause", "expected"),
    [
        ("price", "价格便宜,贵的也有", ("价格", "便宜", "贵的")),
        ("delivery", "Shipping was slow, shipping again", ("Shipping", "shipping")),
        ("fit", "The sleeves are too long", ("sleeves", "too long")),
        ("taste", "The team was great", ()),
        ("service", "", ()),
    ],
)
def test_words_are_found_as_they_are_written(aspect: str, clause: str, expected: tuple[str, ...]) -> None:
    assert builtin().words_in(aspect, clause) == expected


def test_the_nine_general_aspects_are_there_and_two_of_shops() -> None:
    general = ("quality", "price", "delivery", "service", "packaging", "look", "fit", "taste", "ease_of_use")
    assert builtin().aspects == (*general, "place", "content")


def test_a_shop_adds_an_aspect_and_words_to_one_that_is_there() -> None:
    own = builtin().with_own({"scent": {"zh": ["香气"]}, "price": {"en": ["dear"]}}, where="shop.yaml")
    assert own.aspects[-1] == "scent"
    assert own.words_in("scent", "香气很淡") == ("香气",)
    assert own.words_in("price", "too dear, 太贵") == ("dear", "太贵")
    assert builtin().words_in("price", "too dear") == ()


def test_a_lexicon_comes_back_from_its_own_json() -> None:
    assert parsed(builtin().as_json(), where="json") == builtin()


def test_all_faults_of_a_file_are_told_at_once() -> None:
    told = {
        "Bad name": {"zh": ["好"]},
        "empty": {},
        "other": {"fr": ["bon"]},
        "yes": {"en": [True]},
        "one": {"en": "a"},
    }
    with pytest.raises(SettingsError) as fault:
        parsed(told, where="shop.yaml")
    for piece in ("shop.yaml", "Bad name", "empty", "other", "yes", "one", "aspects.yaml"):
        assert piece in str(fault.value)
