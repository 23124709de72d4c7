"""A text is cut where it may turn from praise to blame, and nothing of it is lost."""

from __future__ import annotations

import pytest

from footfall.text.clauses import split_clauses

ODD = [
    "",
    " ",
    "...",
    "😀😀",
    "a\ud83d, b",
    "nul\0, and more",
    "،،،",
    "1.",
    ",很好",
    "but",
    "\n\n\n",
    "(1)(2)(3)",
    "مرحبا، الخدمة سيئة؟ لكن السعر جيد",
]


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in split_clauses(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("房间很大,但是早餐差。", ["房间很大,", "但是早餐差。"]),
        ("屏幕很清楚，不过电池不行！", ["屏幕很清楚，", "不过电池不行！"]),
        ("外观好看就是太重", ["外观好看", "就是太重"]),
        ("不但便宜,而且快", ["不但便宜,", "而且快"]),
        ("味道再好不过了", ["味道再好不过了"]),
        ("看了三遍\n一点也不腻", ["看了三遍", "一点也不腻"]),
        ("颜色不好看 而且有味道", ["颜色不好看", "而且有味道"]),
        ("有健身房、泳池、车位", ["有健身房、泳池、车位"]),
        ("送货太慢了~~客服也不理", ["送货太慢了~~", "客服也不理"]),
    ],
)
def test_chinese_is_cut_at_marks_and_at_words_that_turn(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fits well but the strap broke.", ["Fits well", "but the strap broke."]),
        ("Nothing but trouble", ["Nothing but trouble"]),
        ("The room was small, although very clean", ["The room was small,", "although very clean"]),
        ("It works even though it is old", ["It works", "even though it is old"]),
        ("Great sound... I like it", ["Great sound...", "I like it"]),
        ('He said "fine!" and left', ['He said "fine!"', "and left"]),
        ("Sadly, the box was open", ["Sadly, the box was open"]),
    ],
)
def test_english_is_cut_at_marks_and_at_words_that_turn(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "It cost 1,299.50 dollars",
        "see https://shop.example/a,b?c=1.2 for more",
        "at 10:30 a.m. sharp",
        "重量只有2.5公斤",
    ],
)
def test_numbers_addresses_and_short_forms_stay_whole(text: str) -> None:
    assert cut(text) == [text]


def test_an_item_of_a_list_begins_a_clause_and_keeps_its_number() -> None:
    assert cut("1.房间大 2.早餐差 3、离地铁近") == ["1.房间大", "2.早餐差", "3、离地铁近"]
    assert cut("(1) Slow app. (2) Loud fan.") == ["(1) Slow app.", "(2) Loud fan."]


def test_what_is_too_short_to_say_anything_stays_with_its_neighbour() -> None:
    assert cut("好,很好,服务不错") == ["好,很好,", "服务不错"]
    assert cut("质量不错。!") == ["质量不错。!"]


@pytest.mark.parametrize("text", [*ODD, "房间很大 ,  但是早餐差。 Cheap , but slow\n3) late 好 坏"])
def test_nothing_is_lost_but_blanks_between_clauses(text: str) -> None:
    assert "".join("".join(cut(text)).split()) == "".join(text.split())
    assert all(clause and clause == clause.strip() for clause in cut(text))


def test_the_last_of_many_clauses_holds_the_rest() -> None:
    text = "很好看。" * 100
    clauses = cut(text)
    assert len(clauses) == 64
    assert clauses[-1] == "很好看。" * 37
    assert len(split_clauses("aa bb. cc dd. ee ff.", most=2)) == 2


@pytest.mark.parametrize("piece", ["a", "1.", "好 ", "http://", "(1", "\ud83d,"])
def test_a_text_of_a_million_characters_is_cut(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert split_clauses(text)[-1].end == len(text.rstrip())
