"""The options of jobs/simulate.py: how large the shop is, or which simulation is played on."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from typing import Any

from footfall.errors import SettingsError
from footfall.simulation.plan import SimulationPlan

# name -> type, default, what --help shows; with --continue all but `days` are the state's own
OWN: dict[str, tuple[Callable[[str], Any], Any, str]] = {
    "people": (int, 20_000, "people behind the customers"),
    "items": (int, 2_000, "items that are sold"),
    "start": (date.fromisoformat, date(2024, 1, 1), "the first day"),
    "dirt": (float, 1.0, "how many times its usual share each kind of dirty row has, 0: none"),
    "seed": (int, 7, "what all chance comes from"),
}


def add_options(options: argparse.ArgumentParser) -> None:
    """Adds those that rows are a function of."""
    for name, (kind, default, about) in OWN.items():
        options.add_argument(f"--{name}", type=kind, metavar=name.upper(), help=f"{about} (default: {default})")
    options.add_argument("--days", type=int, default=180, help="days that are logged (default: 180)")
    options.add_argument("--continue", dest="state", metavar="STATE", help="a finished simulation to play on")
    options.add_argument("--decisions", metavar="TABLE",
                         help="with --continue: a Delta table or Parquet folder of offers and recommended items")  # fmt: skip


def plan_of(options: argparse.Namespace) -> SimulationPlan | None:
    """The plan of a new shop; None where one is played on. Raises SettingsError where options exclude each other."""
    own = {name: getattr(options, name) for name in OWN if getattr(options, name) is not None}
    if options.state and own:
        raise SettingsError(
            f"--{', --'.join(own)}: with --continue they are those of the simulation that is played on.",
            fix="Leave them out.",
        )
    if options.decisions and not options.state:
        raise SettingsError("--decisions without --continue: the shop decides itself.", fix="Add --continue STATE.")
    if options.state:
        return None
    return SimulationPlan(days=options.days, **{name: default for name, (_, default, _) in OWN.items()} | own)
