"""Keeps the lake healthy: removes rows past `keep_days`, compacts files, deletes old ones. Once a week.

What it does to each table, in this order:
  rows     feeds with `keep_days` in their mapping lose rows that were taken more days ago (by the shop's day and --now),
           and raw.quarantine those of such feeds; facts made of them stay, and rows that refine has not read yet stay
  OPTIMIZE small files become large ones, and tables with a clustering are clustered
  VACUUM   files that no version of the last 7 days reads are deleted (table property delta.deletedFileRetentionDuration)
Logs prune themselves when Delta writes a checkpoint, after 30 days (delta.logRetentionDuration).
A table that a batch which is not over reads or writes is left alone, and the job then ends with 75.
"""

import argparse
import importlib
import sys

from footfall import tables
from footfall.refine.feeds import raw_feeds
from footfall.runtime.cli import Job, main, parser
from footfall.runtime.keeping import count_expired, expiry_steps
from footfall.steps.step import Step
from footfall.storage.history import archive
from footfall.storage.maintenance import maintain, require_all
from footfall.tables import BATCHES, HISTORY
from jobs.pipeline import STAGES


def steps(job: Job) -> list[Step]:
    """One step for each table whose rows are kept for some days only; with --dry-run none, but lines that say what they would do."""
    readers = [step for stage in STAGES for step in importlib.import_module(f"jobs.{stage}").steps(job)]
    expiring = expiry_steps(job, readers)
    if not job.options.dry_run:
        return expiring
    for line in count_expired(job, expiring):
        print(line)
    return []


def ending(job: Job) -> None:
    """Moves batches that count no more to books.history; then compacts and cleans each table, a line each."""
    if not job.options.dry_run and (moved := archive(job.lake)):
        print(f"{BATCHES.full_name:<42}{moved:>7,} rows moved to {HISTORY.full_name}")
    feeds = [f"raw.{f.name}" for f in raw_feeds(job.settings.all_sources) if f.feed.files]
    refining = importlib.import_module("jobs.refine").steps(job)
    waiting = dict.fromkeys(table for step in refining for table in step.waits_in)
    healths = []
    for name in (*feeds, *waiting, *(table.full_name for table in tables.ALL)):
        if health := maintain(job.lake, job.books, name, dry_run=job.options.dry_run):
            print(health)
            healths.append(health)
    require_all(healths)


def arguments() -> argparse.ArgumentParser:
    """What every job takes, and --dry-run."""
    options = parser(__doc__ or "")
    options.add_argument("--dry-run", action="store_true", help="only say what could be done, and change nothing")
    return options


if __name__ == "__main__":
    sys.exit(main(__doc__ or "", steps, command_line=arguments(), ending=ending))
