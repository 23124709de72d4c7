"""The writes of one batch: each table once, found again by its label where an earlier try wrote it. Touches the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from footfall.contract import Table
from footfall.errors import ContractError, TryAgain
from footfall.steps.step import Step
from footfall.storage.batch import Batch
from footfall.storage.lake import Lake, Landing


@dataclass
class Writes:
    """Writes tables of one batch; `resumed` says that an earlier try began it, `anew` that its rows replace all before them.

    `at_most_once` has Delta let each write through once only (`txnAppId`), which costs as much again: where another process may
    hold the same batch and be alive.
    `landings` is what has landed. `is_to_undo` says that what is written is not what this try would write, or is not to stay, so
    that the batch cannot be closed.
    """

    lake: Lake
    step: Step
    batch: Batch
    resumed: bool
    at_most_once: bool
    anew: bool = False
    landings: dict[Table, Landing] = field(default_factory=dict)
    is_to_undo: bool = False

    def once(
        self, table: Table, rows: DataFrame, *, part: str = "", as_of: Sequence[date] = (), replaces: str = ""
    ) -> Landing:
        """Writes the rows, where no earlier try did; returns what landed. `part` names what is not the whole of a table."""
        app, label = self.app(table.full_name, part), self.label(table.full_name, part)
        landing = self.lake.landing(table.full_name, label) if self.resumed else None
        if landing is None:
            batch_id, anew = self.batch.batch_id, self.anew and not part
            how: dict[str, Any] = {
                "label": label,
                "batch_id": batch_id,
                "as_of": as_of,
                "replaces": replaces,
                "anew": anew,
            }
            self.lake.write(table, rows, app=app if self.at_most_once else "", **how)
            landing = self.lake.landing(table.full_name, label)
            if landing is None and not self.at_most_once:  # without rows Delta commits only what has a txnAppId
                self.lake.write(table, self.lake.empty(table), app=app, **how)
                landing = self.lake.landing(table.full_name, label)
        if landing is None:
            raise TryAgain(
                f"{label}: the write left no commit, so another driver holds this batch.",
                fix="Start again when it is done.",
            )
        self.landings[table] = landing
        return landing

    def other_rows(self, what: str) -> ContractError:
        """The fault that other rows are written than were sorted; where an earlier try wrote them, they are to go."""
        self.is_to_undo = self.resumed
        if self.resumed:
            fix = "What a run before wrote of this batch is taken back: start again. Report it with the ledger if it comes again."
            return ContractError(what, fix=fix)
        return ContractError(what, fix="Report it with the ledger: rows were lost.")

    def app(self, table: str, part: str = "") -> str:
        """Delta's txnAppId of a write: the step and the table."""
        return "/".join(filter(None, (self.step.name, table, part)))

    def label(self, table: str, part: str = "", *, why: str = "") -> str:
        """What the commit of a write is found by; `why` stands in place of the step's name where rows leave for that."""
        return f"{f'{why}/{table}' if why else self.app(table, part)}/{self.batch.batch_id}"
