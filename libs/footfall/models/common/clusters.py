"""How many groups: k-means for each k on the sampled people, its stability on resamples, and the choice among them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels
from footfall.models.common.one_thread import one_thread

SEED = 17
STARTS = 10  # of every fit, the best by cost is kept: one start alone often ends in another local minimum
LEAST_SHARE = 0.01  # of all people in each group
NEARLY = 0.8  # of the best silhouette: more groups say more, as long as they are about as well apart
MOST_FOR_SILHOUETTE = 5_000  # its cost is quadratic


@dataclass(frozen=True)
class ClusterTrial:
    """One k: how well apart its groups are, how much refits on resamples agree with it, its smallest group's share."""

    k: int
    silhouette: float
    stability: float
    least_share: float

    def is_sound(self, min_stability: float) -> bool:
        """Whether it repeats and no group is a handful of odd people."""
        return self.stability >= min_stability and self.least_share >= LEAST_SHARE


def regroup(scaled: Matrix, *, k: int, rounds: int) -> list[Labels]:
    """Where each person of `scaled`, float64[n_people, n_features], belongs by each of `rounds` refits of k groups.

    A refit weights each person by a Poisson(1) draw, as a bootstrap does (Efron and Tibshirani 1993). Rows have to come
    in an order that says nothing of who they are: then the draws are the same under any key of the pseudonyms.
    """
    draws = (np.random.default_rng([SEED, number]).poisson(1.0, len(scaled)).astype(float) for number in range(rounds))
    return [nearest(scaled, fit(scaled, k, seed=i, weights=weights)) for i, weights in enumerate(draws)]


def measure(scaled: Matrix, centres: Matrix, regrouped: Sequence[Labels]) -> ClusterTrial:
    """How well these centres, float64[k, n_features], group the people.

    `regrouped` is compared by the adjusted Rand index (Hubert and Arabie 1985).
    """
    k, mine = len(centres), nearest(scaled, centres)
    agreed = [adjusted_rand_score(mine, again) for again in regrouped]
    least = float(np.bincount(mine, minlength=k).min() / len(mine))
    apart = 0.0  # one group for all is not apart from anything
    if 1 < len(set(mine)) < len(mine):
        apart = silhouette_score(scaled, mine, sample_size=min(len(mine), MOST_FOR_SILHOUETTE), random_state=SEED)
    return ClusterTrial(k, float(apart), float(np.mean(agreed)), least)


def choose(tried: Sequence[ClusterTrial], *, min_stability: float) -> ClusterTrial:
    """The most groups among the sound whose silhouette is within a fifth of the best sound one's.

    Where none is sound, the most stable, which may not serve.
    """
    sound = [t for t in tried if t.is_sound(min_stability)]
    if not sound:
        return max(tried, key=lambda t: t.stability)
    apart = NEARLY * max(t.silhouette for t in sound)
    return max((t for t in sound if t.silhouette >= apart), key=lambda t: t.k)


def fit(scaled: Matrix, k: int, *, seed: int = SEED, weights: Matrix | None = None) -> Matrix:
    """float64[k, n_features]: centres, the same on any machine."""
    with one_thread():
        fitted = KMeans(n_clusters=k, n_init=STARTS, random_state=seed).fit(scaled, sample_weight=weights)
    centres: Matrix = fitted.cluster_centers_
    return centres


def nearest(scaled: Matrix, centres: Matrix) -> Labels:
    """int64[n_rows]: the place of the centre that each row is nearest to."""
    places: Labels = distances(scaled, centres).argmin(axis=1)
    return places


def distances(scaled: Matrix, centres: Matrix) -> Matrix:
    """float64[n_rows, k]; centre by centre, so that memory stays at one matrix of the inputs' size."""
    return np.column_stack([np.sqrt(((scaled - centre) ** 2).sum(axis=1)) for centre in centres])
