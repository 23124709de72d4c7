"""What a step of refine reads of each feed: its new rows, those that waited so far, and the rows of the feeds that it looks up. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, Severity, Table, Written
from footfall.contract.frames import keeps
from footfall.mapping.gaps import fills_of
from footfall.mapping.targets import TARGETS
from footfall.refine.feeds import RawFeed
from footfall.refine.fills import needs_its_delivery
from footfall.refine.lookups import OtherFeed, looks_at_others, with_lookups
from footfall.refine.mapped import taken_by
from footfall.refine.replayed import as_waiting, replayed_places, with_deliveries
from footfall.refine.typed import filled_source
from footfall.steps.history import TAKEN_BY
from footfall.steps.places import element_of, position_of
from footfall.steps.sorting import FEED, FILE, POSITION, SKIPPED, SOUND, UNREADABLE, WAITING, is_waiting
from footfall.steps.step import Frames, Output, Read
from footfall.tables import FX_RATES, QUARANTINE
from footfall.tables.raw import WAITED_ELEMENTS, WAITED_FOR, WAITS_FOR, waiting_table
from footfall.tables.refined import FX_RATE_KNOWN

ALL_ROWS = "all rows of "  # how the frame of a feed is called from which not only news are read
MOST_SIGNS = 1000  # of the name of a feed
MOST_FILES = 1000  # with waiting rows, by whose names others are left out


Staged = Callable[[str, DataFrame], DataFrame]


@dataclass(frozen=True)
class FeedReads:
    """The feeds of one step, which makes the table `what`; `only_new` says that it reads each row once, and not all of them each time.

    A feed that looks others up, or whose amounts need `rates`, is read once more as a whole: the rows that wait lie in it. A
    shop's own Delta table comes as a whole each time where it looks others up, as its rows have no lasting place; those that are
    known count as duplicates. `beside` are tables in which other steps say which rows of the feeds wait for them: this step looks
    at these rows again too. `replays` says that rows of raw.quarantine are read again as well.
    """

    feeds: Sequence[RawFeed]
    what: str
    only_new: bool
    rates: bool = False
    beside: tuple[str, ...] = ()
    replays: bool = False

    @property
    def table(self) -> Table | None:
        """The table of the rows that wait; None where none can, or where all rows are read again anyway."""
        return waiting_table(self.what) if self.only_new and any(map(self._waits, self.feeds)) else None

    @property
    def waits_in(self) -> tuple[str, ...]:
        """The tables that say which rows wait: the step's own, and those of others."""
        return (*self.writes, *self.beside)

    @property
    def writes(self) -> tuple[str, ...]:
        """What the step writes beside its own table."""
        return (self.table.full_name,) if self.table else ()

    def reads(self, derivations: dict[str, str] | None = None) -> tuple[Read, ...]:
        """What the step reads of raw; `derivations` as Read has them, by the names of tables."""
        as_whole = {f.reads for f in self.feeds if f.looks_up and f.feed.delta}
        first = dict.fromkeys(f.reads for f in self.feeds if f.reads not in as_whole)
        news = [Read(name, new=self.only_new, derivation=(derivations or {}).get(name, "")) for name in first]
        looking = [f for f in self.feeds if f.looks_up]
        whole = dict.fromkeys([*(other.reads for f in looking for _, other in f.looks_up), *as_whole])
        again = dict.fromkeys(
            f.reads for f in self.feeds if self.only_new and self._is_read_again(f) and f.reads not in whole
        )
        rates = [Read(FX_RATES.full_name, lookup=True, wakes=True)] if self.rates else []
        return (
            *news,
            *rates,
            *(Read(name, lookup=True) for name in self.beside),
            *(Read(name, lookup=True, wakes=True, alias=ALL_ROWS + name) for name in whole),
            *(Read(name, lookup=True, alias=ALL_ROWS + name) for name in again),
        )

    def replayed(self, frames: Frames, staged: Staged) -> DataFrame | None:
        """Where the rows of raw.quarantine lie in raw that are read again, see `replayed_places`; None without a replay."""
        if not (self.replays and self.only_new):
            return None
        raw = {f.name: frames.get(ALL_ROWS + f.reads) for f in self.feeds if not f.feed.delta}
        there = {name: rows for name, rows in raw.items() if rows is not None}
        return staged(
            f"{self.what}_replayed", replayed_places(frames[QUARANTINE.full_name], there, self._waiting(frames))
        )

    def _waiting(self, frames: Frames) -> DataFrame | None:
        places = [frames[name] for name in self.waits_in if name in frames]
        return reduce(DataFrame.unionByName, places) if places else None

    def rows(
        self, frames: Frames, now: datetime, staged: Staged, replayed: DataFrame | None = None
    ) -> dict[str, DataFrame]:
        """The feeds' raw rows by their names, with their arrival and what they look up; of a feed without files yet none.

        `staged` keeps a frame that is used many times under a name. `replayed` are places of rows that are read again beside
        those that waited, with the other rows of their files where these are needed to say what identifies them.
        """
        waiting = self._waiting(frames)
        if replayed is not None:
            again = as_waiting(replayed)
            waiting = again if waiting is None else waiting.select(*again.columns).unionByName(again)
        rows: dict[str, DataFrame] = {}
        for f in self.feeds:
            own = frames.get(f.reads, frames.get(ALL_ROWS + f.reads) if f.feed.delta else None)
            if own is None:
                continue
            arrived = f.with_arrival(own, now)
            if self.only_new and (replayed is not None or self._waits(f)):
                in_files = replayed is not None and needs_its_delivery(f.feed, TARGETS[self.what])
                arrived = _and_waiting(arrived, f, frames, waiting, now, in_files=in_files)
            if f.looks_up:
                arrived = _looked_up(f, arrived, frames, now)
                arrived = staged(f"{self.what}_{f.name}", arrived)
            rows[f.name] = arrived
        return rows

    def _waits(self, f: RawFeed) -> bool:
        """Whether rows of the feed can wait, and be found again."""
        return bool(f.looks_up) or (self.rates and not f.feed.delta)

    def _is_read_again(self, f: RawFeed) -> bool:
        return self._waits(f) or (self.replays and not f.feed.delta)

    def raw_waiting(self, rows: Mapping[str, DataFrame]) -> list[Output]:
        """The raw rows that wait from now on, those that waited before among them; nothing where none can."""
        looking = {f.name: rows[f.name] for f in self.feeds if f.looks_up and f.name in rows}
        return [Output(self.table, _raw_places(looking))] if self.table and looking else []


