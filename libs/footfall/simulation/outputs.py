"""Every file set that the imagined shop leaves: where it lies, in which format, cut by what, and in which order its rows stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.simulation import calls, logs, orders, shop_files, texts, truth
from footfall.simulation import identifiers as ids
from footfall.simulation.baskets import STORES
from footfall.simulation.dirt import dirty_rows, with_dirt
from footfall.simulation.frames import generated
from footfall.simulation.offers import ShopOffer, offers_of
from footfall.simulation.plan import BLOCK_PEOPLE, SimulationPlan

BLOCKS_A_PART = 8
WANTED = "truth/wanted_lines"


@dataclass(frozen=True)
class ShopRows:
    """What outputs are made of: rows by kind, and the wanted lines once these are written."""

    plan: SimulationPlan
    spark: SparkSession
    blocks: Callable[[str], DataFrame]  # of a kind of row: a frame of the numbers of its blocks, `id`
    lines: Callable[[], DataFrame]  # wanted on the days that are written
    all_lines: Callable[[], DataFrame]  # and before

    def rows(self, kind: str) -> DataFrame:
        """Rows of a kind, of all blocks."""
        return generated(self.blocks(kind), self.plan, kind)

    @cached_property
    def offers(self) -> tuple[ShopOffer, ...]:
        """The offers of the plan."""
        return offers_of(self.plan)

    @property
    def item_names(self) -> DataFrame:
        """`item`, `item_name`: one row an item."""
        return self.rows("items").select("item", shop_files.item_name().alias("item_name")).distinct()

    def reviews(self) -> DataFrame:
        """Reviews with their labels."""
        return texts.reviews(self.plan, self.all_lines(), self.item_names)


@dataclass(frozen=True)
class LogOutput:
    """A folder of files; `by` names the columns whose values are folders, `order` how rows stand in a file."""

    path: str
    format: str
    by: tuple[str, ...]
    order: tuple[str, ...]
    make: Callable[[ShopRows], DataFrame]
    group: str = ""  # folders of a group are written one after another, and are complete together; empty: by itself


def wanted(rows: ShopRows) -> DataFrame:
    """The wanted lines, with what stock made of them, and numbers that other logs have."""
    plan = rows.plan
    block = F.floor(F.col("person") / BLOCK_PEOPLE).alias("id")
    unsold = orders.unsold_lines(rows.rows("demand")).groupBy(block).agg(
        F.collect_list(F.struct("person", "order_key", "line")).alias("unsold")
    )  # fmt: skip
    blocks = (
        rows.blocks("lines").join(unsold, "id", "left").repartition(parts_of(plan), "id").sortWithinPartitions("id")
    )
    return generated(blocks, plan, "lines").select(
        "*",
        ids.order_id(plan, F.col("person"), F.col("order_key")).alias("order_id"),
        ids.item_id(F.col("item")).alias("item_id"),
    )


def parts_of(plan: SimulationPlan) -> int:
    """How many files a set without days has: a function of the plan alone."""
    return max(1, min(-(-plan.blocks // BLOCKS_A_PART), 2000))


Make = Callable[[ShopRows], DataFrame]
OF_ORDERS, OF_SHOP, SMALL = "raw/of_orders", "raw/of_shop", "truth/small"


def _days(path: str, form: str, order: str, make: Make, group: str = "") -> LogOutput:
    return LogOutput(f"raw/{path}", form, ("day",), tuple(order.split()), make, group)


def _months(path: str, form: str, order: str, make: Make, group: str) -> LogOutput:
    return LogOutput(f"raw/{path}", form, ("month",), tuple(order.split()), make, group)


def _truth(name: str, order: str, make: Make, group: str = SMALL) -> LogOutput:
    return LogOutput(f"truth/{name}", "parquet", (), tuple(order.split()), make, group)


WANTED_OUTPUT = LogOutput(WANTED, "parquet", (), (), wanted)
# Feeds of which some rows are dirty -> their rows, with columns as text where dirt may be no number.
DIRTY_FEEDS: dict[str, Callable[[ShopRows], DataFrame]] = {
    "events": lambda r: logs.digital_log(r.plan, r.rows("events"), r.lines()),
    "tills": lambda r: _as_text(orders.till_lines(r.plan, r.all_lines()), "quantity", "amount"),
    "orders": lambda r: orders.order_lines(r.plan, r.lines()),
    "payments": lambda r: orders.payments(r.plan, r.lines()),
    "reviews": lambda r: _as_text(r.reviews().drop("label"), "stars"),
    "customers": lambda r: _as_text(shop_files.customers(r.plan, r.rows("people")), "joined_on"),
    "items": lambda r: shop_files.items(r.plan, r.rows("items").where(F.col("day") >= r.plan.since)),
    "prices": lambda r: _as_text(shop_files.prices(r.plan, r.rows("prices")), "price"),
}


def _as_text(rows: DataFrame, *columns: str) -> DataFrame:
    return rows.withColumns({name: F.col(name).cast("string") for name in columns})


def _soiled(feed: str) -> Callable[[ShopRows], DataFrame]:
    """The rows of a feed as the shop has them, some of them dirty."""

    def make(r: ShopRows) -> DataFrame:
        clean = DIRTY_FEEDS[feed](r)
        return with_dirt(r.plan, feed, clean).drop("dirt", "dirt_key", "own_day") if r.plan.dirt else clean

    return make


def _dirt(r: ShopRows) -> DataFrame:
    parts = [dirty_rows(feed, with_dirt(r.plan, feed, make(r), dirty_only=True)) for feed, make in DIRTY_FEEDS.items()]
    return reduce(DataFrame.unionByName, parts)


def _tickets(r: ShopRows) -> DataFrame:
    return texts.tickets(r.plan, r.all_lines())


def _parameters(r: ShopRows) -> DataFrame:
    return r.spark.createDataFrame(truth.parameters(r.plan), "kind string, name string, value double")


def _drifts(r: ShopRows) -> DataFrame:
    return r.spark.createDataFrame(truth.drifts(r.plan), "what string, since date, factor double")


OUTPUTS: tuple[LogOutput, ...] = (
    LogOutput("raw/events", "text", ("channel", "day"), ("time", "order"), _soiled("events")),
    _truth("dirt", "key feed day kind", _dirt, ""),
    _truth("click_probabilities", "decision_id position shown_on", lambda r: truth.click_probabilities(r.plan, r.rows("events")), ""),
    _days("tills", "csv", "sold_at receipt line amount", _soiled("tills")),
    _days("orders", "parquet", "ordered_at order_id line_no amount", _soiled("orders")),
    _days("payments", "json", "paid_at payment_id", _soiled("payments")),
    _days("refunds", "json", "refunded_at refund_id", lambda r: orders.refunds(r.plan, r.all_lines()), OF_ORDERS),
    _months("reviews", "json", "written_at review_id text", _soiled("reviews"), OF_ORDERS),
    _months("tickets", "json", "received_at ticket_id", lambda r: _tickets(r).drop("label"), OF_ORDERS),
    _days("calls", "csv", "called_at call_id", lambda r: calls.call_log(r.plan, r.all_lines()), OF_ORDERS),
    _months("surveys", "json", "answered_at answer_id", lambda r: texts.surveys(r.plan, r.all_lines()), OF_ORDERS),
    _days("customers", "json", "customer_id email", _soiled("customers"), OF_SHOP),
    _months("consents", "json", "changed_at customer_id purpose action",
            lambda r: shop_files.consents(r.plan, r.rows("people")), OF_SHOP),
    _days("items", "json", "item_id item_name brand", _soiled("items"), OF_SHOP),
    _days("prices", "csv", "item_id price", _soiled("prices"), OF_SHOP),
    _months("competitor_prices", "csv", "item_id competitor seen_at",
            lambda r: shop_files.competitor_prices(r.plan, r.rows("competitors")), OF_SHOP),
    _days("item_costs", "csv", "item_id", lambda r: shop_files.costs(r.plan, r.rows("costs")), OF_SHOP),
    _days("stock_levels", "csv", "item_id", lambda r: shop_files.stock_levels(r.plan, r.rows("stock"), r.lines()), OF_SHOP),
    LogOutput("raw/offers", "json", (), ("offer_id",),
              lambda r: shop_files.offer_catalogue(r.plan, r.spark.range(len(r.offers)), r.offers), OF_SHOP),
    _months("offer_decisions", "json", "decided_at decision_id", lambda r: shop_files.decisions(r.plan, r.rows("decisions")), OF_SHOP),
    _months("contacts", "json", "sent_at contact_id", lambda r: shop_files.contacts(r.plan, r.rows("decisions"), r.offers), OF_SHOP),
    _truth("people", "person", lambda r: truth.hidden_people(r.plan, r.rows("people"))),
    _truth("transitions", "person from_state to_state", lambda r: truth.transitions(r.rows("people"))),
    _truth("identifiers", "person kind identifier", lambda r: truth.identifiers(r.plan, r.rows("people"))),
    _truth("shared_identifiers", "identifier", lambda r: truth.shared_identifiers(r.plan, r.spark.range(STORES))),
    _truth("slips", "key feed", lambda r: calls.slips(r.plan, r.all_lines())),
    _truth("bots", "visitor_id", lambda r: truth.bots(r.plan, r.rows("bots"))),
    _truth("items", "item_id", lambda r: truth.hidden_items(r.rows("items"))),
    _truth("offer_effects", "person offer_id", lambda r: truth.offer_effects(r.rows("people"))),
    _truth("decisions", "decision_id decided_on", lambda r: truth.hidden_decisions(r.plan, r.rows("decisions"))),
    _truth("unsold", "item_id on_day", lambda r: truth.unsold(r.plan, r.lines())),
    _truth("frauds", "order_id", lambda r: truth.frauds(r.plan, r.lines())),
    _truth("messages", "id kind", lambda r: truth.messages(r.reviews(), _tickets(r), texts.surveys(r.plan, r.all_lines()))),
    _truth("parameters", "name kind", _parameters),
    _truth("drifts", "what", _drifts),
)  # fmt: skip


def laid_out(output: LogOutput, plan: SimulationPlan, frame: DataFrame) -> DataFrame:
    """The rows cut into the files of the output, in their order: the same whatever partitions the frame had."""
    if not output.order:
        return frame
    if not output.by:
        count = parts_of(plan)
        cut = frame.repartition(1) if count == 1 else frame.repartition(count, output.order[0])
        return cut.sortWithinPartitions(*output.order)
    dated = frame
    if output.by == ("month",):
        dated = frame.withColumn("month", F.substring("day", 1, 7)).drop("day")
    # names of folders are never NULL: where Spark does not know that, it sorts once more, by them alone
    named = dated.withColumns({name: F.coalesce(name, F.lit("")) for name in output.by})
    folders = plan.end - plan.since
    return named.repartition(max(2, min(folders, parts_of(plan))), *output.by).sortWithinPartitions(
        *output.by, *output.order
    )
