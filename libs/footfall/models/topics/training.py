"""Topics: groups of texts of like meaning, by their stored vectors; no word of a customer is in the model. Pure functions of frames.

k-means on centred vectors of length 1, which finds known groups better than density does (benchmarks/text/topics.py). k is the
most groups of which refits on resamples find each one again. The silhouette only falls as texts are cut finer, and the Rand
index hardly minds one group cut in two at random, so neither chooses. What
gathers anew in the last weeks becomes a topic of its own, and stays one at later refits as long as anybody speaks of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import DataError, TooFew
from footfall.models.common.clusters import fit, nearest, regroup
from footfall.models.common.documents import known_before
from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels
from footfall.models.common.trained import Gate, Served, Trained
from footfall.models.segments.naming import keep_numbers
from footfall.models.topics.emerging import LEAST_TEXTS, Mask, gathered

NAME = "topics"
TRIED = (3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40)
MOST_SAMPLED = 20_000  # older texts on the driver, by hash of the vector above that; and as many recent ones
MOST_FOR_K = 3_000  # texts on which k is chosen; the topics themselves are fitted on all
OUTSIDE = 0.05  # of a topic's texts, those farthest from its centre: what lies as far belongs to none
SAME = 0.2  # of the texts of two topics in either, those in both: less, and the number does not carry over
RECENT_DAYS = 28
NO_TOPIC = -1  # inside this module only; in tables it is NULL


@dataclass(frozen=True)
class TopicTrial:
    """One k: how much the group that is found again least shares with what refits have of it (Jaccard, mean of refits)."""

    k: int
    stability: float


@dataclass(frozen=True)
class TopicsModel:
    """Centres of length 1 in centred vectors, each with its number and the least cosine of what belongs to it.

    `is_gathered` marks topics that k-means did not make, `next_number` is the first that no topic ever had.
    """

    feature_version: str
    mean: tuple[float, ...]
    centres: tuple[tuple[float, ...], ...]
    numbers: tuple[int, ...]
    least_similarity: tuple[float, ...]
    is_gathered: tuple[bool, ...]
    next_number: int

    def as_json(self) -> dict[str, Any]:
        """All that it is."""
        return {"kind": NAME, **asdict(self)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> TopicsModel:
        """The model that `as_json` told."""
        listed = ("mean", "numbers", "least_similarity", "is_gathered")
        return cls(
            feature_version=told["feature_version"],
            centres=tuple(map(tuple, told["centres"])),
            next_number=told["next_number"],
            **{name: tuple(told[name]) for name in listed},
        )

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`topic_id`, NULL where a text is near no centre, and `topic_similarity`, its cosine to the nearest one."""
        places, similarity = self.assigned(_stacked(frame["vector"], len(self.mean)))
        numbers = pd.array(np.array([*self.numbers, 0])[places], dtype="Int32")  # place -1 is the 0 at the end
        numbers[places == NO_TOPIC] = pd.NA
        return pd.DataFrame({"topic_id": numbers, "topic_similarity": similarity}, index=frame.index)

    def assigned(self, vectors: Matrix) -> tuple[Labels, Matrix]:
        """Of vectors as stored, float64[n, dim]: the place of each one's topic or NO_TOPIC, and its cosine to it."""
        cosines = centred(vectors, np.array(self.mean)) @ np.array(self.centres).T
        places = cosines.argmax(axis=1)
        similarity = cosines.max(axis=1)
        return np.where(similarity >= np.array(self.least_similarity)[places], places, NO_TOPIC), similarity


def examples(
    documents: DataFrame, text_vectors: DataFrame, *, fingerprint: str, as_of: date, time_zone: str
) -> DataFrame:
    """Rows (vector, is_recent) of the distinct texts known before `as_of`; recent is what nobody wrote before the last weeks.

    `documents` are rows (text_id, event_date, known_at) of reviews and tickets.
    """
    known = known_before(documents, as_of=as_of, time_zone=time_zone)
    first = known.groupBy("text_id").agg(F.min("event_date").alias("first_date"))
    vectors = text_vectors.where(F.col("encoder_fingerprint") == fingerprint).select("text_id", "vector")
    is_recent = F.col("first_date") >= F.date_sub(F.lit(as_of), RECENT_DAYS)
    return first.join(vectors, "text_id", "inner").select("vector", is_recent.alias("is_recent"))


