"""What a batch sets aside: rows go to raw.quarantine once, and those that are taken in again leave it. Touches the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, Observation, Row
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, Table, Written
from footfall.contract.frames import conform
from footfall.runtime.ledger_lines import BatchCounts, RuleCounts, broken_by_batch, broken_by_rule
from footfall.runtime.writes import Writes
from footfall.steps import sorting
from footfall.steps.places import element_of, position_of
from footfall.steps.replay import Replay
from footfall.steps.step import FactRows
from footfall.storage.batch import Batch
from footfall.storage.lake import Lake
from footfall.storage.undo import put_back
from footfall.tables import QUARANTINE

REPLAYED_BY = ("feed", "file", "position", "element", "known_at")  # what a row that is taken in again is known by


@dataclass(frozen=True)
class SetAside:
    """How many rows a batch set aside, by feed and rule; and those that it took out again, which batches before had set aside."""

    rows: int = 0
    rules: RuleCounts | None = None
    replayed: dict[str, int] | None = None  # by feed
    replayed_batches: BatchCounts | None = None

    def of(self, feed: str) -> tuple[dict[str, int], int | None, dict[int, dict[str, int]]]:
        """Of a feed the rows by rule, and the rows that were taken out again, in all and by batch and rule."""
        rules, replayed_batches = self.rules or {}, self.replayed_batches or {}
        replayed = None if self.replayed is None else self.replayed.get(feed, 0)
        return rules.get(feed, {}), replayed, replayed_batches.get(feed, {})


def rows_aside(output: FactRows, marked: DataFrame, places: Sequence[Row], *, in_conflict: bool) -> DataFrame | None:
    """The rows for raw.quarantine: those that broke a rule, and those in conflict; None where there are none."""
    frames = [sorting.among(output.aside, places)] if places else []
    if in_conflict and output.conflicts is not None and output.matching is not None:
        place = F.col(sorting.POSITION)
        columns = {"feed": F.col(sorting.FEED), "file": F.col(sorting.FILE)}
        columns |= {"position": position_of(place), "element": element_of(place)}
        rows = marked.where(output.matching.is_set_aside())
        in_conflict_rows = rows.select(*(column.alias(name) for name, column in columns.items()))
        frames.append(output.conflicts.join(in_conflict_rows, on=list(columns), how="left_semi"))
    return reduce(DataFrame.unionByName, frames) if frames else None


def quarantined_before(lake: Lake, replay: Replay, label: str) -> DataFrame:
    """What was set aside for the table before a batch wrote under that label, whether it has written by now or not."""
    lake.ensure(QUARANTINE)
    landing = lake.landing(QUARANTINE.full_name, label)
    # by its number, since a frame of the newest version would show what is written before it is computed
    version = landing.version - 1 if landing else lake.version(QUARANTINE.full_name)
    rows = lake.read(QUARANTINE.full_name, version)
    return rows.where(replay.of_target)


def label_of(replay: Replay, batch: Batch) -> str:
    """What the commit is found by with which a batch moves rows of raw.quarantine."""
    return f"{batch.step}/{QUARANTINE.full_name}/{replay.target}/{batch.batch_id}"


@dataclass
class QuarantineWriter:
    """Brings to raw.quarantine what a batch sets aside of one table."""

    writes: Writes

    def bring(self, table: Table, aside: DataFrame | None, replayed: DataFrame | None) -> SetAside:
        """Sets the broken rows aside; with a replay those that are read again (`replayed`) leave in the same commit."""
        if self.writes.step.replay:
            return self._move(self.writes.step.replay, table, aside, replayed)
        if aside is None:
            return SetAside()
        if table.written is Written.REPLACE:
            return self._add_what_is_new(table, aside)
        return self._add(table, aside)

    def undo(self, target: str) -> bool:
        """Takes back what the batch brought of a table, and brings back what it took out; whether it could."""
        lake, batch_id = self.writes.lake, self.writes.batch.batch_id
        landing = lake.landing(QUARANTINE.full_name, self.writes.label(QUARANTINE.full_name, target))
        if landing is None:
            return True
        if landing.appends:
            lake.delete(QUARANTINE.full_name, target=target, batch_id=batch_id)
            return True
        condition = Replay(target).of_target
        return put_back(lake, QUARANTINE.full_name, landing, condition=condition, key=REPLAYED_BY, batch_id=batch_id)

    def _add(self, table: Table, aside: DataFrame) -> SetAside:
        observation = Observation()
        landing = self.writes.once(
            QUARANTINE, conform(aside.observe(observation, sorting.rules_by_place()), QUARANTINE), part=table.name
        )
        del self.writes.landings[QUARANTINE]  # every refine step adds to it: readers take its newest version
        if not self.writes.resumed and landing.rows < sorting.MOST_PLACES:
            return SetAside(landing.rows, sorting.rule_counts(observation.get[sorting.RULES] or ()))
        return SetAside(landing.rows, self._rules_of_batch(table))

    def _rules_of_batch(self, table: Table) -> RuleCounts:
        rows = self.writes.lake.read(QUARANTINE.full_name)
        mine = (F.col("target") == table.name) & (F.col(BATCH_ID.name) == self.writes.batch.batch_id)
        return broken_by_rule(rows.where(mine))

    def _add_what_is_new(self, table: Table, aside: DataFrame) -> SetAside:
        """As `_add`, for a table made of all raw rows in each batch: what an earlier batch set aside stays as it is.

        A commit must not read the table that it adds to: Delta refuses it where another step added rows meanwhile.
        """
        writes, lake = self.writes, self.writes.lake
        lake.ensure(QUARANTINE)
        earlier = (F.col("target") == table.name) & (F.col(BATCH_ID.name) < writes.batch.batch_id)
        marked = sorting.known_aside(aside, lake.read(QUARANTINE.full_name).where(earlier))
        observation = Observation()
        app, label = (name(QUARANTINE.full_name, table.name) for name in (writes.app, writes.label))
        landing = lake.landing(QUARANTINE.full_name, label) if writes.resumed else None
        with lake.staged(
            writes.step.name, marked.observe(observation, *sorting.aside_counts(), sorting.rules_by_place())
        ) as rows_of_batch:
            if landing is None:
                new = conform(rows_of_batch.where(~F.col(sorting.IS_KNOWN)).drop(sorting.IS_KNOWN), QUARANTINE)
                app = app if writes.at_most_once else ""
                lake.write(QUARANTINE, new, app=app, label=label, batch_id=writes.batch.batch_id)
                landing = lake.landing(QUARANTINE.full_name, label)
        counts = observation.get
        rows, known = counts[sorting.ROWS_ASIDE], counts[sorting.ROWS_KNOWN]
        if rows - known != (landing.rows if landing else 0):
            raise writes.other_rows(
                f"{label}: {rows:,} rows are to be set aside, {known:,} of them were so before, and "
                f"{landing.rows if landing else 0:,} landed."
            )
        has_all = rows < sorting.MOST_PLACES
        return SetAside(rows, sorting.rule_counts(counts[sorting.RULES] or ()) if has_all else broken_by_rule(aside))

    def _move(self, replay: Replay, table: Table, aside: DataFrame | None, replayed: DataFrame | None) -> SetAside:
        """Puts the batch's broken rows in place of those that it read again, in one commit; of a table that is made anew, of all.

        Steps of a replay run one after another, so nobody else adds to raw.quarantine meanwhile.
        """
        lake, batch_id = self.writes.lake, self.writes.batch.batch_id
        label = self.writes.label(QUARANTINE.full_name, table.name)
        before = quarantined_before(lake, replay, label).where(F.col(BATCH_ID.name) < batch_id)
        is_anew = table.written is Written.REPLACE
        left = before.where("false") if is_anew else before
        taken = None if is_anew or replayed is None else before.join(replayed, list(REPLAYED_BY), "left_semi")
        if taken is not None and replayed is not None:
            left = left.join(replayed, list(REPLAYED_BY), "left_anti")
        rows_left = left.count()
        landing = lake.landing(QUARANTINE.full_name, label) if self.writes.resumed else None
        if landing is None:
            new = lake.empty(QUARANTINE).drop(BATCH_ID.name) if aside is None else conform(aside, QUARANTINE)
            new = new.withColumn(BATCH_ID.name, F.lit(batch_id).cast(BATCH_ID.type))
            lake.replace(QUARANTINE.full_name, new.unionByName(left), replay.of_target, label=label)
            landing = lake.landing(QUARANTINE.full_name, label)
        rows = (landing.rows if landing else 0) - rows_left
        if taken is None:
            return SetAside(rows, self._rules_of_batch(table))
        by_feed = {row["feed"]: row["count"] for row in taken.groupBy("feed").count().collect()}
        return SetAside(rows, self._rules_of_batch(table), by_feed, broken_by_batch(taken))
