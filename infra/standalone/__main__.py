"""`python -m infra.standalone start | stop`: a try-out Spark standalone cluster on this machine, for people."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.daemons import ROOT, ClusterError, stop
from infra.standalone.cluster import start


def main() -> int:
    """Runs one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.standalone", description=__doc__)
    parser.add_argument("command", choices=("start", "stop"))
    parser.add_argument(
        "--dir", type=Path, default=ROOT / "build" / "try-out" / "standalone", help="its folder (default: %(default)s)"
    )
    parser.add_argument("--workers", type=int, default=2, help="how many (default: 2)")
    parser.add_argument("--cores", type=int, default=1, help="of each worker (default: 1)")
    parser.add_argument("--memory", default="1536m", help="of each worker (default: 1536m)")
    options = parser.parse_args()
    try:
        if options.command == "start":
            cluster = start(
                options.dir, tied=False, workers=options.workers, cores=options.cores, memory=options.memory
            )
            print(f"--master {cluster.master} --secret-conf {cluster.secret_conf}")
        else:
            print("stopped:", ", ".join(stop(options.dir)) or "nothing was running")
    except ClusterError as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
