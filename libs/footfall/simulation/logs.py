"""The logs of web, app and mini program as each source writes them: lines of JSON, under names of its own."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.simulation import identifiers as ids
from footfall.simulation.browsing import CLICK, IMPRESSION, KINDS, PURCHASE, SEARCH
from footfall.simulation.orders import is_paid
from footfall.simulation.plan import APP, CHANNELS, MINI, WEB, SimulationPlan
from footfall.simulation.world import CATEGORY_NAMES

# What the app and the mini program call what happens.
APP_NAMES = (
    "slot_shown",
    "slot_tapped",
    "search",
    "item_open",
    "item_liked",
    "cart_add",
    "checkout_open",
    "order_done",
    "help_sent",
)
MINI_NAMES = ("expose", "tap", "search", "goods_detail", "collect", "add_cart", "settle", "pay_success", "complain")


def digital_log(plan: SimulationPlan, events: DataFrame, lines: DataFrame) -> DataFrame:
    """All lines of the three logs: `value` is the line, `channel` and `day` where it belongs, `order` sorts a day's lines."""
    rows = events.unionByName(_purchases(lines), allowMissingColumns=True)
    named = rows.select(*_shared(plan))
    line = F.when(F.col("channel") == WEB, F.to_json(_web())).when(F.col("channel") == APP, F.to_json(_app()))
    return named.select(
        line.otherwise(F.to_json(_mini())).alias("value"),
        "time",
        F.col("event_id").alias("order"),
        ids.name_of(CHANNELS, F.col("channel")).alias("channel"),
        ids.date_of(plan, F.col("day_number")).alias("day"),
    )


def _purchases(lines: DataFrame) -> DataFrame:
    """An event for each order that was paid."""
    rows = lines.where((F.col("line_number") == 1) & (F.col("channel") <= MINI) & is_paid())
    return rows.select(
        "person", F.col("order_key").alias("visit"), "day", "time", "channel", "device",
        (F.col("is_logged_in") & ~F.col("is_guest")).alias("is_logged_in"), F.lit(PURCHASE).cast("tinyint").alias("kind"),
        (-1 - F.col("order_key").cast("bigint")).alias("number"), "order_key", "order_cents",
    )  # fmt: skip


def _shared(plan: SimulationPlan) -> list[Column]:
    person, visit, kind = F.col("person"), F.col("visit"), F.col("kind")
    is_choice = kind.isin(IMPRESSION, CLICK)
    is_slate = F.col("offer").isNull() & F.col("position").isNotNull()
    own = F.when(is_slate, ids.slate_id(plan, person, visit))
    decision = F.coalesce("decision", own, ids.decision_id(plan, person, F.col("week"), F.lit(None)))
    return [
        F.concat(F.lit("e"), ids.code(plan, "event", person, F.col("number"))).alias("event_id"),
        F.col("time"),
        F.col("channel"),
        F.col("kind"),
        F.col("day").alias("day_number"),
        ids.visitor_id(plan, person, F.col("device"), F.col("channel"), F.col("day")).alias("visitor"),
        F.when(F.col("is_logged_in"), ids.customer_id(person)).alias("login"),
        ids.session_id(plan, person, visit).alias("session"),
        ids.item_id(F.col("item")).alias("item"),
        F.when(kind == SEARCH, ids.name_of(CATEGORY_NAMES, F.col("category"))).alias("words"),
        F.when(is_choice, decision).alias("decision"),
        F.col("position").alias("place"),
        ids.offer_id(F.col("offer")).alias("offer"),
        F.round("propensity", 6).alias("propensity"),
        F.col("dwell_ms").alias("dwell"),
        F.when(F.col("order_key").isNotNull(), ids.order_id(plan, person, F.col("order_key"))).alias("order_no"),
        ids.money(F.col("order_cents")).alias("total"),
    ]  # fmt: skip


def _web() -> Column:
    return F.struct(
        "event_id", F.col("time").alias("at"), ids.name_of(KINDS, F.col("kind")).alias("event"),
        F.col("visitor").alias("visitor_id"), F.col("login").alias("customer_id"), F.col("item").alias("item_id"),
        F.col("words").alias("search_words"), F.col("decision").alias("decision_id"), F.col("place").alias("position"),
        F.col("offer").alias("offer_id"), "propensity", F.col("dwell").alias("dwell_ms"),
        F.col("order_no").alias("order_id"), F.col("total").alias("order_total"),
    )  # fmt: skip


def _app() -> Column:
    props = F.struct(
        F.col("item").alias("sku"), F.col("words").alias("query"), F.col("decision").alias("decision_id"),
        F.col("place").alias("slot"), F.col("offer").alias("offer_id"), "propensity", F.col("dwell").alias("ms_on_page"),
        F.col("order_no").alias("order_id"), F.col("total").alias("order_total"),
    )  # fmt: skip
    return F.struct(
        F.col("event_id").alias("id"), F.unix_millis("time").alias("ts"), ids.name_of(APP_NAMES, F.col("kind")).alias("name"),
        F.col("visitor").alias("device_id"), F.col("login").alias("user_id"), F.col("session").alias("session_id"),
        props.alias("props"),
    )  # fmt: skip


def _mini() -> Column:
    return F.struct(
        F.col("event_id").alias("eid"), F.unix_millis("time").alias("t"), ids.name_of(MINI_NAMES, F.col("kind")).alias("action"),
        F.col("visitor").alias("open_id"), F.col("login").alias("uid"), F.col("session").alias("sid"),
        F.col("item").alias("goods"), F.col("words").alias("kw"), F.col("decision").alias("rec_id"), F.col("place").alias("pos"),
        F.col("offer").alias("coupon"), "propensity", F.col("dwell").alias("stay_ms"), F.col("order_no").alias("bill"),
        F.col("total").alias("fee"),
    )  # fmt: skip
