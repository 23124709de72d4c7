"""`python -m infra.yarn start | stop`: a try-out YARN on this machine, for people; start the try-out HDFS first."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.daemons import ROOT, ClusterError, stop
from infra.yarn.cluster import start

_PLACE = ROOT / "build" / "try-out"


def main() -> int:
    """Runs one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.yarn", description=__doc__)
    parser.add_argument("command", choices=("start", "stop"))
    parser.add_argument("--dir", type=Path, default=_PLACE / "yarn", help="its folder (default: %(default)s)")
    parser.add_argument("--hdfs-dir", type=Path, default=_PLACE / "hdfs", help="the HDFS's (default: %(default)s)")
    options = parser.parse_args()
    try:
        if options.command == "start":
            print(f"export HADOOP_CONF_DIR={start(options.dir, options.hdfs_dir, tied=False)[1]}")
        else:
            print("stopped:", ", ".join(stop(options.dir)) or "nothing was running")
    except ClusterError as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