def train(
    texts: DataFrame,
    *,
    fingerprint: str,
    k_min: int,
    k_max: int,
    min_texts: int,
    stability_rounds: int,
    min_stability: float,
    before: TopicsModel | None,
) -> Trained:
    """Groups `examples`; a topic keeps the number that it had in `before`. What is new is looked for among the recent ones.

    Raises TooFew with fewer than `min_texts`.
    """
    sample = _collect(texts)
    if len(sample) < max(min_texts, 2 * k_min):
        raise TooFew(
            f"topics: {len(sample)} distinct texts are too few to group (topics.min_texts is {min_texts}).",
            fix="Load more reviews or tickets, or lower topics.min_texts if you know what you do.",
        )
    vectors = _stacked(sample["vector"], len(sample["vector"].iloc[0]))
    is_recent = sample["is_recent"].to_numpy(dtype=bool)
    unit = centred(vectors, vectors.mean(axis=0))
    some = unit[:: -(-len(unit) // MOST_FOR_K)]  # every so-manieth: older and recent ones alike
    tried = [try_k(some, k, rounds=stability_rounds) for k in TRIED if k_min <= k <= min(k_max, len(some) // 2)]
    tried = tried or [try_k(some, k_min, rounds=stability_rounds)]
    chosen = most_that_repeat(tried, min_stability=min_stability)
    old = before if before is not None and before.feature_version == fingerprint else None
    first = before.next_number if before else 0
    model = fit_topics(vectors, is_recent, k=chosen.k, fingerprint=fingerprint, before=old, first_number=first)
    return _trained(model, vectors, tried, chosen, min_stability)


def try_k(unit: Matrix, k: int, *, rounds: int) -> TopicTrial:
    """K groups of `unit`, float64[n, dim], beside `rounds` refits."""
    mine = nearest(unit, fit(unit, k))
    found = [_shared(mine, again, k).max(axis=1) for again in regroup(unit, k=k, rounds=rounds)]
    return TopicTrial(k, float(np.mean(found, axis=0).min()))


def most_that_repeat(tried: Sequence[TopicTrial], *, min_stability: float) -> TopicTrial:
    """The most groups of which each is found again; where there are none such, the most stable (a gate fails)."""
    sound = [t for t in tried if t.stability >= min_stability]
    return max(sound, key=lambda t: t.k) if sound else max(tried, key=lambda t: t.stability)


def fit_topics(
    vectors: Matrix,
    is_recent: Mask,
    *,
    k: int,
    fingerprint: str,
    before: TopicsModel | None,
    first_number: int = 0,
) -> TopicsModel:
    """K topics by k-means on vectors as stored, float64[n, dim]; beside them those that gathered, now or before.

    `first_number` is the first that no topic ever had: a model of another encoder carries none over, and takes none twice.
    """
    mean = vectors.mean(axis=0)
    unit = centred(vectors, mean)
    had = before.assigned(vectors)[0] if before else np.full(len(vectors), NO_TOPIC)
    kept = _still_spoken_of(before, had)
    known = np.isin(np.arange(len(unit)), np.concatenate([*kept, np.empty(0)]))
    new = [group for group in gathered(unit, is_recent) if known[group].mean() < 0.5]
    groups = nearest(unit, fit(unit, k))
    members = [*(np.flatnonzero(groups == place) for place in range(k)), *kept, *new]
    centres = _scaled(np.stack([unit[rows].mean(axis=0) for rows in members]))
    least = [float(np.quantile(unit[rows] @ centre, OUTSIDE)) for rows, centre in zip(members, centres, strict=True)]
    drawn = TopicsModel(
        fingerprint, tuple(mean.tolist()), tuple(map(tuple, centres.tolist())), tuple(range(len(members))),
        tuple(least), tuple(place >= k for place in range(len(members))), len(members),
    )  # fmt: skip
    return _numbered(drawn, drawn.assigned(vectors)[0], before, had, first_number)


def centred(vectors: Matrix, mean: Matrix) -> Matrix:
    """The vectors about their mean, of length 1: raw cosines of an encoder sit too close together."""
    return _scaled(vectors - mean)


def _still_spoken_of(before: TopicsModel | None, had: Labels) -> list[Labels]:
    """Rows of each topic of `before` that once gathered and that k-means would lose again."""
    places = np.flatnonzero(before.is_gathered) if before else ()
    found = [np.flatnonzero(had == place) for place in places]
    return [rows for rows in found if len(rows) >= LEAST_TEXTS]


def _numbered(
    drawn: TopicsModel, places: Labels, before: TopicsModel | None, had: Labels, first_number: int
) -> TopicsModel:
    """The model with its topics' numbers: those of `before` where the texts are the same, new ones elsewhere; by number."""
    sizes = np.bincount(places[places != NO_TOPIC], minlength=len(drawn.centres))
    by_size = [int(place) for place in np.argsort(-sizes, kind="stable")]
    former = np.array([*before.numbers, NO_TOPIC])[had] if before else had
    both = (places != NO_TOPIC) & (former != NO_TOPIC)
    carried = keep_numbers(places[both], former[both], by_size=by_size)
    free = count(max(first_number, before.next_number if before else 0))
    numbers = {place: carried[place] for place in by_size if _is_same(places == place, former == carried[place])}
    numbers |= {place: next(free) for place in by_size if place not in numbers}
    order = sorted(numbers, key=lambda place: numbers[place])
    return TopicsModel(
        drawn.feature_version, drawn.mean, tuple(drawn.centres[p] for p in order), tuple(numbers[p] for p in order),
        tuple(drawn.least_similarity[p] for p in order), tuple(drawn.is_gathered[p] for p in order), next(free),
    )  # fmt: skip


def _is_same(one: Mask, other: Mask) -> bool:
    return bool((one & other).sum() >= SAME * max((one | other).sum(), 1))


def _shared(mine: Labels, again: Labels, k: int) -> Matrix:
    """float64[k, k]: of the texts of one group of each in either, the part that is in both."""
    both = np.zeros((k, k))
    np.add.at(both, (mine, again), 1)
    shared: Matrix = both / np.maximum(both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both, 1)
    return shared


def _trained(
    model: TopicsModel, vectors: Matrix, tried: Sequence[TopicTrial], chosen: TopicTrial, min_stability: float
) -> Trained:
    places = model.assigned(vectors)[0]
    metrics = {
        "topics": float(len(model.numbers)), "topics_gathered": float(sum(model.is_gathered)),
        "share_without_topic": float((places == NO_TOPIC).mean()), "stability": chosen.stability,
    }  # fmt: skip
    words = f"refits find each topic again at {chosen.stability:.2f} or more of its texts, {min_stability} is asked"
    return Trained(
        name=NAME,
        model=Served(model),
        features=(("vector", "array<float>"),),
        predictions=(("topic_id", "integer"), ("topic_similarity", "double")),
        feature_version=model.feature_version,
        parameters={"k": chosen.k, "texts": len(vectors), "encoder_fingerprint": model.feature_version},
        metrics=metrics,
        gates=[Gate("repeats", chosen.stability >= min_stability, words)],
        evaluation={"tried": [asdict(t) for t in tried], "chosen": chosen.k},
    )


def _collect(texts: DataFrame) -> pd.DataFrame:
    """The sample in an order that says nothing of whose texts they are."""
    parts = [texts.where(part).select("vector", "is_recent") for part in ("NOT is_recent", "is_recent")]
    by_hash = [part.orderBy(F.xxhash64("vector"), "vector").limit(MOST_SAMPLED).toPandas() for part in parts]
    return pd.concat(by_hash, ignore_index=True)


def _stacked(vectors: pd.Series, wide: int) -> Matrix:
    """float64[n, wide]; raises DataError where a vector is of another length."""
    sizes = sorted({len(v) for v in vectors} - {wide})
    if sizes:
        raise DataError(
            f"the topics model reads vectors of {wide} numbers, these have {sizes}.",
            fix="Use vectors of the encoder that it was fitted on.",
        )
    return np.stack([np.asarray(v, dtype=np.float64) for v in vectors]) if len(vectors) else np.empty((0, wide))


def _scaled(rows: Matrix) -> Matrix:
    """Rows of length 1; one of nothing stays nothing."""
    scaled: Matrix = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled
