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
    line = F.when(F.col("channel") == WEB, _web()).when(F.col("channel") == APP, _app())
    return named.select(
        line.otherwise(_mini()).alias("value"),
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


def _object(**fields: Column) -> Column:
    """An object of JSON without the fields that are NULL; no value has a sign that JSON escapes. to_json would take twice as long."""
    return F.concat(F.lit("{"), F.concat_ws(",", *(_pair(name, value) for name, value in fields.items())), F.lit("}"))


def _pair(name: str, value: Column) -> Column:
    return F.concat(F.lit(f'"{name}":'), value)


def _text(value: Column | str) -> Column:
    return F.concat(F.lit('"'), value, F.lit('"'))


def _number(value: Column | str) -> Column:
    return (F.col(value) if isinstance(value, str) else value).cast("string")


def _web() -> Column:
    at = F.date_format("time", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")
    return _object(
        event_id=_text("event_id"), at=_text(at), event=_text(ids.name_of(KINDS, F.col("kind"))),
        visitor_id=_text("visitor"), customer_id=_text("login"), item_id=_text("item"),
        search_words=_text("words"), decision_id=_text("decision"), position=_number("place"),
        offer_id=_text("offer"), propensity=_number("propensity"), dwell_ms=_number("dwell"),
        order_id=_text("order_no"), order_total=_number("total"),
    )  # fmt: skip


def _app() -> Column:
    props = _object(
        sku=_text("item"), query=_text("words"), decision_id=_text("decision"), slot=_number("place"),
        offer_id=_text("offer"), propensity=_number("propensity"), ms_on_page=_number("dwell"),
        order_id=_text("order_no"), order_total=_number("total"),
    )  # fmt: skip
    return _object(
        id=_text("event_id"), ts=_number(F.unix_millis("time")), name=_text(ids.name_of(APP_NAMES, F.col("kind"))),
        device_id=_text("visitor"), user_id=_text("login"), session_id=_text("session"), props=props,
    )  # fmt: skip


def _mini() -> Column:
    return _object(
        eid=_text("event_id"), t=_number(F.unix_millis("time")), action=_text(ids.name_of(MINI_NAMES, F.col("kind"))),
        open_id=_text("visitor"), uid=_text("login"), sid=_text("session"), goods=_text("item"), kw=_text("words"),
        rec_id=_text("decision"), pos=_number("place"), coupon=_text("offer"), propensity=_number("propensity"),
        stay_ms=_number("dwell"), bill=_text("order_no"), fee=_number("total"),
    )  # fmt: skip
