"""The feeds of the imagined shop of which some rows are dirty, and the truth about these, as files."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from footfall.runtime.simulating import simulate
from footfall.simulation.outputs import OUTPUTS
from footfall.simulation.plan import SimulationPlan

DIRTY = {"raw/events", "raw/tills", "raw/orders", "raw/payments", "raw/reviews", "truth/dirt"}


def write_dirty_files(spark: SparkSession, plan: SimulationPlan, out: Path) -> None:
    """Writes them below `out`, and the lines that they are made of."""
    chosen = [output for output in OUTPUTS if output.path in DIRTY]
    simulate(spark, plan, str(out), partitions=1, outputs=chosen, say=lambda _: None)
