"""Takes new raw files into the raw layer, one table a feed. With --check, shows what a mapping would do and writes nothing."""

import argparse
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

from footfall.check.source_check import check_source
from footfall.errors import SourceError
from footfall.ingest.arrival import arrive, files_of, has_columns
from footfall.ingest.shared_files import feeds_beside, shared_words
from footfall.mapping.source import Feed, Source
from footfall.refine.fills import ShopDefaults
from footfall.runtime.cli import Job, clock, guarded, main, parser, row_count, settings_of
from footfall.runtime.session import open_session
from footfall.steps.step import Frames, Output, Step, StepResult
from footfall.storage.files import list_files


def steps(job: Job) -> list[Step]:
    """One step a feed of files; Delta feeds are read in place by refine."""
    return [
        _take(job, source, name, feed)
        for source in job.settings.all_sources
        for name, feed in source.feeds.items()
        if feed.files is not None
    ]


def _take(job: Job, source: Source, name: str, feed: Feed) -> Step:
    raw, root = source.raw_name(name), job.settings.sources.root

    def apply(frames: Frames) -> StepResult:
        if not has_columns(frames["files"]) and f"raw.{raw}" not in frames:  # empty lists, before any row has come
            return StepResult()
        table, rows = arrive(frames["files"], source=source.source, feed=raw, now=job.now, keep_days=feed.keep_days)
        return StepResult([Output(table, rows)], warnings=_shared(job, source, name))

    files = files_of(feed, root)
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


def check(arguments: argparse.Namespace) -> None:
    """Shows what the mapping would make of a sample."""
    settings = settings_of(arguments)
    shop = ShopDefaults(settings.shop.time_zone, settings.shop.currency, settings.shop.first_day)
    spark = open_session("footfall check")
    for line in check_source(
        spark, arguments.check, root=settings.sources.root, shop=shop, rows=arguments.sample, now=clock(arguments)
    ):
        print(line)


if __name__ == "__main__":
    command_line = parser(__doc__)
    command_line.add_argument(
        "--check", type=Path, metavar="MAPPING", help="check this mapping on a sample, and write nothing"
    )
    command_line.add_argument(
        "--sample", type=row_count, default=1000, metavar="ROWS", help="rows to look at with --check (default: 1000)"
    )
    options = command_line.parse_args()
    sys.exit(guarded(partial(check, options)) if options.check else main(__doc__, steps, command_line=command_line))
