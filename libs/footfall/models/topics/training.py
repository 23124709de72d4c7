"""Fits topics: how many, by what refits find again, and those that emerge among recent texts. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import TooFew
from footfall.models.common.clusters import SEED, fit, nearest, regroup
from footfall.models.common.documents import documents, known_before
from footfall.models.common.featureset import Matrix
from footfall.models.common.gates import Contenders, Metric, Verdict, decide
from footfall.models.common.matching import keep_numbers
from footfall.models.common.measures import Labels
from footfall.models.common.resampling import mean_of
from footfall.models.common.runs import TrainingRun
from footfall.models.common.trained import Served, Trained
from footfall.models.topics.emerging import LEAST_TEXTS, Mask, emerging_groups
from footfall.models.topics.model import NO_TOPIC, TopicsModel, centred, scaled_to_one, stacked
from footfall.tables import REVIEWS, TEXT_VECTORS, TICKETS

K_TRIED = (3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40)
MOST_SAMPLED = 20_000  # older texts on the driver, by hash of the vector above that; and as many recent ones
MOST_FOR_K = 3_000  # texts on which k is chosen; the topics themselves are fitted on all
OUTSIDE = 0.05  # of a topic's texts, those farthest from its centre: what lies as far belongs to none
SAME = 0.2  # of the texts of two topics in either, those in both: less, and the number does not carry over
RECENT_DAYS = 28
METRICS: Mapping[str, Metric] = {"stability": mean_of(lambda _, shares: shares)}


@dataclass(frozen=True)
class TopicTrial:
    """One k: how much the group that is found again least shares with what refits have of it (Jaccard, mean of refits)."""

    k: int
    stability: float


def rows(run: TrainingRun) -> DataFrame:
    """Rows (vector, is_recent) of the distinct texts known before the date; recent is what nobody wrote before the last weeks."""
    texts = documents(reviews=run.frame(REVIEWS), tickets=run.frame(TICKETS))
    known = known_before(texts, as_of=run.as_of, time_zone=run.time_zone)
    first = known.groupBy("text_id").agg(F.min("event_date").alias("first_date"))
    read = run.frame(TEXT_VECTORS).where(F.col("encoder_fingerprint") == run.encoder_fingerprint())
    is_recent = F.col("first_date") >= F.date_sub(F.lit(run.as_of), RECENT_DAYS)
    return first.join(read.select("text_id", "vector"), "text_id").select("vector", is_recent.alias("is_recent"))


def train(texts: DataFrame, run: TrainingRun) -> Trained:
    """Groups the texts; a topic keeps the number that it has in the champion. What is new is looked for among the recent ones.

    Raises TooFew with fewer than topics.min_texts.
    """
    settings, fingerprint = run.settings, run.encoder_fingerprint()
    champion: TopicsModel | None = run.champion.fitted if run.champion else None
    sample = _collected(texts)
    if len(sample) < max(settings["min_texts"], 2 * settings["k_min"]):
        raise TooFew(
            f"topics: {len(sample)} distinct texts are too few to group (topics.min_texts is {settings['min_texts']}).",
            fix="Load more reviews or tickets, or lower topics.min_texts if you know what you do.",
        )
    vectors = stacked(sample["vector"], len(sample["vector"].iloc[0]))
    is_recent = sample["is_recent"].to_numpy(dtype=bool)
    unit = centred(vectors, vectors.mean(axis=0))
    some = unit[:: -(-len(unit) // MOST_FOR_K)]  # evenly spaced: older and recent ones alike
    rounds = settings["stability_rounds"]
    k_range = [k for k in K_TRIED if settings["k_min"] <= k <= min(settings["k_max"], len(some) // 2)]
    trials = [try_k(some, k, rounds=rounds) for k in k_range or [settings["k_min"]]]
    chosen = most_that_repeat(trials, min_stability=settings["min_stability"])
    model = fit_topics(
        vectors, is_recent, k=chosen.k, fingerprint=fingerprint, champion=champion,
        first_number=run.former.next_number if run.former else 0,
    )  # fmt: skip
    return _trained(model, vectors, trials, chosen, decide_topics(some, chosen, run))


def decide_topics(unit: Matrix, chosen: TopicTrial, run: TrainingRun) -> Verdict:
    """Whether refits find the texts' topics again surely better than those of shuffled vectors, which have none.

    The champion's topics are set beside the same refits.
    """
    rounds, champion = run.settings["stability_rounds"], run.champion
    refits = regroup(unit, k=chosen.k, rounds=rounds)
    noise = shuffled(unit)
    contenders = Contenders(
        outcomes=np.zeros(len(unit)),
        learner="k-means",
        predictions={"k-means": text_stability(nearest(unit, fit(unit, chosen.k)), refits)},
        baselines=(),
        trivial=text_stability(nearest(noise, fit(noise, chosen.k)), regroup(noise, k=chosen.k, rounds=rounds)),
        champion=text_stability(nearest(unit, np.array(champion.fitted.centres)), refits) if champion else None,
        champion_name=champion.version if champion else "",
        objection=_objection(chosen, run.settings["min_stability"]),
    )
    return decide(
        contenders, gates=run.model.gates, metrics=METRICS, settings=run.settings,
        max_champion_loss=run.max_champion_loss, rounds=run.bootstrap_rounds,
    )  # fmt: skip


def text_stability(groups: Labels, refits: Sequence[Labels]) -> Matrix:
    """float64[n]: of each text's group and the group that a refit puts it in, the share in both (Jaccard), mean of refits."""
    return np.asarray(np.mean([_shared(groups, again)[groups, again] for again in refits], axis=0))


