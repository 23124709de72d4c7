"""The command line that all jobs share: arguments, settings, session, the clock, exit codes. The only module that reads the clock."""

from __future__ import annotations

import argparse
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from pyspark.sql import SparkSession

from footfall.contract import Table
from footfall.errors import FootfallError, GateFailed, SettingsError
from footfall.features.dates import AsOfDates, as_of_dates
from footfall.privacy.pseudonyms import MintKey
from footfall.registry.registry import Registry
from footfall.runtime.explain import explain
from footfall.runtime.inputs import StepInputs
from footfall.runtime.places import require_shared_places
from footfall.runtime.plan import plan
from footfall.runtime.runner import Runner
from footfall.runtime.session import machines_of, open_session
from footfall.settings import Settings, default_conf, overrides_of, read_resolved, resolve
from footfall.settings.placeholders import filled_in
from footfall.steps.step import Step
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.storage.shop import require_same_shop
from footfall.storage.vault import mint_key, secret_from
from footfall.tables import BATCHES, FILES, LEDGER

GRAVEST_FIRST = (1, 2, 75, 3)  # exit codes
EXIT_CODES = "exit codes: 0 done, 2 fix your input, 3 a model missed its gate (with --strict), 75 try again"

# of dates and clocks; windows of days around them overflow nothing
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
MOST_ROWS = 1_000_000  # of a sample
DayOrMoment = TypeVar("DayOrMoment", bound=date)


@dataclass(frozen=True)
class Job:
    """What a job's steps are made from: settings, dates, keys, and the world's handles."""

    settings: Settings
    as_of: date
    now: datetime
    spark: SparkSession
    lake: Lake
    books: Books
    registry: Registry
    key: MintKey
    options: argparse.Namespace

    def feeds(self, table: Table) -> bool:
        """Whether any source of the shop brings rows for a table."""
        return any(table.name in feed.into for source in self.settings.all_sources for feed in source.feeds.values())

    @property
    def dates(self) -> AsOfDates:
        """The as-of dates of scoring, evaluation and training."""
        return dates_of(self.settings, self.as_of)


StepMaker = Callable[[Job], Sequence[Step]]


def parser(about: str) -> argparse.ArgumentParser:
    """The arguments that every job takes."""
    arguments = argparse.ArgumentParser(
        description=about, epilog=EXIT_CODES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--env", default="local", help="folder below conf/env whose settings apply (default: local)")
    arguments.add_argument(
        "--conf-dir", type=Path, default=default_conf(), help="folder with base.yaml (default: conf)"
    )
    arguments.add_argument(
        "--settings", type=Path, help="one resolved settings file instead of --env (spark-submit.sh makes it)"
    )
    arguments.add_argument("--lake", help="root of the tables, a path or URI (setting lake.root)")
    arguments.add_argument("--raw", help="root of the raw logs, a path or URI (setting sources.root)")
    arguments.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as churn.horizon_days=30"
    )
    arguments.add_argument(
        "--as-of",
        type=day,
        metavar="DATE",
        help="score as of the start of this day of the shop (default: today)",
    )
    arguments.add_argument(
        "--now", type=_instant, metavar="TIME", help="the run's clock, ISO 8601 with offset (default: the real one)"
    )
    arguments.add_argument(
        "--run-id", default="", help="the scheduler's id of this run: a retry with the same id resumes its batches"
    )
    arguments.add_argument(
        "--take-over", action="store_true", help="resume batches of an owner that you know to be dead"
    )
    arguments.add_argument(
        "--plan",
        action="store_true",
        help="print which steps would run and why (new input, code, settings); run nothing",
    )
    arguments.add_argument(
        "--strict", action="store_true", help="exit 3 where a model missed its gate (default: a warning)"
    )
    arguments.set_defaults(require=None)
    return arguments


def main(
    about: str,
    steps: StepMaker,
    *,
    command_line: argparse.ArgumentParser | None = None,
    arguments: Sequence[str] | None = None,
    ending: Callable[[Job], None] | None = None,
) -> int:
    """Runs a job's steps and its ending; returns the exit code, after printing what went wrong and how to fix it.

    A missed gate is a warning; with --strict it ends the job with GateFailed after everything else ran.
    """
    options = (command_line or parser(about)).parse_args(arguments)

    def run() -> None:
        settings = settings_of(options)
        secret = secret_from(settings.privacy.secret_env)
        if options.plan:
            print_plan(settings, options, secret, steps)
            return
        job = open_job(settings, options, secret)
        at_once = settings.run.at_once
        missed_gates = Runner(job.lake, job.books, champions=job.registry, at_once=at_once).run(steps(job))
        if ending:
            ending(job)
        if missed_gates and options.strict:
            raise GateFailed(
                "; ".join(missed_gates),
                fix="For a model look at the gates in the run in MLflow, for quality do what stands beside each measure; or start "
                "without --strict, which makes a missed gate a warning.",
            )

    return guarded(run)


def guarded(work: Callable[[], None]) -> int:
    """Does the work; prints each fault that a person can fix in words, and returns the exit code of the gravest."""
    try:
        work()
    except ExceptionGroup as faults:
        codes = {_exit_code(fault) for fault in faults.exceptions}
        return next(code for code in GRAVEST_FIRST if code in codes)
    except Exception as fault:
        explained = explained_by(fault)
        if explained is None:
            raise
        return _print_fault(explained)
    return 0


