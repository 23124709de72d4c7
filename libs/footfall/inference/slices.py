"""Reads rows with one or more models, a slice at a time: what a killed run has read is read. Knows Spark's frames, no model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pyspark.sql import DataFrame

from footfall.inference.unread import ContentColumns, Slice, by_bucket, rows_of, slices, unread_rows

S = TypeVar("S")  # a spec: what names a model and says how it reads


@dataclass(frozen=True)
class SettledModel(Generic[S]):
    """A model as the workers run it: what they choose for themselves is settled, its fingerprint is known."""

    spec: S
    fingerprint: str
    description: str


@dataclass(frozen=True)
class ReadSlice(Generic[S]):
    """One slice: the rows with results, by which model, how many, and whether anything is left to read by any of them.

    `landed` is to be called when the results have been written.
    """

    results: DataFrame
    model: SettledModel[S]
    count: int
    is_more: bool
    landed: Callable[[], None]


@dataclass(kw_only=True)
class SliceReader(Generic[S]):
    """Reads what is new with every model in turn: `specs` in the order in which they are served, the wanted one last.

    `settle` asks a worker of the frame's session how it would run a spec; `compute` gives the results of rows (key,
    content) by a settled spec; `stage` writes a frame and gives it read back. While all rows are read again by a new
    model, the one that still serves reads today's rows first.

    What is unread is found at the first slice. Where it is more than one, it is staged, and the others are read from there.
    """

    specs: Sequence[S]
    rows_per_slice: int
    columns: ContentColumns
    settle: Callable[[DataFrame, S], SettledModel[S]]
    compute: Callable[[DataFrame, S], DataFrame]
    stage: Callable[[DataFrame], AbstractContextManager[DataFrame]]
    _settled: dict[S, SettledModel[S]] = field(default_factory=dict, init=False)
    _left: list[Slice] = field(default_factory=list, init=False)
    _unread: DataFrame | None = field(default=None, init=False)
    _stages: ExitStack = field(default_factory=ExitStack, init=False)

    def settled(self, frame: DataFrame) -> list[SettledModel[S]]:
        """All models, each known to a worker of the frame's session; a worker is asked once for each."""
        for spec in self.specs:
            if spec not in self._settled:
                self._settled[spec] = self.settle(frame, spec)
        return [self._settled[spec] for spec in self.specs]

    def next(
        self, sources: Sequence[DataFrame], *, results: DataFrame | None, goes_on: bool = False, was_cut: bool = False
    ) -> ReadSlice[S]:
        """The next slice of `sources` of which `results` lacks some model's; without rows where all is read.

        `goes_on` says that the sources are those of the call before, and that `results` has what it gave. `was_cut` says
        that a run before ended among its slices: what it has staged is overwritten, and dropped at the end.
        """
        models = self.settled(sources[0])
        if not goes_on or self._unread is None or not self._left:
            self._find(sources, results, models, is_staged=was_cut)
        if self._unread is None or not self._left:
            nothing = sources[0].select(self.columns.key, self.columns.content).limit(0)
            return ReadSlice(self.compute(nothing, models[-1].spec), models[-1], 0, False, self.close)
        piece = self._left.pop(0)
        rows = rows_of(self._unread, piece).select(self.columns.key, self.columns.content)
        landed = _nothing_to_do if self._left else self.close
        model = models[piece.model]
        return ReadSlice(self.compute(rows, model.spec), model, piece.count, bool(self._left), landed)

    def close(self) -> None:
        """Drops what was staged."""
        self._stages.close()
        self._unread = None
        self._left.clear()

    def _find(
        self,
        sources: Sequence[DataFrame],
        results: DataFrame | None,
        models: Sequence[SettledModel[S]],
        *,
        is_staged: bool,
    ) -> None:
        """Finds all that is unread; the one place that looks at all contents."""
        self.close()
        fingerprints = [model.fingerprint for model in models]
        unread = unread_rows(sources, results=results, fingerprints=fingerprints, columns=self.columns)
        self._left += slices(unread, models=len(models), most=self.rows_per_slice)
        if len(self._left) > 1 or is_staged:
            unread = self._stages.enter_context(self.stage(by_bucket(unread)))
        self._unread = unread


def _nothing_to_do() -> None:
    """Slices are left, for which what was staged stays."""