def _objection(chosen: TopicTrial, min_stability: float) -> str:
    if chosen.stability >= min_stability:
        return ""
    return (
        f"no number of topics repeats: at best, k = {chosen.k}, refits find the least stable topic again at "
        f"{chosen.stability:.2f}; topics.min_stability is {min_stability}"
    )


def shuffled(unit: Matrix) -> Matrix:
    """The same numbers with every column in an order of its own: as wide and spread, and without any group."""
    draws = np.random.default_rng(SEED)
    return scaled_to_one(np.column_stack([draws.permutation(column) for column in unit.T]))


def try_k(unit: Matrix, k: int, *, rounds: int) -> TopicTrial:
    """K groups of `unit`, float64[n, dim], beside `rounds` refits."""
    mine = nearest(unit, fit(unit, k))
    shares = [_shared(mine, again).max(axis=1) for again in regroup(unit, k=k, rounds=rounds)]
    return TopicTrial(k, float(np.mean(shares, axis=0).min()))


def most_that_repeat(trials: Sequence[TopicTrial], *, min_stability: float) -> TopicTrial:
    """The most groups of which each is found again; where there are none such, the most stable (a gate fails)."""
    sound = [t for t in trials if t.stability >= min_stability]
    return max(sound, key=lambda t: t.k) if sound else max(trials, key=lambda t: t.stability)


def fit_topics(
    vectors: Matrix,
    is_recent: Mask,
    *,
    k: int,
    fingerprint: str,
    champion: TopicsModel | None,
    first_number: int = 0,
) -> TopicsModel:
    """K topics by k-means on vectors as stored, float64[n, dim]; beside them those that emerge now, or emerged in the champion.

    `first_number` is the first that no topic ever had: a model of another encoder carries none over, and takes none twice.
    """
    mean = vectors.mean(axis=0)
    unit = centred(vectors, mean)
    former = champion.assigned(vectors)[0] if champion else np.full(len(vectors), NO_TOPIC)
    kept = _still_spoken_of(champion, former)
    known = np.isin(np.arange(len(unit)), np.concatenate([*kept, np.empty(0)]))
    new = [group for group in emerging_groups(unit, is_recent) if known[group].mean() < 0.5]
    groups = nearest(unit, fit(unit, k))
    members = [*(np.flatnonzero(groups == place) for place in range(k)), *kept, *new]
    centres = scaled_to_one(np.stack([unit[rows].mean(axis=0) for rows in members]))
    least = [float(np.quantile(unit[rows] @ centre, OUTSIDE)) for rows, centre in zip(members, centres, strict=True)]
    drawn = TopicsModel(
        fingerprint, tuple(mean.tolist()), tuple(map(tuple, centres.tolist())), tuple(range(len(members))),
        tuple(least), tuple(place >= k for place in range(len(members))), len(members),
    )  # fmt: skip
    return _numbered(drawn, drawn.assigned(vectors)[0], champion, former, first_number)


