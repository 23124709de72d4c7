"""Takes new raw files into the raw layer, one table a feed. With --check, shows what a mapping would do and writes nothing."""

import argparse
import sys
from functools import partial
from pathlib import Path

from footfall.check.source_check import check_source
from footfall.refine.fills import ShopDefaults
from footfall.runtime.cli import Job, clock, guarded, main, parser, row_count, settings_of
from footfall.runtime.letting_in import add_replay
from footfall.runtime.session import open_session
from footfall.runtime.taking import ingest_step
from footfall.steps.step import Step
from jobs import refine


def steps(job: Job) -> list[Step]:
    """One step a feed of files; Delta feeds are read in place by refine."""
    return [
        ingest_step(job, source, name)
        for source in job.settings.all_sources
        for name, feed in source.feeds.items()
        if feed.files is not None
    ]


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
    command_line = add_replay(parser(__doc__))
    command_line.add_argument(
        "--check", type=Path, metavar="MAPPING", help="check this mapping on a sample, and write nothing"
    )
    command_line.add_argument(
        "--sample", type=row_count, default=1000, metavar="ROWS", help="rows to look at with --check (default: 1000)"
    )
    options = command_line.parse_args()
    work = refine.steps if options.replay else steps  # what was taken before
    sys.exit(guarded(partial(check, options)) if options.check else main(__doc__, work, command_line=command_line))
