"""How many groups: k-means for each k, its stability on resamples, and the choice among them. Pure functions of frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.ml.clustering import KMeans
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.models.featureset import Matrix
from footfall.models.measures import Labels, adjusted_rand
from footfall.models.scaling import VECTOR

SEED = 17
LEAST_SHARE = 0.01  # of all people in each group
NEARLY = 0.9  # of the best silhouette: more groups say more, as long as they are about as well apart


@dataclass(frozen=True)
class Tried:
    """One k: its centres, how well apart its groups are, how much refits on resamples agree, its smallest group."""

    k: int
    centres: Matrix
    silhouette: float
    stability: float
    least_share: float

    def is_sound(self, min_stability: float) -> bool:
        """Whether it repeats and no group is a handful of odd people."""
        return self.stability >= min_stability and self.least_share >= LEAST_SHARE


def try_k(rows: DataFrame, scaled: Matrix, *, k: int, rounds: int) -> Tried:
    """Fits k groups once on all rows and `rounds` times on Poisson resamples; `scaled` is the sample to compare on.

    A resample weights each person by a Poisson(1) draw from a hash of their features and the round: a bootstrap that is
    the same in any partitioning, and under any key of the pseudonyms.
    """
    fitted = kmeans(k).fit(rows)
    silhouette = ClusteringEvaluator(featuresCol=VECTOR).evaluate(fitted.transform(rows))
    centres = np.array(fitted.clusterCenters())
    mine = nearest(scaled, centres)
    agreed = []
    for number in range(rounds):
        resampled = rows.withColumn("weight", _poisson(number)).where("weight > 0")
        refitted = kmeans(k).setWeightCol("weight").fit(resampled)
        agreed.append(adjusted_rand(mine, nearest(scaled, np.array(refitted.clusterCenters()))))
    least = float(np.bincount(mine, minlength=k).min() / len(mine))
    return Tried(k, centres, float(silhouette), float(np.mean(agreed)) if agreed else 1.0, least)


def choose(tried: Sequence[Tried], *, min_stability: float) -> Tried:
    """The most groups among the sound whose silhouette is within a tenth of the best sound one's.

    Where none is sound, the most stable (a gate will fail).
    """
    sound = [t for t in tried if t.is_sound(min_stability)]
    if not sound:
        return max(tried, key=lambda t: t.stability)
    apart = NEARLY * max(t.silhouette for t in sound)
    return max((t for t in sound if t.silhouette >= apart), key=lambda t: t.k)


def kmeans(k: int) -> KMeans:
    """MLlib's k-means as footfall fits it."""
    return KMeans(featuresCol=VECTOR, k=k, seed=SEED, maxIter=20, tol=1e-3)


def _poisson(number: int) -> SparkColumn:
    """Poisson(1) by the inverse of its distribution function at a uniform number made from a hash."""
    features = F.transform(vector_to_array(F.col(VECTOR)), lambda value: F.round(value, 6))
    uniform = F.pmod(F.xxhash64(features, F.lit(number)), F.lit(1_000_003)) / F.lit(1_000_003)
    steps = (0.36788, 0.73576, 0.91970, 0.98101, 0.99634, 0.99941)
    return sum((F.when(uniform >= step, 1.0).otherwise(0.0) for step in steps), F.lit(0.0))


def nearest(scaled: Matrix, centres: Matrix) -> Labels:
    """int64[n_rows]: the place of the centre that each row is nearest to."""
    found: Labels = distances(scaled, centres).argmin(axis=1)
    return found


def distances(scaled: Matrix, centres: Matrix) -> Matrix:
    """float64[n_rows, k]; centre by centre, so that memory stays at one matrix of the inputs' size."""
    return np.column_stack([np.sqrt(((scaled - centre) ** 2).sum(axis=1)) for centre in centres])
