"""Pseudonyms: keyed, equal for equal input, different for every part, and the key never shows."""

from __future__ import annotations

import hashlib
import hmac

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.privacy.pseudonyms import MintKey, actor_ids, text_ids

KEY = MintKey(b"k" * 32)


def test_a_pseudonym_is_hmac_sha256_over_parts_with_their_lengths() -> None:
    message = b"\x00\x00\x00\x01a\x00\x00\x00\x02bc"
    assert KEY.digest("a", "bc") == hmac.new(b"k" * 32, message, hashlib.sha256).hexdigest()


def test_the_same_characters_cut_elsewhere_are_another_pseudonym() -> None:
    assert KEY.digest("ab", "c") != KEY.digest("a", "bc")


def test_the_key_shows_in_no_representation() -> None:
    assert "k" * 8 not in f"{KEY!r} {KEY}"


def test_actor_ids_differ_by_kind_identifier_and_incarnation_and_keep_null(spark: SparkSession) -> None:
    rows = [("card", "1", 0), ("card", "1", 0), ("mail", "1", 0), ("card", "2", 0), ("card", "1", 1), ("card", None, 0)]
    frame = spark.createDataFrame(rows, "kind string, identifier string, incarnation int")
    made = frame.select(actor_ids(KEY)(F.col("kind"), F.col("identifier"), F.col("incarnation")).alias("it"))
    found = [row["it"] for row in made.collect()]
    assert found[0] == found[1] == KEY.digest("actor", "card", "1", "0")
    assert len(set(found[1:5])) == 4
    assert found[5] is None


def test_the_key_stands_in_no_plan(spark: SparkSession) -> None:
    key = MintKey(b"SECRETSECRETSECRETSECRETSECRETSE")
    frame = spark.createDataFrame([("a",)], "text string").select(text_ids(key)("text"))
    plan = frame._jdf.queryExecution().toString()
    assert "SECRET" not in plan
    assert key.raw().hex() not in plan


def test_texts_that_differ_in_spelling_only_are_one_text(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(" Ｇｏｏｄ  tea\n",), ("Good tea",), ("good tea",)], "text string")
    first, second, other = (row[0] for row in frame.select(text_ids(KEY)("text")).collect())
    assert first == second
    assert other != first
