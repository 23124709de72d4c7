"""The feeds of the imagined shop of which some rows are dirty, and the truth about these, as files."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from footfall.runtime.simulating import _writer
from footfall.simulation.frames import block_count
from footfall.simulation.outputs import OUTPUTS, ShopRows, laid_out, wanted
from footfall.simulation.plan import SimulationPlan

DIRTY = {"raw/events", "raw/tills", "raw/orders", "raw/payments", "raw/reviews", "truth/dirt"}


def write_dirty_files(spark: SparkSession, plan: SimulationPlan, out: Path) -> None:
    """Writes them below `out`, and the lines that they are made of."""
    lines = str(out / "truth/wanted_lines")
    rows = ShopRows(
        plan, spark, lambda kind: spark.range(0, block_count(plan, kind), 1, 1), lambda: spark.read.parquet(lines)
    )
    wanted(rows).write.parquet(lines)
    for output in (output for output in OUTPUTS if output.path in DIRTY):
        _writer(output)(laid_out(output, plan, output.make(rows)), str(out / output.path))