def explained_by(fault: Exception) -> FootfallError | None:
    """The fault in footfall's words; None where footfall does not know it."""
    return fault if isinstance(fault, FootfallError) else explain(fault)


def _exit_code(fault: Exception) -> int:
    """The exit code of one fault among others, after it is printed: in words, or whole where footfall does not know it."""
    explained = explained_by(fault)
    if explained is None:
        traceback.print_exception(fault)
        return 1
    return _print_fault(explained)


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings that the arguments name; raises SettingsError where the arguments cannot be used together, or with them."""
    if options.settings and (options.lake or options.raw or options.set):
        raise SettingsError(
            "--settings is whole: --lake, --raw and --set cannot change it.",
            fix="Use them where the file is written: python -m footfall.settings.",
        )
    changes = overrides_of(options.lake, options.raw, options.set)
    whole = read_resolved(options.settings) if options.settings else resolve(options.conf_dir, options.env, changes)
    settings = filled_in(whole)
    if options.require:
        options.require(settings, options)
    return settings


def open_job(settings: Settings, options: argparse.Namespace, secret: str) -> Job:
    """Session, lake, books, registry and mint key for the settings; raises SettingsError where the lake is another shop's."""
    now = clock(options)
    as_of = options.as_of or now.astimezone(ZoneInfo(settings.shop.time_zone)).date()
    dates_of(settings, as_of)  # a fault shows before Spark starts
    registry = Registry.open(settings.mlflow)
    spark = open_session("footfall")
    require_shared_places(settings, machines_of(lambda key: spark.conf.get(key, "") or ""))
    lake = Lake(spark, settings.lake.root, settings.lake.catalog)
    other = Lake(spark, settings.privacy.mint_key_from) if settings.privacy.mint_key_from else None
    require_same_shop(lake, time_zone=settings.shop.time_zone, currency=settings.shop.currency)
    with ThreadPoolExecutor(2, "tables") as pool:  # each takes a third of a second, in a new lake more
        opening = pool.submit(mint_key, lake, secret, taken_from=other)
        ensured = [pool.submit(lake.ensure, table) for table in (LEDGER, FILES)]
        books = Books(lake, owner=Owner.this_process(options.run_id), now=now, take_over=options.take_over)
        key = opening.result()
        for future in ensured:
            future.result()
    return Job(settings, as_of, now, spark, lake, books, registry, key, options)


def print_plan(settings: Settings, options: argparse.Namespace, secret: str, steps: StepMaker) -> None:
    """Prints which of the job's steps would run and why. Of a lake that is not there yet it says so and makes nothing."""
    lake = Lake(open_session("footfall plan"), settings.lake.root, settings.lake.catalog)
    if lake.properties(BATCHES.full_name) is None:
        print(f"{lake.catalog or lake.root} is no lake yet: every step would run.")
        return
    job = open_job(settings, options, secret)
    for line in plan(steps(job), StepInputs(job.lake, job.books, job.registry)):
        print(line)


def dates_of(settings: Settings, as_of: date) -> AsOfDates:
    """The as-of dates of the settings; SettingsError where one of them lies before all calendars of shops."""
    features, churn = settings.features, settings.churn
    try:
        dates = as_of_dates(
            as_of,
            horizon_days=churn.horizon_days,
            return_window_days=churn.return_window_days,
            training_dates=features.training_dates,
            training_step_weeks=features.training_step_weeks,
        )
    except OverflowError:
        dates = None
    if dates is None or min(dates.every) < EARLIEST:
        raise SettingsError(
            f"as of {as_of} the first training date lies before {EARLIEST}.",
            fix="Give a later --as-of, or lower features.training_dates, features.training_step_weeks, churn.horizon_days "
            "or churn.return_window_days.",
        )
    return dates


def clock(options: argparse.Namespace) -> datetime:
    """The run's clock: --now, or this moment."""
    moment: datetime = options.now or datetime.now(UTC)
    return moment


def row_count(text: str) -> int:
    """A number of rows as an option gives it."""
    if not text.isdecimal() or not 1 <= int(text) <= MOST_ROWS:
        raise argparse.ArgumentTypeError(f"{text} is no number of rows: write one from 1 to {MOST_ROWS:,}")
    return int(text)


def day(text: str) -> date:
    """A day as an option gives it."""
    try:
        value = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no date: write one such as 2018-01-01") from None
    return _within(value, value, text)


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no time: write one such as 2018-01-01T06:00:00+00:00") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("add the offset, such as 2018-01-01T06:00:00+00:00")
    return _within(moment, moment.date(), text)


def _within(value: DayOrMoment, day: date, text: str) -> DayOrMoment:
    if not EARLIEST <= day <= LATEST:
        raise argparse.ArgumentTypeError(f"{text} is outside the years {EARLIEST.year} to {LATEST.year}")
    return value


def _print_fault(fault: FootfallError) -> int:
    """Prints the fault in words on stderr, where spark-submit.sh and schedulers show it; returns its exit code."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", " ", type(fault).__name__).lower()
    print(f"\nfootfall stopped ({kind}): {fault}", file=sys.stderr)
    log = os.environ.get("FOOTFALL_LOG")
    if log:
        print(f"Spark's own log: {log}", file=sys.stderr)
    return fault.exit_code
