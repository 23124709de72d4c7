"""The Step that takes the new files of a feed into its raw table."""

from __future__ import annotations

from contextlib import suppress

from footfall.errors import SourceError
from footfall.ingest.arrival import arrive, files_of, has_columns
from footfall.ingest.shared_files import feeds_beside, shared_words
from footfall.mapping.source import Source
from footfall.runtime.cli import Job
from footfall.steps.step import Frames, Output, Step, StepResult
from footfall.storage.files import list_files


def ingest_step(job: Job, source: Source, name: str) -> Step:
    """The Step of a feed of files; where all that came so far are empty lists of JSON, it makes no table yet."""
    feed, raw = source.feeds[name], source.raw_name(name)

    def apply(frames: Frames) -> StepResult:
        if not has_columns(frames["files"]) and f"raw.{raw}" not in frames:
            return StepResult()
        table, rows = arrive(frames["files"], source=source.source, feed=raw, now=job.now, keep_days=feed.keep_days)
        return StepResult([Output(table, rows)], warnings=_shared(job, source, name))

    files = files_of(feed, job.settings.sources.root)
    return Step(f"ingest_{raw}", reads=(), writes=(f"raw.{raw}",), apply=apply, files=files)


def _shared(job: Job, source: Source, name: str) -> list[str]:
    """Warnings of files that another feed takes too."""
    root, spark = job.settings.sources.root, job.lake.spark
    words = []
    for other, tables in feeds_beside(source, name).items():
        with suppress(SourceError):  # then the feed whose files cannot be used waits, and says so
            own, theirs = (list_files(spark, files_of(source.feeds[feed], root)) for feed in (name, other))
            words.append(shared_words(source.raw_name(name), source.raw_name(other), tables, own, theirs))
    return [*filter(None, words)]
