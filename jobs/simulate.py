"""Writes the logs of an imagined shop, and the truth about it that no real shop knows, with Spark.

  ./spark-submit.sh jobs/simulate.py --people 20000 --items 2000 --days 180 --out build/simulated --seed 7

Nobody in it is real: people, items, prices and texts (templates) are drawn by chance from the seed. The same arguments
make the same rows, on one core or on a hundred.

  ./spark-submit.sh jobs/simulate.py --continue build/simulated --decisions build/policy --days 28 --out build/played-on

plays on: --days more days of the same people, who react to the offers and recommended items of a table. Below --out:
  raw/         what the shop logs: visits over web, app and mini program, tills, orders, payments, refunds, reviews,
               messages, calls, surveys, customers, consents, items, prices, costs, stock, offers, decisions, contacts
  truth/       what it cannot know: types of people, when they leave, effects of offers, probabilities, labels
  simulation/  what the job notes for itself; a killed run goes on where it stopped
Read the logs with conf/sources/simulated.yaml; docs/simulate.md says more. Figures from them are simulated ones.
"""

import argparse
import sys
from datetime import date
from functools import partial

from footfall.runtime.cli import EXIT_CODES, guarded
from footfall.runtime.continuing import continue_simulation
from footfall.runtime.session import open_session
from footfall.runtime.simulating import simulate
from footfall.simulation.plan import SimulationPlan


def arguments() -> argparse.ArgumentParser:
    """How large the shop is, and where its files go."""
    options = argparse.ArgumentParser(
        description=__doc__, epilog=EXIT_CODES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--people", type=int, default=20_000, help="people behind the customers (default: 20,000)")
    options.add_argument("--items", type=int, default=2_000, help="items that are sold (default: 2,000)")
    options.add_argument("--days", type=int, default=180, help="days that are logged (default: 180)")
    options.add_argument("--start", type=date.fromisoformat, default=date(2024, 1, 1), metavar="DATE",
                         help="the first day (default: 2024-01-01)")  # fmt: skip
    options.add_argument("--dirt", type=float, default=1.0, metavar="TIMES",
                         help="how many times its usual share each kind of dirty row has, 0: none (default: 1)")  # fmt: skip
    options.add_argument("--seed", type=int, default=7, help="what all chance comes from (default: 7)")
    options.add_argument("--continue", dest="state", metavar="STATE",
                         help="a finished simulation to play on, --days more days; all but these are its own arguments")  # fmt: skip
    options.add_argument("--decisions", metavar="TABLE",
                         help="with --continue: a Delta table or Parquet folder of offers and recommended items")  # fmt: skip
    options.add_argument(
        "--out", required=True, metavar="URI", help="folder to write to, empty or new: local, HDFS, S3"
    )
    options.add_argument(
        "--env", default="local", help="folder below conf/env whose Spark settings apply (default: local)"
    )
    return options


def run(options: argparse.Namespace) -> None:
    """Writes everything, and says what was written."""
    spark = open_session("footfall simulate")
    if options.state:
        row_counts = continue_simulation(spark, options.state, options.days, options.out, decisions=options.decisions)
    else:
        plan = SimulationPlan(options.people, options.items, options.days, options.seed, options.start, options.dirt)
        row_counts = simulate(spark, plan, options.out)
    print(f"{sum(row_counts.values()):,} simulated rows below {options.out}")


def checked(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments; ends the program where some exclude each other."""
    options = parser.parse_args()
    own = [
        name
        for name in ("people", "items", "start", "dirt", "seed")
        if getattr(options, name) != parser.get_default(name)
    ]
    if options.state and own:
        parser.error(f"--{', --'.join(own)}: with --continue they are those of the simulation that goes on")
    if options.decisions and not options.state:
        parser.error("--decisions: only with --continue")
    return options


if __name__ == "__main__":
    sys.exit(guarded(partial(run, checked(arguments()))))
