"""Calls and casts are read from an expression's text, however they are written and wherever they stand."""

from __future__ import annotations

import pytest

from footfall.mapping.sql_calls import Call, calls_in, literal_in, terms_in


@pytest.mark.parametrize(
    ("sql", "calls"),
    [
        ("at", []),
        ("CAST(f(a, 'x, y') AS DECIMAL(18, 4))", [("cast", ("f(a, 'x, y')", "DECIMAL(18, 4)"))]),
        ("try_cast(CAST(a AS INT) AS DATE)", [("cast", ("CAST(a AS INT)", "DATE"))]),
        ("a.b[0].c::date::timestamp", [("cast", ("a.b[0].c::date", "timestamp"))]),
        ("-x::ARRAY<STRUCT<a: INT>> + y", [("cast", ("x", "ARRAY<STRUCT<a: INT>>"))]),
        ("f(a)[1] || g(b /* ) */)", [("f", ("a",)), ("g", ("b",))]),
        ("TIMESTAMP'2024-05-03'", [("cast", ("'2024-05-03'", "TIMESTAMP"))]),
        ("timestamp", []),
        ("system.builtin.`to_date`(x => a, fmt => 'b')", [("to_date", ("a", "'b'"))]),
        ("f(a, (x, y) -> x - y, b => c >= 1)", [("f", ("a", "x - y", "c >= 1"))]),
        ("if(a <=> b, c, d)", [("if", ("a <=> b", "c", "d"))]),
        ("(a + now())", [("()", ("a + now()",))]),
        ("CAST(end AS INT)", [("cast", ("end", "INT"))]),
        ("CASE WHEN f(a) THEN CASE b WHEN 1 THEN c END ELSE d END.e", [("case", ("CASE b WHEN 1 THEN c END", "d"))]),
        ("f(')', \"(\", `(`)", [("f", ("')'", '"("', "`(`"))]),
        ("f(a", [("f", ())]),
    ],
)
def test_outermost_calls_with_their_arguments(sql: str, calls: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(call.name, call.arguments) for call in calls_in(sql)] == calls


def test_a_call_has_what_is_taken_of_it() -> None:
    assert calls_in("1 + from_json(a, 'b INT').b * 2") == [
        Call("from_json", ("a", "'b INT'"), "from_json(a, 'b INT').b")
    ]


def test_terms_are_what_is_added_at_the_top() -> None:
    assert terms_in("a + f(b - c) - CASE WHEN x THEN y - z END") == ["a", "f(b - c)", "CASE WHEN x THEN y - z END"]
    assert terms_in("-a") == ["a"]
    assert terms_in("x -> x") == ["x -> x"]


def test_a_literal_alone_is_its_text() -> None:
    texts = ["'it''s'", r"'yyyy\'T\'HH'", '"a\'b"', "r'a\\b'", "concat('a')", "a"]
    assert [literal_in(sql) for sql in texts] == ["it's", "yyyy'T'HH", "a'b", "a\\b", None, None]
