"""The Steps that all jobs declare for conf/base.yaml, without Spark: what a job does can be known before it runs. Reads conf/ and jobs/."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from footfall.runtime.cli import Job, parser
from footfall.settings import resolve
from footfall.steps.step import Step

# Any day will do: Steps differ by dates only in their values.
AS_OF, NOW = date(2018, 1, 1), datetime(2018, 1, 1, 12, tzinfo=UTC)


class Absent:
    """Stands where a session, a lake or a key would be; a job that asks anything of it is not declaring, but working."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"steps() asked for job.{self._what}.{name}: only a Step's apply may touch the world")


def declared_steps(conf: Path) -> Mapping[str, list[Step]]:
    """Stage -> its Steps, in the order in which data flows."""
    job = declaring_job(conf)
    stages: tuple[str, ...] = importlib.import_module("jobs.pipeline").STAGES
    return {stage: list(importlib.import_module(f"jobs.{stage}").steps(job)) for stage in stages}


def declaring_job(conf: Path) -> Job:
    """A Job with settings and dates only."""
    absent: dict[str, Any] = {what: Absent(what) for what in ("spark", "lake", "books", "registry", "key")}
    options = parser("").parse_args([], argparse.Namespace())
    return Job(settings=resolve(conf, "local", {}), as_of=AS_OF, now=NOW, options=options, **absent)