def _still_spoken_of(champion: TopicsModel | None, former: Labels) -> list[Labels]:
    """Rows of each topic of `champion` that once emerged and that k-means would lose again."""
    places = np.flatnonzero(champion.is_emerging) if champion else ()
    groups = [np.flatnonzero(former == place) for place in places]
    return [rows for rows in groups if len(rows) >= LEAST_TEXTS]


def _numbered(
    drawn: TopicsModel, places: Labels, champion: TopicsModel | None, former_places: Labels, first_number: int
) -> TopicsModel:
    """The model with its topics' numbers: those of `champion` where the texts are the same, new ones elsewhere; by number."""
    sizes = np.bincount(places[places != NO_TOPIC], minlength=len(drawn.centres))
    by_size = [int(place) for place in np.argsort(-sizes, kind="stable")]
    former = np.array([*champion.numbers, NO_TOPIC])[former_places] if champion else former_places
    both = (places != NO_TOPIC) & (former != NO_TOPIC)
    carried = keep_numbers(places[both], former[both], by_size=by_size)
    free = count(max(first_number, champion.next_number if champion else 0))
    numbers = {place: carried[place] for place in by_size if _is_same(places == place, former == carried[place])}
    numbers |= {place: next(free) for place in by_size if place not in numbers}
    order = sorted(numbers, key=lambda place: numbers[place])
    return TopicsModel(
        drawn.feature_version, drawn.mean, tuple(drawn.centres[p] for p in order), tuple(numbers[p] for p in order),
        tuple(drawn.least_similarity[p] for p in order), tuple(drawn.is_emerging[p] for p in order), next(free),
    )  # fmt: skip


def _is_same(members: Mask, other: Mask) -> bool:
    return bool((members & other).sum() >= SAME * max((members | other).sum(), 1))


def _shared(groups: Labels, again: Labels) -> Matrix:
    """float64[k, k_again]: of the texts of one group of each in either, the share that is in both."""
    both = np.zeros((groups.max() + 1, again.max() + 1))
    np.add.at(both, (groups, again), 1)
    shared: Matrix = both / np.maximum(both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both, 1)
    return shared


def _trained(
    model: TopicsModel, vectors: Matrix, trials: Sequence[TopicTrial], chosen: TopicTrial, verdict: Verdict
) -> Trained:
    places = model.assigned(vectors)[0]
    return Trained(
        name="topics",
        model=Served(model),
        features=(("vector", "array<float>"),),
        predictions=(("topic_id", "integer"), ("topic_similarity", "double")),
        feature_version=model.feature_version,
        parameters={"k": chosen.k, "texts": len(vectors), "encoder_fingerprint": model.feature_version},
        metrics={
            "topics": float(len(model.numbers)), "topics_emerging": float(sum(model.is_emerging)),
            "share_without_topic": float((places == NO_TOPIC).mean()), "stability": chosen.stability,
        },
        verdict=verdict,
        evaluation={"tried": [asdict(t) for t in trials], "chosen": chosen.k},
    )  # fmt: skip


def _collected(texts: DataFrame) -> pd.DataFrame:
    """The sample in an order that says nothing of whose texts they are."""
    parts = [texts.where(part).select("vector", "is_recent") for part in ("NOT is_recent", "is_recent")]
    by_hash = [part.orderBy(F.xxhash64("vector"), "vector").limit(MOST_SAMPLED).toPandas() for part in parts]
    return pd.concat(by_hash, ignore_index=True)
