"""Fits segments by MLlib's k-means on scaled features, beside groups by money alone. Pure functions of frames.

k is the greatest that comes out the same on resamples, has no group of a handful, and keeps its groups nearly as well apart as
the best such k; a champion's k stays as long as it does. k is chosen on a sample, on the driver; groups are fitted on everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml.clustering import KMeans
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sklearn.metrics import silhouette_samples

from footfall.errors import TooFew
from footfall.models.common.clusters import SEED, ClusterTrial, choose, fit, measure, nearest, regroup
from footfall.models.common.featureset import FeatureSet, Matrix
from footfall.models.common.gates import Contenders, Metric, Verdict, decide
from footfall.models.common.matching import keep_numbers
from footfall.models.common.runs import TrainingRun
from footfall.models.common.scaling import Scaler
from footfall.models.common.spark_features import VECTOR, fit_scaler, vectors
from footfall.models.common.trained import Served, Trained
from footfall.models.segments import FEATURES, K_MEANS, SPENDING, SPENDING_GROUPS
from footfall.models.segments.model import SegmentsModel
from footfall.models.segments.naming import group_names, keep_names, spending_names
from footfall.tables import USER_FEATURES

TAIL = 0.01
SPARK_STARTS = 5  # each is a dozen of Spark's jobs; by then k is known to repeat
SPENDING_GROUP_COUNT = 3
MOST_SAMPLED = 20_000  # people on whom k is chosen on the driver; a sample by hash of the features above that
MOST_FOR_GATES = 5_000  # people whose silhouettes are compared; their cost is quadratic
METRICS: Mapping[str, Metric] = {"silhouette": lambda _, silhouettes: float(np.mean(silhouettes))}


def rows(run: TrainingRun) -> DataFrame:
    """The people of the date in order, since k-means|| draws its first centres partition by partition."""
    people = run.frame(USER_FEATURES).where(F.col("as_of_date") == F.lit(run.as_of))
    return people.select("user_id", "net_amount_365d", *FEATURES.columns).orderBy(*FEATURES.columns, "user_id")


def train(people: DataFrame, run: TrainingRun) -> Trained:
    """Groups the people; numbers and names stay with the champion's groups that share most members.

    Raises TooFew with fewer than segments.min_people.
    """
    settings, count = run.settings, people.count()
    least = max(settings["min_people"], 2 * settings["k_min"])  # two people a group at least
    if count < least:
        raise TooFew(
            f"segments: {count} people are too few to group, at least {least} are needed (segments.min_people is "
            f"{settings['min_people']}, segments.k_min {settings['k_min']}).",
            fix="Load more history, or lower segments.min_people if you know what you do.",
        )
    champion: SegmentsModel | None = run.champion.fitted if run.champion else None
    scaler = fit_scaler(people, FEATURES.features, tail=TAIL)
    sample = _collected(people)
    scaled = scaler.apply(sample)
    k_range = range(settings["k_min"], min(settings["k_max"], count // 2) + 1)
    regrouped = {k: regroup(scaled, k=k, rounds=settings["stability_rounds"]) for k in k_range}
    trials = [measure(scaled, fit(scaled, k), again) for k, again in regrouped.items()]
    chosen = choose_trial(trials, champion, min_stability=settings["min_stability"])
    centres = fit_centres(vectors(scaler, people, "user_id"), chosen.k)
    model = named(K_MEANS, FEATURES, scaler, centres, sample, champion)
    baseline = fit_spending_groups(people, sample, champion)
    measured = measure(scaled, centres, regrouped[chosen.k])
    objection = objection_to(measured, min_stability=settings["min_stability"])
    verdict = decide_segments(model, baseline, sample, scaled, run, objection=objection)
    serving = baseline if verdict.name == SPENDING_GROUPS else model
    return _trained(serving, verdict, trials, measured, sample, count, settings["min_stability"])


def fit_centres(rows: DataFrame, k: int) -> Matrix:
    """float64[k, n_features]: the centres of MLlib's k-means on everybody, the best by cost of several starts."""
    starts = (
        KMeans(featuresCol=VECTOR, k=k, seed=SEED + i, maxIter=50, tol=1e-4).fit(rows) for i in range(SPARK_STARTS)
    )
    best = min(starts, key=lambda fitted: fitted.summary.trainingCost)
    return np.array(best.clusterCenters())


def fit_spending_groups(people: DataFrame, sample: pd.DataFrame, champion: SegmentsModel | None) -> SegmentsModel:
    """The baseline: groups by money alone."""
    scaler = fit_scaler(people, SPENDING.features, tail=TAIL)
    spent = scaler.apply(sample)
    centres = fit(spent, min(SPENDING_GROUP_COUNT, len(np.unique(spent))))
    return named(SPENDING_GROUPS, SPENDING, scaler, centres, sample, champion)