def without_idle_lookups(f: RawFeed) -> RawFeed:
    """The feed for the vault: it looks nothing up where no identifier needs it."""
    if any(looks_at_others(f.feed, sql) for sql in f.feed.identifiers):
        return f
    return replace(f, feed=f.feed.model_copy(update={"with_": ()}), looks_up=())


def facts_that_wait(feeds: Sequence[RawFeed]) -> tuple[str, ...]:
    """The tables that say which rows of the feeds wait to become facts: when they do, what they look up may be newer."""
    tables = (TARGETS[name] for f in feeds if f.looks_up for name in f.feed.into)
    added = (table for table in tables if table.written is Written.APPEND)
    return tuple(dict.fromkeys(waiting_table(table.name).full_name for table in added))


def waiting_for_rates(checked: DataFrame, contract: Table) -> DataFrame:
    """The checked rows; one that waited for a rate, and still has none, waits on instead of being set aside once more."""
    is_known = F.coalesce(F.col(WAITED_FOR) == FX_RATES.name, F.lit(False))
    waits = F.when(is_known & _lacks_a_rate(contract), F.lit(WAITING + FX_RATES.name)).otherwise(F.col(SKIPPED))
    return checked.withColumn(SKIPPED, waits)


def waiting_places(checked: DataFrame, contract: Table, *, currency: str, looks_up: bool) -> DataFrame:
    """Of checked rows those that wait, as rows of the table that says so; of those set aside the ones that lack nothing but a rate.

    `currency` is the shop's own, which needs no rate: where the feed looks nothing up, its rows are left out before all else.
    """
    waits_for = F.substring(SKIPPED, len(WAITING) + 1, MOST_SIGNS)
    waits = is_waiting()
    if FX_RATE_KNOWN in {rule.name for rule in contract.rules if rule.severity is Severity.ERROR}:
        is_foreign = F.col("currency") != currency
        waits = (
            waits | (is_foreign & _lacks_a_rate(contract))
            if looks_up
            else is_foreign & (waits | _lacks_a_rate(contract))
        )
    return checked.where(waits).select(
        F.col(FEED).alias("feed"),
        F.col(FILE).alias("file"),
        position_of(F.col(POSITION)).alias("position"),
        element_of(F.col(POSITION)).alias("element"),
        F.col(TAKEN_BY).alias("taken_by"),
        F.when(is_waiting(), waits_for).otherwise(F.lit(FX_RATES.name)).alias("waits_for"),
    )


