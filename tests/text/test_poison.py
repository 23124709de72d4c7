"""No text kills its batch on Spark: each gets a finite vector of length 1, and its neighbours keep theirs."""

from __future__ import annotations

import math
import time

import numpy as np
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.text.bridge import encode_texts
from text.conftest import WEIGHTS, load_on_cpu, spec_of

PLAIN = {"plain": "Great!", "plain_chinese": "质量很好"}
POISON = {
    "empty": "",
    "blank": " \n\t\u3000 ",
    "emoji": "😀👍🏽👨‍👩‍👧" * 20,
    "megabyte": "x" * 1_000_000,
    "megabyte_chinese": "好" * 340_000,
    "megabyte_blank": " " * 1_000_000,
    "megabyte_emoji": "😀" * 250_000,
    "right_to_left": "\u202eהמוצר מצוין، جيد جدا\u202c",
    "nul": "good\0tea\0",
    "only_nul": "\0" * 100,
    "marks": "o" + "\u0323\u0301" * 5_000,
    "control": "\x01\x02\x7f\ufeff\ufffe",
    "unassigned": "\U000e0fff\U0010ffff",
}
# bytes that are no UTF-8: half a surrogate pair as CESU-8 has it, a cut character, Latin-1
BYTES = {"surrogate": "61EDA0BD62", "cut": "E5A5", "latin": "636166E9"}
SPEC = {"max_tokens": 32, "max_parts": 3, "overlap_tokens": 4}


def test_no_text_kills_its_batch_nor_holds_it_up(spark: SparkSession) -> None:
    strings = spark.createDataFrame(list((PLAIN | POISON).items()), "text_id string, text string")
    raw = spark.createDataFrame(list(BYTES.items()), "text_id string, hex string")
    invalid = raw.select("text_id", F.unhex("hex").cast("string").alias("text"))
    begun = time.monotonic()
    collected = encode_texts(strings.union(invalid), encoder=spec_of(WEIGHTS, **SPEC), tasks=1).collect()
    assert time.monotonic() - begun < 120

    rows = {row.text_id: row for row in collected}
    assert len(collected) == len(rows) == len(PLAIN) + len(POISON) + len(BYTES)
    assert all(math.isclose(np.linalg.norm(row.vector), 1, abs_tol=1e-5) and row.norm > 0 for row in collected)
    longest = 32 + 2 * (32 - 6 - 4)  # two special tokens, four of the prefix, four again in each later part
    assert max(row.token_count for row in collected) == longest
    expected = load_on_cpu(WEIGHTS, **SPEC).encode([*PLAIN.values(), "a\ufffd\ufffd\ufffdb", "caf\ufffd"]).vectors
    for name, vector in zip((*PLAIN, "surrogate", "latin"), expected, strict=True):
        np.testing.assert_allclose(rows[name].vector, vector, atol=1e-5)
