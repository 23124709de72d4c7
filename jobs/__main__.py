"""Runs a job of the installed package by its name, where there is no checkout: `footfall-job refine --env databricks ...`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

JOBS = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def main() -> None:
    """Runs the job that the first argument names, with the other arguments; the exit code is the job's."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in {"-h", "--help"} or name not in JOBS:
        is_help = name in {"-h", "--help"}
        problem = "" if is_help else f"There is no job {name}.\n"
        print(f"{problem}Usage: footfall-job NAME [options of the job]\nNAME is one of {', '.join(JOBS)}.")
        sys.exit(0 if is_help else 2)
    del sys.argv[1]
    runpy.run_module(f"jobs.{name}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