def _lacks_a_rate(contract: Table) -> Column:
    """Whether a checked row is broken by nothing but that there is no rate for its currency."""
    others = replace(contract, rules=tuple(rule for rule in contract.rules if rule.name != FX_RATE_KNOWN))
    return F.col(SKIPPED).isNull() & (F.size(UNREADABLE) == 0) & ~F.col(SOUND) & keeps(others)


def _raw_places(rows: Mapping[str, DataFrame]) -> DataFrame:
    """The same of raw rows of feeds, by their names, that were looked up for."""
    frames = (
        of_feed.where(F.col(WAITS_FOR).isNotNull()).select(
            F.lit(name).alias("feed"),
            F.col("_file").alias("file"),
            F.col("_position").alias("position"),
            F.lit(0).alias("element"),
            taken_by(of_feed).alias("taken_by"),
            F.col(WAITS_FOR).alias("waits_for"),
        )
        for name, of_feed in rows.items()
    )
    return reduce(DataFrame.unionByName, frames)


def _looked_up(f: RawFeed, rows: DataFrame, frames: Frames, now: datetime) -> DataFrame:
    others = {}
    for name, other in f.looks_up:
        frame = frames.get(ALL_ROWS + other.reads)
        arrived = None if frame is None else other.with_arrival(frame, now)
        others[name] = OtherFeed(other.feed if arrived is None else other.reading(arrived).feed, arrived)
    return with_lookups(rows, f.reading(rows).feed, others)


def _and_waiting(
    new: DataFrame, f: RawFeed, frames: Frames, waiting: DataFrame | None, now: datetime, *, in_files: bool
) -> DataFrame:
    """The new rows of a feed and those that waited until now; only the files of raw that hold some of these are read.

    Of a feed with fills both are filled, since the lines that hold the values of a waiting one need not wait. `in_files`
    wants the other rows of these files too, see `with_deliveries`.
    """
    whole = frames.get(ALL_ROWS + f.reads)
    new = new.withColumn(WAITED_FOR, F.lit(None).cast("string"))
    if waiting is None or whole is None or f.feed.delta:
        return new
    mine = _by_raw_row(waiting.where(F.col("feed") == f.name))
    origins = mine.select("taken_by", "file").distinct().limit(MOST_FILES + 1).collect()
    if not origins:
        return new
    old = f.with_arrival(whole, now)
    names = {"file": "_file", "position": "_position", "taken_by": BATCH_ID.name}
    places = mine.select(*(F.col(name).alias(column) for name, column in names.items()), WAITED_FOR, WAITED_ELEMENTS)
    if len(origins) <= MOST_FILES:
        batches, files = ({origin[key] for origin in origins} for key in ("taken_by", "file"))
        old = old.where(F.col(BATCH_ID.name).isin(batches) & F.col("_file").isin(files))
    elif in_files or fills_of(f.feed):
        old = old.join(places.select("_file", BATCH_ID.name).distinct(), on=["_file", BATCH_ID.name], how="left_semi")
    if fills_of(f.feed):
        new, old = (filled_source(rows, f.reading(rows).feed) for rows in (new, old))
    again = old.join(places, on=["_file", "_position", BATCH_ID.name], how="left" if in_files else "inner")
    return new.unionByName(with_deliveries(again) if in_files else again, allowMissingColumns=True)


def _by_raw_row(places: DataFrame) -> DataFrame:
    """The raw rows of the places, each once, with `_waited_for`, and `_waited_elements`, what each of its elements waits for."""
    entries = F.map_from_entries(F.collect_set(F.struct("element", "waits_for")))
    by_row = places.groupBy("file", "position", "taken_by")
    return by_row.agg(F.max("waits_for").alias(WAITED_FOR), entries.alias(WAITED_ELEMENTS))
