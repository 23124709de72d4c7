"""`python -m infra.hdfs start | stop | fs ... | jars`: a try-out HDFS on this machine, for people."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.daemons import ROOT, ClusterError, stop
from infra.hdfs.cluster import fetch_jars, fs, start


def main() -> int:
    """Runs one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.hdfs", description=__doc__)
    parser.add_argument("command", choices=("start", "stop", "fs", "jars"))
    parser.add_argument(
        "--dir", type=Path, default=ROOT / "build" / "try-out" / "hdfs", help="its folder (default: %(default)s)"
    )
    options, rest = parser.parse_known_args()
    try:
        if options.command == "start":
            print(start(options.dir, tied=False)[1])
        elif options.command == "stop":
            print("stopped:", ", ".join(stop(options.dir)) or "nothing was running")
        elif options.command == "fs":
            fs(options.dir, rest)
        else:
            print(fetch_jars())
    except ClusterError as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
