"""Topics that emerge: recent texts whose nearest neighbours are one another and hardly any older text. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.stats import binom

from footfall.models.common.featureset import Matrix
from footfall.models.common.measures import Labels

Mask = npt.NDArray[np.bool_]
NEIGHBOURS = 10
BY_CHANCE = 0.02  # how seldom so many of a text's neighbours are recent, were it no news
LEAST_TEXTS = 5
BLOCK = 1_000  # recent texts whose cosines to all others are in memory at once


def emerging_groups(vectors: Matrix, is_recent: Mask) -> list[Labels]:
    """Groups of row numbers of `vectors`, float64[n, dim] of length 1: each at least five recent texts of like meaning.

    A text is news if more of its nearest neighbours are recent than chance would bring; those that are neighbours of one
    another, directly or by way of others, are a group. A topic's distance says less: a new complaint of twenty lies well
    within the reach of a centre of thousands. Where most texts are recent, nothing can be news.
    """
    recent = np.flatnonzero(is_recent)
    count = min(NEIGHBOURS, len(vectors) - 1)
    if count < 1 or not len(recent):
        return []
    near = _neighbours(vectors, recent, count)
    by_chance = binom.sf(is_recent[near].sum(axis=1) - 1, count, is_recent.mean())
    return _groups(recent, near, by_chance < BY_CHANCE)


def _neighbours(vectors: Matrix, rows: Labels, count: int) -> Labels:
    """int64[len(rows), count]: the nearest others of each row, in no order."""
    blocks = []
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        cosines = vectors[block] @ vectors.T
        cosines[np.arange(len(block)), block] = -np.inf
        blocks.append(np.argpartition(-cosines, count - 1, axis=1)[:, :count])
    return np.concatenate(blocks)


def _groups(rows: Labels, near: Labels, is_news: Mask) -> list[Labels]:
    """The connected groups among the rows that are news."""
    kept = rows[is_news]
    place = {int(row): at for at, row in enumerate(kept)}
    links = [
        (place[int(row)], place[int(n)])
        for row, ns in zip(kept, near[is_news], strict=True)
        for n in ns
        if int(n) in place
    ]
    if not links:
        return []
    of, to = np.array(links).T
    graph = coo_matrix((np.ones(len(of)), (of, to)), shape=(len(kept), len(kept)))
    _, label = connected_components(graph, directed=False)
    return [kept[label == at] for at in np.unique(label) if (label == at).sum() >= LEAST_TEXTS]
