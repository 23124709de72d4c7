"""Topics on made-up vectors: clouds about known points, and one that comes up in the last weeks."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from models_shared import as_champion, training_run
from pyspark.sql import SparkSession
from sklearn.metrics import adjusted_mutual_info_score

from features.shop_rows import CUT, ZONE, D, happened, values_of
from footfall.errors import DataError
from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels
from footfall.models.topics import MODEL
from footfall.models.topics import training as topics
from footfall.models.topics.emerging import emerging_groups
from footfall.models.topics.model import TopicsModel, centred
from footfall.models.topics.training import TopicTrial, decide_topics, fit_topics, try_k
from footfall.tables import REVIEWS, TEXT_VECTORS, TICKETS

DIM = 16
SETTINGS: dict[str, Any] = {
    "k_min": 3, "k_max": 6, "min_texts": 100, "stability_rounds": 2, "min_stability": 0.7
}  # fmt: skip


def cloud(place: int, count: int, *, spread: float = 0.15, seed: int = 0) -> Matrix:
    """Texts about the place-th axis; all share a large first number, as the vectors of an encoder do."""
    rows = np.random.default_rng([seed, place]).normal(scale=spread, size=(count, DIM))
    rows[:, 0] += 2.0
    rows[:, 1 + place] += 1.0
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def history(seed: int = 0) -> tuple[Matrix, Labels]:
    """300 texts of four known kinds, in turn."""
    kinds = [cloud(place, 75, seed=seed) for place in range(4)]
    return np.stack(kinds, axis=1).reshape(-1, DIM), np.tile(np.arange(4), 75)


def frame(vectors: Matrix) -> pd.DataFrame:
    return pd.DataFrame({"vector": list(vectors)})


def fitted(vectors: Matrix, *, recent: int = 0, k: int = 4, champion: TopicsModel | None = None) -> TopicsModel:
    """A fit whose last `recent` rows are of the last weeks."""
    is_recent = np.arange(len(vectors)) >= len(vectors) - recent
    return fit_topics(vectors, is_recent, k=k, fingerprint="enc1", champion=champion)


def test_known_groups_are_found_where_chance_finds_none() -> None:
    vectors, kinds = history()
    topic_ids = fitted(vectors).predict(frame(vectors))["topic_id"].fillna(-1).to_numpy(dtype=np.int64)
    by_chance = np.random.default_rng(3).integers(0, 4, len(kinds))
    assert adjusted_mutual_info_score(kinds, topic_ids) > 0.85
    assert adjusted_mutual_info_score(kinds, by_chance) < 0.05


def test_what_is_near_no_centre_has_no_topic() -> None:
    model = fitted(history()[0])
    topics_of_texts = model.predict(frame(np.concatenate([cloud(0, 1, spread=0.01), cloud(9, 1, spread=0.01)])))
    assert topics_of_texts["topic_id"].isna().tolist() == [False, True]
    assert topics_of_texts["topic_similarity"].iloc[0] > 0.9 > topics_of_texts["topic_similarity"].iloc[1]
    assert model.predict(frame(np.empty((0, DIM)))).empty


def test_a_twentieth_of_the_texts_it_was_fitted_on_has_no_topic() -> None:
    vectors, _ = history()
    assert fitted(vectors).predict(frame(vectors))["topic_id"].isna().mean() == pytest.approx(0.05, abs=0.02)


def test_twelve_texts_that_emerge_in_the_last_weeks_become_a_topic_of_their_own() -> None:
    vectors, _ = history()
    usual, news = cloud(1, 20, seed=5), cloud(8, 12)
    model = fitted(np.concatenate([vectors, usual, news]), recent=32)
    assert model.is_emerging.count(True) == 1
    number = model.numbers[model.is_emerging.index(True)]
    assert (model.predict(frame(news))["topic_id"] == number).sum() >= 11
    assert (model.predict(frame(vectors))["topic_id"] == number).sum() == 0


def test_usual_texts_of_the_last_weeks_are_no_news_and_neither_are_old_ones() -> None:
    vectors, _ = history()
    rows = np.concatenate([vectors, cloud(8, 12)])
    assert emerging_groups(rows, np.arange(len(rows)) < 30) == []
    assert emerging_groups(rows, np.zeros(len(rows), dtype=bool)) == []
    assert emerging_groups(rows, np.ones(len(rows), dtype=bool)) == []  # where all is recent nothing is news
    assert emerging_groups(rows[:1], np.ones(1, dtype=bool)) == []


def test_numbers_stay_with_topics_and_no_number_is_given_twice() -> None:
    vectors, kinds = history()
    then = fitted(vectors)
    renumbered = TopicsModel(**{**vars(then), "numbers": (7, 3, 9, 5), "next_number": 12})
    again = fitted(np.concatenate([vectors, cloud(8, 12)]), recent=12, champion=renumbered)
    assert sorted(again.numbers) == [3, 5, 7, 9, 12]
    assert again.next_number == 13
    both = pd.DataFrame(
        {"then": renumbered.predict(frame(vectors))["topic_id"], "now": again.predict(frame(vectors))["topic_id"]}
    )
    both = both.dropna()
    assert len(both) > 0.85 * len(kinds)
    assert (both["then"] == both["now"]).mean() > 0.99


def test_a_topic_that_emerged_stays_one_when_it_is_news_no_more_and_goes_with_its_last_texts() -> None:
    vectors, _ = history()
    rows = np.concatenate([vectors, cloud(8, 12)])
    then = fitted(rows, recent=12)
    later = fitted(rows, champion=then)
    assert later.numbers == then.numbers
    assert later.is_emerging == then.is_emerging
    assert fitted(vectors, champion=later).is_emerging == (False,) * 4


def test_the_most_groups_are_taken_of_which_each_is_found_again() -> None:
    trials = [TopicTrial(3, 0.98), TopicTrial(8, 0.7), TopicTrial(12, 0.69)]
    assert topics.most_that_repeat(trials, min_stability=0.7).k == 8
    assert topics.most_that_repeat(trials, min_stability=0.99).k == 3


def test_four_kinds_are_found_again_and_one_cut_in_two_is_not() -> None:
    vectors, _ = history()
    unit = centred(vectors, vectors.mean(axis=0))
    assert try_k(unit, 4, rounds=2).stability == 1.0
    assert try_k(unit, 5, rounds=2).stability < 0.7


def test_training_finds_the_four_kinds_and_says_how_well_they_repeat(spark: SparkSession) -> None:
    vectors, kinds = history()
    rows = [([float(x) for x in vector], False) for vector in vectors]
    texts = spark.createDataFrame(rows, "vector array<float>, is_recent boolean")
    trained = topics.train(texts, training_run(MODEL, **SETTINGS))
    topic_ids = trained.model.fitted.predict(frame(vectors))["topic_id"].fillna(-1).to_numpy(dtype=np.int64)
    assert trained.parameters["k"] == 4
    assert adjusted_mutual_info_score(kinds, topic_ids) > 0.85
    assert trained.missed == ""
    assert trained.metrics["share_without_topic"] == pytest.approx(0.05, abs=0.02)
    with pytest.raises(DataError, match=r"300 distinct texts are too few to group \(topics.min_texts is 301\)"):
        topics.train(texts, training_run(MODEL, **SETTINGS | {"min_texts": 301}))


def test_texts_without_groups_miss_the_gate_of_stability_and_only_that() -> None:
    kinds = centred(history()[0], history()[0].mean(axis=0))
    noise = np.random.default_rng(1).normal(size=kinds.shape)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    passing, missing = (
        decide_topics(unit, TopicTrial(4, 1.0), training_run(MODEL, **SETTINGS)) for unit in (kinds, noise)
    )
    assert passing.served_by == "k-means"
    assert missing.served_by == ""
    assert [report.metric for report in missing.reports if not report.passed] == ["stability"]


def test_a_number_of_topics_that_does_not_repeat_does_not_serve() -> None:
    unit = centred(history()[0], history()[0].mean(axis=0))
    verdict = decide_topics(unit, TopicTrial(4, 0.6), training_run(MODEL, **SETTINGS))
    assert verdict.served_by == ""
    assert "no number of topics repeats" in verdict.reason


def test_a_finer_grouping_that_repeats_replaces_a_coarser_champion_and_a_coarser_one_does_not() -> None:
    vectors, _ = history()
    unit = centred(vectors, vectors.mean(axis=0))
    coarse, fine = fitted(vectors, k=2), fitted(vectors, k=4)
    over_coarse = training_run(MODEL, champion=as_champion(coarse, "topics"), **SETTINGS)
    over_fine = training_run(MODEL, champion=as_champion(fine, "topics"), **SETTINGS)
    assert decide_topics(unit, TopicTrial(4, 1.0), over_coarse).served_by == "k-means"
    assert decide_topics(unit, TopicTrial(4, 1.0), over_fine).served_by == "k-means"


def test_rows_are_the_distinct_texts_known_by_then_and_recent_is_what_nobody_wrote_before(
    spark: SparkSession,
) -> None:
    written = [
        ("t1", happened(28)), ("t2", happened(29)), ("t2", happened(1)), ("t3", happened(0)),
        ("t4", happened(1, known=CUT)), ("t5", happened(1)), ("unread", happened(1)),
    ]  # fmt: skip
    rows = [(f"r{n}", text, clocks["event_date"], clocks["known_at"]) for n, (text, clocks) in enumerate(written)]
    columns = "review_id string, text_id string, event_date date, known_at timestamp"
    others = ("event_time", "actor_id", "item_id", "text")
    reviews = spark.createDataFrame(rows, columns)
    reviews = reviews.selectExpr("*", *(f"CAST(NULL AS {REVIEWS.column(name).type}) AS {name}" for name in others))
    tickets = reviews.withColumnRenamed("review_id", "ticket_id").limit(0)
    read = [*((f"t{n}", "enc1", [float(n)]) for n in range(1, 6)), ("t1", "enc0", [9.0])]
    vectors = spark.createDataFrame(read, "text_id string, encoder_fingerprint string, vector array<float>")
    frames = {REVIEWS: reviews, TICKETS: tickets, TEXT_VECTORS: vectors}
    found_rows = topics.rows(training_run(MODEL, frames=frames, as_of=D, time_zone=ZONE))
    assert values_of(found_rows, "vector", "is_recent") == [([1.0], True), ([2.0], False), ([5.0], True)]


def test_vectors_of_another_length_are_refused() -> None:
    with pytest.raises(DataError, match=r"reads vectors of 16 numbers, these have \[3\]"):
        fitted(history()[0]).predict(frame(np.ones((1, 3))))


def test_a_model_read_back_from_json_is_the_same() -> None:
    model = fitted(history()[0])
    assert TopicsModel.from_json(json.loads(json.dumps(model.as_json()))) == model
