"""Paths into JSON text within expressions: what is read from the text, and what stays as it is."""

from __future__ import annotations

import pytest

from footfall.mapping.json_paths import with_json_paths, without_json_paths


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("props.sku", "get_json_object(props, '$.sku')"),
        (
            "upper(Props.size.eu) || props.n",
            "upper(get_json_object(Props, '$.size.eu')) || get_json_object(props, '$.n')",
        ),
        ("tags[0].id", "get_json_object(tags, '$[0].id')"),
        ("`a b`.`sku.id`", r"get_json_object(`a b`, '$[\'sku.id\']')"),
        ("CASE WHEN user.id = 'a.b' THEN 1 END", "CASE WHEN get_json_object(user, '$.id') = 'a.b' THEN 1 END"),
    ],
)
def test_a_path_reads_the_text_of_its_column(sql: str, read: str) -> None:
    assert with_json_paths(sql, ()) == read
    assert without_json_paths(read) == sql


@pytest.mark.parametrize(
    "sql",
    [
        "1.5 * price",
        "split(cat, '/')[1]",
        "get(filter(params, p -> p.key = 'x'), 0).value.text",
        "aggregate(xs, 0, (sum, x) -> sum + x.v)",
        "params.key",
        "f.g(x)",
        "'props.sku'",
        "-- props.sku\nx",
    ],
)
def test_what_is_no_path_into_text_stays(sql: str) -> None:
    assert with_json_paths(sql, {"params"}) == sql


def test_a_step_with_its_name_as_a_key_is_one_too() -> None:
    assert with_json_paths("m['k']", ()) == "get_json_object(m, '$.k')"