def named(
    learner: str,
    features: FeatureSet,
    scaler: Scaler,
    centres: Matrix,
    sample: pd.DataFrame,
    champion: SegmentsModel | None,
) -> SegmentsModel:
    """The centres with numbers and names: the champion's where members are shared, else from the biggest spenders down.

    Names carry over only within one way to group: what is said of five sides of behaviour is not true of groups by money.
    """
    groups = nearest(scaler.apply(sample), centres)
    spent = sample["net_amount_365d"].groupby(groups).median().reindex(range(len(centres)), fill_value=0.0)
    by_spending = [int(place) for place in np.argsort(-spent.to_numpy(), kind="stable")]
    former = np.full(len(sample), -1)
    if champion is not None and set(champion.columns) <= set(sample.columns):
        former = champion.predict(sample)["segment_id"].to_numpy()
        numbers = keep_numbers(groups, former, by_size=by_spending, used=champion.numbers)
    else:
        numbers = [by_spending.index(place) for place in range(len(centres))]
    order = np.argsort(numbers)
    columns = [f.name for f in features.features]
    names = group_names([dict(zip(columns, centre, strict=True)) for centre in centres[order]])
    if learner == SPENDING_GROUPS:
        names = spending_names([by_spending.index(place) for place in order])
    model = SegmentsModel(
        learner,
        features.version,
        scaler,
        tuple(map(tuple, centres[order].tolist())),
        tuple(sorted(numbers)),
        tuple(names),
    )
    if champion is None or champion.learner != learner:
        return model
    former_names = dict(zip(champion.numbers, champion.names, strict=True))
    present = model.predict(sample)["segment_id"].to_numpy()
    return replace(model, names=keep_names(model.numbers, model.names, present, former, former_names))


def decide_segments(
    model: SegmentsModel,
    baseline: SegmentsModel,
    sample: pd.DataFrame,
    scaled: Matrix,
    run: TrainingRun,
    *,
    objection: str = "",
) -> Verdict:
    """Whether the groups are surely better apart, in the model's own features, than groups by money, and than the champion's."""
    some = sample.iloc[:MOST_FOR_GATES]
    space = scaled[: len(some)]

    def silhouettes(groups: SegmentsModel) -> Matrix:
        numbers = groups.predict(some)["segment_id"].to_numpy()
        apart: Matrix = silhouette_samples(space, numbers) if len(set(numbers)) > 1 else np.zeros(len(some))
        return apart

    contenders = Contenders(
        outcomes=np.zeros(len(some)),
        learner=K_MEANS,
        predictions={K_MEANS: silhouettes(model), SPENDING_GROUPS: silhouettes(baseline)},
        baselines=(SPENDING_GROUPS,),
        trivial=np.zeros(len(some)),  # one group for all is by definition not apart from anything
        champion=silhouettes(run.champion.fitted) if run.champion else None,
        champion_name=run.champion.version if run.champion else "",
        objection=objection,
    )
    return decide(
        contenders, gates=run.model.gates, metrics=METRICS, settings=run.settings,
        max_champion_loss=run.max_champion_loss, rounds=run.bootstrap_rounds,
    )  # fmt: skip


def choose_trial(
    trials: Sequence[ClusterTrial], champion: SegmentsModel | None, *, min_stability: float
) -> ClusterTrial:
    """The champion's k while it is sound, so that the number of segments does not change overnight; else the best.

    Spending groups have no k of their own.
    """
    former_k = len(champion.numbers) if champion and champion.learner == K_MEANS else None
    kept = [t for t in trials if t.k == former_k and t.is_sound(min_stability)]
    return kept[0] if kept else choose(trials, min_stability=min_stability)


def objection_to(measured: ClusterTrial, *, min_stability: float) -> str:
    """Why groups of that k may not serve; empty where it is sound."""
    if measured.is_sound(min_stability):
        return ""
    return (
        f"no number of groups repeats on resamples without a group of a handful: the best, k = {measured.k}, "
        f"agrees with its refits by {measured.stability:.2f} (adjusted Rand) and its smallest group holds "
        f"{measured.least_share:.1%} of people; segments.min_stability is {min_stability}"
    )


def _trained(
    model: SegmentsModel,
    verdict: Verdict,
    trials: Sequence[ClusterTrial],
    measured: ClusterTrial,
    sample: pd.DataFrame,
    count: int,
    min_stability: float,
) -> Trained:
    words = {f.name: f.words for f in model.scaler.features}
    shares = sample.groupby(model.predict(sample)["segment_id"]).size() / len(sample)
    lifts = {
        name: dict(zip(words.values(), centre, strict=True))
        for name, centre in zip(model.names, model.centres, strict=True)
    }
    evaluation: dict[str, Any] = {
        "tried": [asdict(t) for t in trials],
        "chosen": measured.k,
        "min_stability": min_stability,
        "lifts": lifts,
        "shares": {n: float(shares.get(i, 0.0)) for i, n in zip(model.numbers, model.names, strict=True)},
    }
    return Trained(
        name="segments",
        model=Served(model),
        features=tuple((column, "double") for column in model.columns),
        predictions=(("segment_id", "integer"), ("distance", "double")),
        feature_version=model.feature_version,
        parameters={
            "learner": model.learner, "k": len(model.numbers), "k_tried": [t.k for t in trials], "people": count, "seed": SEED,
            "tail_cut": TAIL,
        },
        metrics={
            "silhouette": measured.silhouette,
            "stability": measured.stability,
            "least_share": measured.least_share,
        },
        verdict=verdict,
        evaluation=evaluation,
    )  # fmt: skip


def _collected(people: DataFrame) -> pd.DataFrame:
    """The people on the driver as doubles, in an order without meaning; a sample where there are very many."""
    columns = (*FEATURES.columns, "net_amount_365d")
    ordered = people.orderBy(F.xxhash64(*FEATURES.columns), *FEATURES.columns).limit(MOST_SAMPLED)
    return ordered.select(*(F.col(c).cast("double") for c in columns)).toPandas()
