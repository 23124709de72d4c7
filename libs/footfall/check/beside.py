"""What `--check` looks up for a sample: rows of other feeds, and rates of currencies; and what it says of them. Reads source files only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.check.sample import Sample, all_rows, computed
from footfall.contract import Severity, Table
from footfall.ingest.arrival import has_columns
from footfall.ingest.shared_files import feeds_beside, shared_words
from footfall.mapping.source import Source
from footfall.mapping.yaml_file import Places, nearest
from footfall.refine.currencies import MOST_DAYS
from footfall.refine.feeds import with_zone
from footfall.refine.fills import ShopDefaults, row_contract
from footfall.refine.lookups import OtherFeed, lookup_faults, with_lookups
from footfall.refine.mapped import map_rows
from footfall.refine.own_names import with_own_names_apart
from footfall.steps import sorting
from footfall.steps.source_names import quoted
from footfall.tables import FX_RATES, ORDER_LINES
from footfall.tables.raw import WAITS_FOR
from footfall.tables.refined import FX_RATE_KNOWN

FEW_IDENTIFIERS, NEARLY_EVERY = 10, 0.95
MOST_CURRENCIES = 10  # that are named


@dataclass(frozen=True)
class Beside:
    """What else there is of the source whose samples are checked."""

    spark: SparkSession
    source: Source
    root: str
    now: datetime
    shop: ShopDefaults

    def looked_up(self, sample: Sample, places: Places, samples: Mapping[str, Sample]) -> tuple[Sample, list[str]]:
        """The sample with what its rows look up; or what is at fault there, in words."""
        if not sample.feed.lookups:
            return sample, []
        names = [lookup.feed for lookup in sample.feed.lookups]
        whole = {name: self._all_rows(name) for name in names}
        others = {name: self._other(name, samples[name].rows if rows is None else rows) for name, rows in whole.items()}
        if faults := lookup_faults(sample.rows, sample.feed, others):
            return sample, [f"{nearest(('feeds', sample.key, *key), places)}: {text}" for key, text in faults]
        in_part = tuple(name for name, rows in whole.items() if rows is None)
        rows = computed(with_lookups(sample.rows, sample.feed, others))
        return replace(sample, rows=rows, looked_up_in_part=in_part), []

    def shared(self, samples: Mapping[str, Sample], places: Places) -> Iterator[str]:
        """Says of files that two feeds take, with the line of the later one."""
        for name, sample in samples.items():
            for other, tables in feeds_beside(self.source, name).items():
                if words := shared_words(name, other, tables, sample.files, samples[other].files):
                    yield f"warning: {nearest(('feeds', name, 'files'), places)}: {words}"

    def rates(self, samples: Mapping[str, Sample], text_ids: Callable[[Column], Column]) -> DataFrame | None:
        """The rates that the source's own feeds bring; None where none does."""
        frames = [self._rates_of(s, text_ids) for s in samples.values() if FX_RATES.name in s.feed.into]
        return computed(reduce(DataFrame.unionByName, frames)) if frames else None

    def _all_rows(self, key: str) -> DataFrame | None:
        return all_rows(self.spark, self.source, key, root=self.root, now=self.now)

    def _other(self, key: str, rows: DataFrame) -> OtherFeed:
        if not has_columns(rows):
            return OtherFeed(self.source.feeds[key], None)
        return OtherFeed(with_own_names_apart(with_zone(self.source.feeds[key], self.shop.time_zone), rows), rows)

    def _rates_of(self, sample: Sample, text_ids: Callable[[Column], Column]) -> DataFrame:
        feed = sample.feed
        raw = None if feed.lookups else self._all_rows(sample.key)
        mapped = map_rows(
            sample.rows if raw is None else raw,
            feed=feed,
            feed_name=sample.name,
            table=FX_RATES,
            shop=self.shop,
            vault=None,
            text_ids=text_ids,
        )
        checked = sorting.check_rules(mapped, row_contract(feed, FX_RATES))
        return checked.where(sorting.SOUND).select("rate_date", "currency", "rate").dropDuplicates(list(FX_RATES.key))


def lookup_lines(sample: Sample) -> Iterator[str]:
    """For each lookup of the feed, of how many rows the other row is there, and how many wait for it."""
    for text, lookup in zip(sample.feed.with_, sample.feed.lookups, strict=True):
        is_there, waits = F.col(quoted(lookup.feed)).isNotNull(), F.col(WAITS_FOR) == lookup.feed
        row = sample.rows.agg(F.count(F.lit(1)), F.count_if(is_there), F.count_if(waits)).collect()[0]
        in_part = f" (only its sample was looked at, so a run finds more of {lookup.feed})"
        yield (
            f"with: {text}: found for {row[1]:,} of {row[0]:,} rows; {row[2]:,} are waiting for a row of {lookup.feed}, "
            f"and are taken when it has come{in_part if lookup.feed in sample.looked_up_in_part else ''}"
        )


def lines_without_rate(marked: DataFrame, table: Table) -> Iterator[str]:
    """The currencies of the sample for which there is no rate, and what becomes of their rows."""
    if "amount_base" not in table.column_names:
        return
    lacks = F.col(sorting.SKIPPED).isNull() & F.col("amount").isNotNull() & F.col("amount_base").isNull()
    rows = marked.where(lacks).groupBy("currency").count().orderBy("currency").limit(MOST_CURRENCIES).collect()
    if rows:
        currencies = ", ".join(f"{row['currency']} ({row['count']:,} rows)" for row in rows)
        is_needed = any(rule.name == FX_RATE_KNOWN and rule.severity is Severity.ERROR for rule in table.rules)
        fate = "are set aside" if is_needed else "have no amount_base"
        yield (
            f"{FX_RATE_KNOWN}: no rate for {currencies} on their days, nor up to {MOST_DAYS} days before: they {fate}. "
            f"Rates come from feeds into {FX_RATES.name}."
        )


def lines_of_one_order_each(sample: Sample, marked: DataFrame, table: Table) -> Iterator[str]:
    """Says where nearly every identifier has one order only: it may be an id per order."""
    actor = sample.feed.into[table.name].actor
    if table is not ORDER_LINES or actor is None:
        return
    orders = marked.where(sorting.is_valid()).groupBy("actor_id").agg(F.count_distinct("order_id").alias("orders"))
    people, single = orders.agg(F.count(F.lit(1)), F.count_if(F.col("orders") == 1)).collect()[0]
    if people >= FEW_IDENTIFIERS and single >= NEARLY_EVERY * people:
        yield (
            f"hint: {sample.key}: {single:,} of {people:,} identifiers of the sample have one order each. An id that is new with "
            f"every order is no customer: nobody would ever come back. If `{actor.identifier}` is such an id, map what stays "
            "the same from order to order; a column of another feed can be looked up by `with`."
        )
