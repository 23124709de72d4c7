"""Records of CSV: where quotes carry a value over lines, and which line alone is broken."""

from __future__ import annotations

import pytest

from footfall.storage import csv_records
from footfall.storage.csv_records import grammar_of, records


def _cut(text: str, *, width: int = 2, **options: str) -> list[tuple[str, bool]]:
    return list(records(text.split("\n"), grammar_of(options), width=width))


@pytest.mark.parametrize(
    ("record", "values"),
    [
        ("a,b", ["a", "b"]),
        ('"a,""b""",', ['a,"b"', ""]),
        ('"a\\",b', ["a\\", "b"]),
        ('5" wide,"6"""', ['5" wide', '6"']),
        (' "a" ,b', [' "a" ', "b"]),
        ('"",""""', ["", '"']),
    ],
)
def test_a_line_that_is_a_record_by_itself_and_its_values(record: str, values: list[str]) -> None:
    assert _cut(record) == [(record, False)]
    assert grammar_of({}).values(record) == values


def test_lines_are_joined_as_long_as_quotes_are_open_and_empty_ones_belong_to_the_value() -> None:
    assert _cut('a,"b\n\n\nc"\n\n"d\ne","f\n,""g"""\nh,i\n') == [
        ('a,"b\n\n\nc"', False),
        ('"d\ne","f\n,""g"""', False),
        ("h,i", False),
    ]


def test_line_breaks_of_windows_and_of_old_macs_stay_as_they_are_within_quotes() -> None:
    assert _cut('a,"b\r\nc"\r\nd,e\r\n') == [('a,"b\r\nc"', False), ("d,e", False)]
    assert _cut('a,"b\rc"\rd,e\r') == [('a,"b\rc"', False), ("d,e", False)]


def test_a_quote_that_nothing_closes_breaks_its_own_line_alone() -> None:
    assert _cut('a,"b\nc,d\ne,"f, g"\nh,i') == [('a,"b', True), ("c,d", False), ('e,"f, g"', False), ("h,i", False)]
    assert _cut('a,"b\nc,"d') == [('a,"b', True), ('c,"d', True)]


def test_text_after_a_closing_quote_breaks_its_own_line_alone() -> None:
    assert _cut('a,"b"c\nd,e') == [('a,"b"c', True), ("d,e", False)]


def test_lines_are_not_joined_to_a_record_of_another_width() -> None:
    assert _cut('a,"b\nc,d\n",e') == [('a,"b', True), ("c,d", False), ('",e', True)]
    assert _cut('a,"b\nc,d\n",e', width=3) == [('a,"b\nc,d\n",e', False)]


def test_a_value_over_more_lines_than_are_held_is_not_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a,"b\nc,d\n"\n'
    assert _cut(text) == [('a,"b\nc,d\n"', False)]
    monkeypatch.setattr(csv_records, "MOST_SIGNS", len(text) - 3)
    assert _cut(text) == [('a,"b', True), ("c,d", False), ('"', True)]


def test_other_signs_that_a_mapping_names() -> None:
    assert _cut("a;'b;\n''c'", sep=";", quote="'") == [("a;'b;\n''c'", False)]
    assert _cut('a||"b\n||"', delimiter="||") == [('a||"b\n||"', False)]
    assert _cut('a\t"b\n"', sep="\\t") == [('a\t"b\n"', False)]
    assert _cut('a,"b\nc', quote="") == [('a,"b', False), ("c", False)]
    assert _cut('a,"b\\"\n\\', escape="\\") == [('a,"b\\"', True), ("\\", False)]
    assert _cut('a,"b\\"\nc"', escape="\\") == [('a,"b\\"\nc"', False)]
    assert grammar_of({"escape": "\\"}).values('a,"b\\"\nc"') == ["a", 'b"\nc']
    blanks = {"ignoreLeadingWhiteSpace": "true", "ignoreTrailingWhiteSpace": "true"}
    assert _cut('a, "b\nc" ', **blanks) == [('a, "b\nc" ', False)]
    assert grammar_of(blanks).values('a, "b\nc" ') == ["a", "b\nc"]
