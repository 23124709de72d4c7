"""Plays on where a simulation ended, with what another policy decided for its people: reads the state, checks the decisions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from footfall.errors import SettingsError
from footfall.runtime.simulating import (
    ASSIGNED,
    ASSIGNED_COLUMNS,
    FINISHED,
    MARKS,
    PLAN,
    claim,
    note_at,
    put_note,
    simulate,
)
from footfall.simulation.outputs import OUTPUTS, LogOutput
from footfall.simulation.plan import SimulationPlan
from footfall.simulation.policy_table import checked, faults_of, kinds_of
from footfall.storage.text_lines import absolute

SET_ASIDE = f"{MARKS}/set_aside"  # rows of the table that do not count, with the reason
TAKEN = f"{MARKS}/complete/decisions"
_NO_TABLE = (
    "block bigint, person bigint, day int, offer bigint, items array<bigint>, decision_id string, propensity double"
)


def continue_simulation(
    spark: SparkSession,
    state: str,
    days: int,
    out: str,
    *,
    decisions: str | None = None,
    outputs: Sequence[LogOutput] = OUTPUTS,
    say: Callable[[str], None] = print,
) -> dict[str, int]:
    """Writes so many more days of the simulation in `state` below `out`; returns the number of rows of each folder.

    `decisions` is a Delta table or a folder of Parquet files (docs/simulate.md); without it the shop's own policy goes on.
    `outputs` are the folders to write.
    Raises SettingsError where the state is not finished, or of the table no row or no column can be used.
    """
    before, folders = state_of(spark, state)
    table = _table(spark, decisions) if decisions else None
    plan = before.continued(days, kinds_of(dict(table.dtypes)) if table is not None else ())
    root = absolute(out)
    claim(spark, root, plan)
    noted = note_at(spark, f"{root}/{TAKEN}")
    taken: dict[str, Any] = (
        json.loads(noted) if noted else {"table": decisions, "counts": _take(spark, plan, table, root)}
    )
    if taken["table"] != decisions:
        raise SettingsError(
            f"--out {root} goes on with the decisions of {taken['table']}, not of {decisions}.",
            fix="Name a new folder.",
        )
    if noted is None:
        put_note(spark, f"{root}/{TAKEN}", json.dumps(taken))
    counts: dict[str, int] = taken["counts"]
    for reason, count in sorted(counts.items()):
        say(f"decisions {reason:<40}{count:>13,}")
    if counts and "taken" not in counts:
        raise SettingsError(
            f"Of the decisions in {decisions} none can be used: {', '.join(sorted(counts))}.",
            fix=f"See the rows with their reasons in {root}/{SET_ASIDE}, and use the ids of {state}.",
        )
    return simulate(spark, plan, out, states=folders, outputs=outputs, say=say)


def state_of(spark: SparkSession, state: str) -> tuple[SimulationPlan, list[str]]:
    """The plan of a finished simulation, and the folders of all its days, the first ones' first."""
    root = absolute(state)
    plan, finished = note_at(spark, f"{root}/{PLAN}"), note_at(spark, f"{root}/{FINISHED}")
    if plan is None or finished is None:
        what = "holds no simulation" if plan is None else "holds a simulation that is not finished"
        raise SettingsError(
            f"--continue {root} {what}.", fix="Run jobs/simulate.py with its arguments to the end, then continue."
        )
    folders: list[str] = json.loads(finished)
    return SimulationPlan.read(plan), [*folders[:-1], root]  # it may have been moved since


def _table(spark: SparkSession, decisions: str) -> DataFrame:
    path = absolute(decisions)
    try:
        table = spark.read.format("delta").load(path)
        types = dict(table.dtypes)
    except AnalysisException as no_delta:
        try:
            table = spark.read.parquet(path)
            types = dict(table.dtypes)
        except AnalysisException:
            raise SettingsError(
                f"--decisions {path} is neither a Delta table nor a folder of Parquet files.", fix="Name one that is."
            ) from no_delta
    if faults := faults_of(types):
        raise SettingsError(
            f"--decisions {path}: {'; '.join(faults)}.",
            fix="Give customer_id, date, decision_id, and offer_id or items (a list), and where it is known a propensity.",
        )
    return table


def _take(spark: SparkSession, plan: SimulationPlan, table: DataFrame | None, root: str) -> dict[str, int]:
    """Writes what counts of the table and what does not; returns the numbers of rows, by reason."""
    if table is None:
        spark.createDataFrame([], _NO_TABLE).write.mode("overwrite").parquet(f"{root}/{ASSIGNED}")
        return {}
    stage = f"{root}/{MARKS}/checked"
    checked(plan, table).write.mode("overwrite").parquet(stage)
    rows = spark.read.parquet(stage)
    rows.where("reason IS NULL").select("block", *ASSIGNED_COLUMNS).write.mode("overwrite").parquet(
        f"{root}/{ASSIGNED}"
    )
    rows.where("reason IS NOT NULL").select("reason", "row").write.mode("overwrite").parquet(f"{root}/{SET_ASIDE}")
    return {row["reason"] or "taken": row["count"] for row in rows.groupBy("reason").count().collect()}
