"""Reads texts with one or more encoders, a slice at a time: what a killed run has read is read. Knows Spark, through the bridge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from footfall.text.bridge import ask_worker, encode_texts, settled
from footfall.text.spec import EncoderSpec
from footfall.text.unread import Slice, next_slice, unread_texts
from footfall.text.weights import Fetch


@dataclass(frozen=True)
class Chosen:
    """An encoder as the workers run it: number type settled, fingerprint known."""

    spec: EncoderSpec
    fingerprint: str
    said: str


@dataclass(frozen=True)
class Reading:
    """One slice: the rows with vectors, by which encoder, and whether anything is left to read by any of them."""

    vectors: DataFrame
    by: Chosen
    texts: int
    is_more: bool


@dataclass(frozen=True, kw_only=True)
class TextReader:
    """Reads what is new with every encoder in turn: `encoders` in the order in which they are served, the wanted one last.

    `encode` says what of a text is read: it whole, or its clauses. So while all texts are read again by a new encoder,
    the one that a champion still needs reads today's texts first.
    """

    encoders: Sequence[EncoderSpec]
    texts_per_batch: int
    tasks: int | None = None
    fetch: Fetch | None = None
    encode: Callable[..., DataFrame] = encode_texts
    _asked: dict[EncoderSpec, Chosen] = field(default_factory=dict, init=False)

    def chosen(self, frame: DataFrame) -> list[Chosen]:
        """All encoders, each known to a worker of the frame's session; they are asked once."""
        for spec in self.encoders:
            if spec not in self._asked:
                self._asked[spec] = _chosen(frame, spec, self.fetch)
        return [self._asked[spec] for spec in self.encoders]

    def next(self, documents: Sequence[DataFrame], *, vectors: DataFrame | None) -> Reading:
        """The next slice of `documents` (text_id, text) of which `vectors` lacks some encoder's; without rows where all is read."""
        unread: list[tuple[Chosen, Slice]] = []
        for by in self.chosen(documents[0]):
            texts = unread_texts(documents, vectors=vectors, fingerprint=by.fingerprint)
            unread.append((by, next_slice(texts, most=self.texts_per_batch)))
        by, piece = next(((by, piece) for by, piece in unread if piece.left), unread[-1])
        made = self.encode(piece.texts, encoder=by.spec, tasks=self.tasks, fetch=self.fetch)
        return Reading(made, by, piece.count, is_more=sum(one.left for _, one in unread) > piece.count)


def _chosen(frame: DataFrame, spec: EncoderSpec, fetch: Fetch | None) -> Chosen:
    found = ask_worker(frame, encoder=spec, fetch=fetch).collect()[0]
    return Chosen(settled(spec, number_type=found["number_type"]), found["encoder_fingerprint"], found["said"])
