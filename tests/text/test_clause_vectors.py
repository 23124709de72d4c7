"""Clauses on Spark: each is read by itself, and its offsets find it in the normalised text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pyspark.sql import SparkSession

from footfall.contract.frames import conform
from footfall.tables import CLAUSE_VECTORS
from footfall.text.bridge import encode_clauses
from footfall.text.normal import normalise
from text.conftest import load_on_cpu, spec_of

WRITTEN = {"a": "房间很大，但是早餐差。", "b": "  Very cheap,\nbut slow to arrive ", "c": "Great!", "d": "\u3000"}
CLAUSES = {
    ("a", 1): "房间很大,",
    ("a", 2): "但是早餐差。",
    ("b", 1): "Very cheap,",
    ("b", 2): "but slow to arrive",
    ("c", 1): "Great!",
}


def test_the_offsets_find_the_clause_whose_vector_is_stored(spark: SparkSession, tiny: Callable[[str], Path]) -> None:
    directory = tiny("bert")
    rows = spark.createDataFrame(list(WRITTEN.items()), "text_id string, text string")
    collected = conform(encode_clauses(rows, encoder=spec_of(directory, max_tokens=16)), CLAUSE_VECTORS).collect()
    cut = {(r.text_id, r.clause_number): normalise(WRITTEN[r.text_id])[r.start_char : r.end_char] for r in collected}
    assert cut == CLAUSES  # blank texts have none
    encoder = load_on_cpu(directory, max_tokens=16)
    vectors = {(r.text_id, r.clause_number): r.vector for r in collected}
    expected = encoder.encode(list(CLAUSES.values())).vectors
    np.testing.assert_allclose([vectors[place] for place in CLAUSES], expected, atol=1e-6)
    assert {r.encoder_fingerprint for r in collected} == {encoder.fingerprint}
