"""Takes new raw files into the raw layer, one table a feed. With --check, shows what a mapping would do and writes nothing."""

import sys

from footfall.cli import Job, main
from footfall.ingest.arrival import arrive
from footfall.source import Feed, Source
from footfall.step import Files, Frames, Made, Output, Step


def steps(job: Job) -> list[Step]:
    """One step a feed of files; Delta feeds are read in place by refine."""
    return [
        _take(job, source, name, feed)
        for source in job.settings.all_sources
        for name, feed in source.feeds.items()
        if feed.files is not None
    ]


def _take(job: Job, source: Source, name: str, feed: Feed) -> Step:
    raw = source.raw_name(name)

    def apply(frames: Frames) -> Made:
        table, rows = arrive(frames["files"], source=source.source, feed=raw, now=job.now, keep_days=feed.keep_days)
        return Made([Output(table, rows)])

    files = Files(job.settings.sources.root, feed.files or "", feed.format, feed.options)
    return Step(f"ingest_{raw}", reads=(), writes=(f"raw.{raw}",), apply=apply, files=files)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
