"""Only documents that were not read are read: by increments the tables hold what a reading of everything would give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame
from pyspark.testing import assertDataFrameEqual

from footfall.models.aspects.lexicon import parsed
from footfall.models.aspects.model import LIST_ALONE, WORD_LIST, AspectModel
from footfall.models.aspects.scoring import aspects_of
from footfall.models.common import news
from footfall.models.common.documents import DocumentModel, documents, text_insights
from footfall.models.common.ngrams import NGrams
from footfall.models.common.text_head import Softmax
from footfall.models.sentiment import PROBABILITIES
from footfall.models.sentiment.model import SentimentModel
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import CLAUSE_VECTORS, REVIEWS, TEXT_ASPECTS, TEXT_INSIGHTS, TEXT_VECTORS
from runtime.numbers_shared import Killed
from runtime.scoring_world import HEAD, World

STEPS = ("score_documents", "score_aspects")
SENTIMENT = SentimentModel("vectors", "old", HEAD)
ASPECTS = AspectModel(  # of the word "ok" alone: a text that holds none has no aspect
    WORD_LIST, "old", parsed({"quality": {"en": ["ok"]}}, where=""), Softmax(np.zeros((1, 1)), np.zeros(1)),
    Softmax(np.zeros((1, 1)), np.zeros(1)), NGrams(1, np.array([0]), np.array([1.0])), LIST_ALONE,
)  # fmt: skip


@pytest.fixture
def world(lake: Lake, tmp_path: Path) -> World:
    """Two reviews, one of an aspect and one of none, that were read and scored."""
    shop = World(lake, tmp_path)
    shop.review("ok", "no")
    shop.read_by("old", "ok", "no")
    shop.clauses_read_by("old", {"ok": [2.0], "no": [-2.0]})
    shop.crown("sentiment", "old")
    shop.crown("aspects", "old", ASPECTS)
    shop.score(*STEPS)
    return shop


def commits(world: World, table: str) -> list[tuple[str, int]]:
    """Of each commit with rows, oldest first: Append or Overwrite, and the rows written."""
    history = world.lake.spark.sql(f"DESCRIBE HISTORY {world.lake.name(table)}").orderBy("version").collect()
    writes = [row for row in history if "mode" in row["operationParameters"]]
    return [(row["operationParameters"]["mode"], int(row["operationMetrics"]["numOutputRows"])) for row in writes]


def whole(world: World, sentiment: str = "sentiment/1") -> dict[str, DataFrame]:
    """What a reading of everything gives now."""
    written = documents(reviews=world.lake.read(REVIEWS.full_name))
    columns = ("sentiment", *PROBABILITIES)
    vectors, clauses = (world.lake.read(table.full_name) for table in (TEXT_VECTORS, CLAUSE_VECTORS))
    return {
        TEXT_INSIGHTS.full_name: text_insights(written, vectors, models=[DocumentModel(SENTIMENT, sentiment, columns)]),
        TEXT_ASPECTS.full_name: aspects_of(
            written, clauses, aspects=ASPECTS, sentiment=SENTIMENT, model_version="aspects/1"
        ),
    }


def require_whole(world: World) -> None:
    """The tables hold what a reading of everything gives, one row a key."""
    for table, expected in whole(world).items():
        assertDataFrameEqual(world.lake.read(table).select(expected.columns), expected, rtol=1e-12, atol=0)


def by_document(world: World, table: str) -> dict[str, int]:
    """Document -> the batch that wrote its row, where each has one row at most."""
    rows = [(row["document_id"], row["batch_id"]) for row in world.lake.read(table).collect()]
    assert len(rows) == len(dict(rows))
    return dict(rows)


def test_one_new_review_is_the_only_one_that_models_read(world: World) -> None:
    world.review("ok two")
    world.read_by("old", "ok two")
    world.clauses_read_by("old", {"ok two": [1.0]})
    world.score(*STEPS)
    assert commits(world, TEXT_INSIGHTS.full_name) == [("Overwrite", 2), ("Append", 1)]
    assert by_document(world, TEXT_INSIGHTS.full_name) == {"ok": 1, "no": 1, "ok two": 2}
    assert commits(world, TEXT_ASPECTS.full_name) == [("Overwrite", 1), ("Append", 1)]
    assert by_document(world, TEXT_ASPECTS.full_name) == {"ok": 1, "ok two": 2}  # "no" was read, and not again
    require_whole(world)


@pytest.mark.parametrize("most_keys", [1000, pytest.param(0, marks=pytest.mark.slow)])
def test_increments_come_to_what_a_reading_of_everything_gives(
    world: World, monkeypatch: pytest.MonkeyPatch, most_keys: int
) -> None:
    monkeypatch.setattr(news, "MOST_KEYS", most_keys)
    world.review("ok late", "ok new")  # one of them is read a day later
    world.read_by("old", "ok new")
    world.clauses_read_by("old", {"ok new": [1.0, -1.0]})
    world.score(*STEPS)
    require_whole(world)

    world.read_by("old", "ok late")
    world.clauses_read_by("old", {"ok late": [0.5]})
    world.score(*STEPS)
    assert set(by_document(world, TEXT_INSIGHTS.full_name)) == {"ok", "no", "ok new", "ok late"}
    require_whole(world)

    reviews = world.lake.name(REVIEWS.full_name)
    world.lake.spark.sql(f"DELETE FROM {reviews} WHERE review_id IN ('ok', 'no')")
    world.lake.spark.sql(f"UPDATE {reviews} SET actor_id = 'b' WHERE review_id = 'ok late'")
    world.review("last")
    world.score(*STEPS)
    assert set(by_document(world, TEXT_INSIGHTS.full_name)) == {"ok new", "ok late"}
    assert {row["actor_id"] for row in world.lake.read(TEXT_ASPECTS.full_name).collect()} == {"a", "b"}
    require_whole(world)


def test_news_that_no_model_reads_leaves_the_tables_alone(world: World) -> None:
    world.read_by("new", "ok", "no")
    world.clauses_read_by("new", {"ok": [2.0]})
    before = {table: world.lake.version(table) for table in (TEXT_INSIGHTS.full_name, TEXT_ASPECTS.full_name)}
    world.score(*STEPS)
    assert {table: world.lake.version(table) for table in before} == before


@pytest.mark.slow
def test_a_new_version_replaces_all_rows_at_once_and_nobody_none(world: World) -> None:
    world.review("ok2")
    world.read_by("old", "ok2")
    world.score(*STEPS)
    world.crown("sentiment", "old")
    world.score(*STEPS)
    assert commits(world, TEXT_INSIGHTS.full_name)[-1] == ("Overwrite", 3)
    expected = whole(world, "sentiment/2")[TEXT_INSIGHTS.full_name]
    assertDataFrameEqual(
        world.lake.read(TEXT_INSIGHTS.full_name).select(expected.columns), expected, rtol=1e-12, atol=0
    )
    assert commits(world, TEXT_ASPECTS.full_name)[-1] == ("Overwrite", 1)  # its clauses have their sentiment by it

    world.registry.promote("sentiment", "")
    world.score(*STEPS)
    assert [world.lake.read(t.full_name).count() for t in (TEXT_INSIGHTS, TEXT_ASPECTS)] == [0, 0]
    count = len(commits(world, TEXT_INSIGHTS.full_name))
    world.review("ok3")
    world.score(*STEPS)
    assert len(commits(world, TEXT_INSIGHTS.full_name)) == count  # still nobody: nothing is written


@pytest.mark.parametrize("at", ["before the write", "before the batch is closed"])
def test_a_batch_that_was_killed_adds_each_row_once(world: World, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    world.review("ok new")
    world.read_by("old", "ok new")
    world.clauses_read_by("old", {"ok new": [1.0]})
    world.lake.spark.sql(f"UPDATE {world.lake.name(REVIEWS.full_name)} SET actor_id = 'b' WHERE review_id = 'ok'")
    world.review("ok last")

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Owner, "this_process", lambda: dead)
        owner, name = (Lake, "write") if at == "before the write" else (Books, "close")
        real = getattr(owner, name)
        patch.setattr(owner, name, lambda *a, **n: die() if name == "close" or TEXT_INSIGHTS in a else real(*a, **n))
        with pytest.raises(Killed):
            world.score("score_documents")
    world.score(*STEPS)
    assert by_document(world, TEXT_INSIGHTS.full_name) == {"no": 1, "ok": 2, "ok new": 2}
    require_whole(world)
