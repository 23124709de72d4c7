"""Runs every stage in one session, in the order in which data flows: the quick start, and the whole way on one machine."""

import argparse
import importlib
import sys

from footfall.runtime.cli import Job, main, parser
from footfall.runtime.letting_in import add_options
from footfall.steps.step import Step

STAGES = ("ingest", "refine", "featurize", "understand_text", "fine_tune", "train", "score", "report")


def stages(text: str) -> tuple[str, ...]:
    """Names of stages, in the order in which data flows."""
    wanted = [name.strip() for name in text.split(",")]
    unknown = [name for name in wanted if name not in STAGES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no such stage: {', '.join(unknown)} (there are {', '.join(STAGES)})")
    return tuple(stage for stage in STAGES if stage in wanted)


def steps(job: Job) -> list[Step]:
    """The steps of the chosen stages."""
    return [step for stage in job.options.stages for step in importlib.import_module(f"jobs.{stage}").steps(job)]


def ending(job: Job) -> None:
    """What came of it, in words, where the report was made."""
    if "report" in job.options.stages:
        importlib.import_module("jobs.report").ending(job)


def arguments() -> argparse.ArgumentParser:
    """What every job takes, and the stages to run."""
    options = parser(__doc__ or "")
    options.add_argument("--stages", type=stages, default=STAGES, help=f"some of {','.join(STAGES)} (default: all)")
    return add_options(options)


if __name__ == "__main__":
    sys.exit(main(__doc__ or "", steps, command_line=arguments(), ending=ending))
