"""The rows of the quality table on topics, for synthetic texts and vectors."""

from __future__ import annotations

import numpy as np
from benchmarks.text.table import Row, markdown
from benchmarks.text.topics import agreement


def test_topics_agree_with_known_groups_and_random_groups_do_not() -> None:
    kinds = np.array(["hotel", "laptop", "book"])[np.arange(120) % 3]
    vectors = np.random.default_rng(4).normal(scale=0.2, size=(120, 8)) + np.eye(8)[np.arange(120) % 3]
    texts = [f"{kind} {number}" for number, kind in enumerate(kinds)]
    rows = agreement("t", texts, vectors, kinds, rounds=5)
    scores = {method: value for _, method, name, value, *_ in rows if name.startswith("AMI, 3 topics")}
    assert scores["ours: k-means on centred vectors"] > 0.9
    assert scores["k-means on n-gram TF-IDF"] > 0.5
    assert abs(scores["random groups"]) < 0.1


def test_the_table_has_a_line_for_each_figure() -> None:
    assert (
        markdown([Row("t", "ours", "AMI", 0.5, 0.4, 0.6, 10)]).splitlines()[-1]
        == "| t | ours | AMI | 0.500 | 0.400 to 0.600 | 10 |"
    )
