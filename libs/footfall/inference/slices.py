"""Reads rows with one or more models, a slice at a time: what a killed run has read is read. Knows Spark's frames, no model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pyspark.sql import DataFrame

from footfall.inference.unread import ContentColumns, Slice, next_slice, unread_rows

S = TypeVar("S")  # a spec: what names a model and says how it reads


@dataclass(frozen=True)
class SettledModel(Generic[S]):
    """A model as the workers run it: what they choose for themselves is settled, its fingerprint is known."""

    spec: S
    fingerprint: str
    description: str


@dataclass(frozen=True)
class ReadSlice(Generic[S]):
    """One slice: the rows with results, by which model, how many, and whether anything is left to read by any of them."""

    results: DataFrame
    model: SettledModel[S]
    count: int
    is_more: bool


@dataclass(frozen=True, kw_only=True)
class SliceReader(Generic[S]):
    """Reads what is new with every model in turn: `specs` in the order in which they are served, the wanted one last.

    `settle` asks a worker of the frame's session how it would run a spec; `compute` gives the results of rows (key,
    content) by a settled spec. While all rows are read again by a new model, the one that still serves reads today's
    rows first.
    """

    specs: Sequence[S]
    rows_per_slice: int
    columns: ContentColumns
    settle: Callable[[DataFrame, S], SettledModel[S]]
    compute: Callable[[DataFrame, S], DataFrame]
    _settled: dict[S, SettledModel[S]] = field(default_factory=dict, init=False)

    def settled(self, frame: DataFrame) -> list[SettledModel[S]]:
        """All models, each known to a worker of the frame's session; a worker is asked once for each."""
        for spec in self.specs:
            if spec not in self._settled:
                self._settled[spec] = self.settle(frame, spec)
        return [self._settled[spec] for spec in self.specs]

    def next(self, sources: Sequence[DataFrame], *, results: DataFrame | None) -> ReadSlice[S]:
        """The next slice of `sources` of which `results` lacks some model's; without rows where all is read."""
        unread: list[tuple[SettledModel[S], Slice]] = []
        for model in self.settled(sources[0]):
            rows = unread_rows(sources, results=results, fingerprint=model.fingerprint, columns=self.columns)
            unread.append((model, next_slice(rows, most=self.rows_per_slice, key=self.columns.key)))
        model, piece = next(((model, piece) for model, piece in unread if piece.left), unread[-1])
        is_more = sum(other.left for _, other in unread) > piece.count
        return ReadSlice(self.compute(piece.rows, model.spec), model, piece.count, is_more)
