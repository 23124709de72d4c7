"""Writes the logs of an imagined shop, and the truth about it that no real shop knows, with Spark; or plays one on.

  ./spark-submit.sh jobs/simulate.py --people 20000 --items 2000 --days 180 --out build/simulated --seed 7
  ./spark-submit.sh jobs/simulate.py --continue build/simulated --decisions build/policy --days 28 --out build/played-on

Nobody in it is real: people, items, prices and texts (templates) are drawn by chance from the seed. The same arguments
make the same rows, on one core or on a hundred. With --continue the same people go on for --days days more, and react to the
offers and recommended items of a table. Below --out:
  raw/         what the shop logs: visits over web, app and mini program, tills, orders, payments, calls, prices ...
  truth/       what it cannot know: types of people, when they leave, effects of offers, probabilities, labels
  simulation/  what the job notes for itself; a killed run goes on where it stopped
Read the logs with conf/sources/simulated.yaml; docs/simulate.md says more. Figures from them are simulated ones.
"""

import argparse
import sys
from functools import partial

from footfall.runtime.cli import EXIT_CODES, guarded
from footfall.runtime.continuing import continue_simulation
from footfall.runtime.session import open_session
from footfall.runtime.simulating import simulate
from footfall.runtime.simulation_options import add_options, plan_of


def arguments() -> argparse.ArgumentParser:
    """How large the shop is, and where its files go."""
    options = argparse.ArgumentParser(
        description=__doc__, epilog=EXIT_CODES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(options)
    options.add_argument(
        "--out", required=True, metavar="URI", help="folder to write to, empty or new: local, HDFS, S3"
    )
    options.add_argument(
        "--env", default="local", help="folder below conf/env whose Spark settings apply (default: local)"
    )
    return options


def run(options: argparse.Namespace) -> None:
    """Writes everything, and says what was written."""
    plan = plan_of(options)
    spark = open_session("footfall simulate")
    if plan:
        row_counts = simulate(spark, plan, options.out)
    else:
        row_counts = continue_simulation(spark, options.state, options.days, options.out, decisions=options.decisions)
    print(f"{sum(row_counts.values()):,} simulated rows below {options.out}")


if __name__ == "__main__":
    sys.exit(guarded(partial(run, arguments().parse_args())))
