"""Runs cases of tests/exports and prints how each differs from what is expected: python -m exports [CASE ...]."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from exports.cases import case_names, differences, read_case
from quick_session import quick_session


def main() -> int:
    """Runs the chosen cases, all by default; returns 0 where each of them passes."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("cases", nargs="*", metavar="CASE", help="a case, or how its name begins (default: all)")
    wanted = options.parse_args().cases
    names = [name for name in case_names() if not wanted or name.startswith(tuple(wanted))]
    if not names:
        options.error(f"no case begins with {', '.join(wanted)}")
    spark = quick_session("footfall exports")
    passing = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            lines = differences(read_case(name), spark, Path(folder))
        passing += not lines
        print(f"{name}: passes" if not lines else "\n  ".join([f"{name}:", *lines]), flush=True)
    spark.stop()
    print(f"{passing} of {len(names)} cases pass")
    return 0 if passing == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
