"""Expressions that calculate with text of a feed whose numbers have a sign of their own before decimals. Pure."""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from footfall.mapping.source import Feed
from footfall.mapping.sql_words import Token, tokens_in
from footfall.mapping.yaml_file import Key

_SIGNS = set("+-*/%")
_OF_NUMBERS = {
    "abs", "bigint", "bround", "ceil", "ceiling", "decimal", "double", "float", "floor", "greatest", "int", "least", "mod",
    "negative", "pmod", "positive", "round", "sign", "signum", "smallint", "try_add", "try_divide", "try_multiply", "try_subtract",
}  # fmt: skip
_NUMBERS = {
    "decimal", "dec", "numeric", "double", "float", "real", "int", "integer", "bigint", "long", "smallint", "tinyint",
}  # fmt: skip


def sign_faults(rows: DataFrame, feed: Feed) -> list[tuple[Key, str]]:
    """Expressions in which Spark would read a column of text as a number by its own rules: key path below the feed, and words."""
    if feed.decimal is None:
        return []
    texts = {field.name.casefold() for field in rows.schema.fields if isinstance(field.dataType, T.StringType)}
    return [
        (
            key,
            f"`{sql}`: calculates with the text of {', '.join(names)} by Spark's own rules, which know no `decimal`; "
            "give it a type, such as `types: {" + names[0] + ': "DECIMAL(18, 4)"}`',
        )
        for key, sql in feed.expressions()
        if (names := _calculated_with(sql, texts))
    ]


def _calculated_with(sql: str, texts: Collection[str]) -> list[str]:
    tokens = [token for token in tokens_in(sql) if token.kind != "comment"]
    texts_used = [token.text for i, token in enumerate(tokens) if token.name in texts and _is_a_number_there(tokens, i)]
    return list(dict.fromkeys(texts_used))


def _is_a_number_there(tokens: list[Token], i: int) -> bool:
    """Whether the token stands beside a sign of arithmetic, in a function of numbers, or in a cast to a number."""
    before = [token.text.casefold() for token in tokens[max(i - 2, 0) : i]]
    after = [token.text.casefold() for token in tokens[i + 1 : i + 3]]
    if "." in {*before[-1:], *after[:1]} or after[:1] == ["("] or after == ["-", ">"]:
        return False  # a field, a function, or the parameter of a lambda function
    if {*before[-1:], *after[:1]} & _SIGNS or (before[-2:-1] and before[-1] == "(" and before[0] in _OF_NUMBERS):
        return True
    return after[:1] == ["as"] and bool({*after[1:]} & _NUMBERS)
