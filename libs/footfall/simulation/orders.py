"""From what people wanted to what the shop booked: stock that runs out, order lines, tills, payments, refunds."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from footfall.simulation import identifiers as ids
from footfall.simulation.baskets import METHODS, RETURN_REASONS
from footfall.simulation.plan import CALL, CHANNELS, STORE, ZONE, SimulationPlan

MOST_FAILURES = 3  # payments that failed; an order with so many is never paid


def unsold_lines(demand: DataFrame) -> DataFrame:
    """The wanted lines that stock did not suffice for: `person`, `order_key`, `line`.

    Of an item and day the lines come in the order of time; from the first that exceeds its stock on, nothing is sold. Only items
    and days that sell out are put in order.
    """
    short = demand.groupBy("item", "day").agg(F.sum("quantity").alias("wanted"), F.max("stock").alias("stock"))
    short = short.where("wanted > stock").select("item", "day")
    queue = Window.partitionBy("item", "day").orderBy("time", "person", "order_key", "line")
    so_far = F.sum("quantity").over(queue.rowsBetween(Window.unboundedPreceding, 0))
    return (
        demand.join(short, ["item", "day"], "left_semi")
        .withColumn("so_far", so_far)
        .where("so_far > stock")
        .select("person", "order_key", "line")
    )


def _by_shop(rows: DataFrame) -> DataFrame:
    return rows.where("is_sold")


def _orders(rows: DataFrame) -> DataFrame:
    """One row an order of which something was sold."""
    return rows.where("line_number = 1")


def is_paid() -> Column:
    """Whether a payment of the order succeeded."""
    return F.col("failures") < MOST_FAILURES


def days_after(plan: SimulationPlan, days: Column) -> Column:
    """The moment so many days after the order, at another time of the day; NULL where `days` is NULL."""
    minutes = F.pmod(F.xxhash64(F.lit(f"{plan.seed}/minutes"), "person", "order_key", "line", days), F.lit(480))
    noon = F.date_trunc("day", F.from_utc_timestamp("time", ZONE)) + F.make_dt_interval(days.cast("int"), F.lit(9))
    return F.to_utc_timestamp(noon + F.make_dt_interval(mins=minutes.cast("int")), ZONE)


def is_within(plan: SimulationPlan, days: Column) -> Column:
    """Whether the day so many days after the order is one that is written."""
    return (F.col("day") + days >= plan.since) & (F.col("day") + days < plan.end)


def is_placed(plan: SimulationPlan) -> Column:
    """Whether the day of the order is one that is written."""
    return F.col("day") >= plan.since


def customer() -> Column:
    """Who an order names: nobody where a guest ordered."""
    return F.when(~F.col("is_guest"), ids.customer_id(F.col("person")))


def mail_of_order(plan: SimulationPlan) -> Column:
    """The address that an order names; half of those by telephone name the agent's, and guests type theirs."""
    is_agent = (F.col("channel") == CALL) & (F.pmod("order_template", F.lit(2)) == 0)
    own = ids.email(plan, F.col("person"), F.lit(0))
    as_typed = F.when(F.col("is_guest"), typed_mail(plan)["written"]).otherwise(own)
    return F.when(is_agent, ids.AGENT).otherwise(as_typed)


def typed_mail(plan: SimulationPlan) -> Column:
    """The address of the row's person as it was typed with the order: {written, slip}."""
    return ids.typed(
        plan, ids.email(plan, F.col("person"), F.lit(0)), F.lit("email"), F.col("person"), F.col("order_key")
    )


def gives_mail(plan: SimulationPlan) -> Column:
    """Whether the buyer tells the till an address: for one receipt in five."""
    return F.pmod(F.xxhash64(F.lit(f"{plan.seed}/receipt by mail"), "person", "order_key"), F.lit(5)) == 0


def order_lines(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    """Lines of orders over web, app, mini program and telephone, with the status of their order."""
    return _by_shop(lines).where(F.col("channel") != STORE).select(
        ids.order_id(plan, F.col("person"), F.col("order_key")).alias("order_id"),
        F.col("line_number").alias("line_no"),
        F.col("time").alias("ordered_at"),
        customer().alias("customer_id"),
        mail_of_order(plan).alias("email"),
        ids.name_of(CHANNELS, F.col("channel")).alias("channel"),
        ids.item_id(F.col("item")).alias("item_id"),
        F.col("quantity").cast("int").alias("quantity"),
        ids.money(F.col("list_cents")).alias("unit_price"),
        ids.money(F.col("amount_cents")).alias("amount"),
        ids.money(F.col("discount_cents")).alias("discount"),
        ids.offer_id(F.col("offer")).alias("offer_id"),
        ids.decision_id(plan, F.col("person"), F.col("week"), F.col("decision")).alias("decision_id"),
        F.when(is_paid(), "paid").otherwise("unpaid").alias("status"),
        ids.date_of(plan, F.col("day")).alias("day"),
    )  # fmt: skip


def till_lines(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    """Lines of receipts of the stores, and of what was brought back to them, by the wall clock of the shop."""
    rows = _by_shop(lines).where(F.col("channel") == STORE)
    sold = rows.where(is_placed(plan)).select("*", receipt_of(plan).alias("receipt"), F.lit(None).cast("string").alias("of_receipt"),
                       F.col("time").alias("at"), F.col("day").alias("on"), F.col("quantity").alias("units"))  # fmt: skip
    days = F.col("return_days")
    number = ids.code(plan, "brought back", F.col("person"), F.col("order_key"), F.col("line"))
    back = rows.where(days.isNotNull() & is_within(plan, days)).select(
        "*", F.concat(F.lit("B"), number).alias("receipt"), receipt_of(plan).alias("of_receipt"),
        days_after(plan, days).alias("at"), (F.col("day") + days).alias("on"), F.col("return_quantity").alias("units"),
    )  # fmt: skip
    return _till(plan, sold, "sale").unionByName(_till(plan, back, "return"))


def receipt_of(plan: SimulationPlan) -> Column:
    """The number of the row's order."""
    return ids.order_id(plan, F.col("person"), F.col("order_key"))


def _till(plan: SimulationPlan, rows: DataFrame, kind: str) -> DataFrame:
    part = F.col("units") / F.col("quantity")
    return rows.select(
        "receipt",
        (F.col("line_number") if kind == "sale" else F.lit(1)).alias("line"),
        F.lit(kind).alias("kind"),
        "of_receipt",
        F.date_format(F.from_utc_timestamp("at", ZONE), "yyyy-MM-dd HH:mm:ss").alias("sold_at"),
        F.concat(F.lit("S"), F.lpad(F.col("store").cast("string"), 2, "0")).alias("store"),
        F.when(F.col("has_card"), ids.card(F.col("person"))).alias("card_no"),
        ids.item_id(F.col("item")).alias("item_id"),
        F.col("units").cast("int").alias("quantity"),
        ids.money(F.floor(F.col("amount_cents") * part)).alias("amount"),
        ids.money(F.floor(F.col("discount_cents") * part)).alias("discount"),
        ids.offer_id(F.col("offer")).alias("offer_id"),
        ids.name_of(METHODS, F.col("method")).alias("paid_by"),
        F.when(gives_mail(plan), typed_mail(plan)["written"]).alias("email"),
        ids.date_of(plan, F.col("on")).alias("day"),
    )  # fmt: skip


def payments(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    """Payments of orders that did not go over a till: each that failed, and then the one that did not."""
    tries = F.sequence(F.lit(0), F.least(F.col("failures").cast("int"), F.lit(MOST_FAILURES - 1)))
    rows = _orders(lines).where(F.col("channel") != STORE).withColumn("attempt", F.explode(tries))
    order = ids.order_id(plan, F.col("person"), F.col("order_key"))
    is_failed = F.col("attempt") < F.col("failures")
    return rows.select(
        F.concat(F.lit("P"), ids.code(plan, "payment", F.col("person"), F.col("order_key"), F.col("attempt"))).alias("payment_id"),
        order.alias("order_id"),
        customer().alias("customer_id"),
        mail_of_order(plan).alias("email"),
        (F.col("time") + F.make_dt_interval(mins=F.col("attempt") * 2, secs=F.lit(20))).alias("paid_at"),
        ids.name_of(METHODS, F.col("method")).alias("method"),
        ids.money(F.col("order_cents")).alias("amount"),
        F.when(is_failed, "failed").otherwise("captured").alias("status"),
        F.when(is_failed, "declined by the bank").alias("reason"),
        ids.name_of(CHANNELS, F.col("channel")).alias("channel"),
        ids.date_of(plan, F.col("day")).alias("day"),
    )  # fmt: skip


def refunds(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    """What came back of orders that did not go over a till, a row a line."""
    days = F.col("return_days")
    rows = _by_shop(lines).where((F.col("channel") != STORE) & is_paid() & days.isNotNull() & is_within(plan, days))
    return rows.select(
        F.concat(F.lit("R"), ids.code(plan, "refund", F.col("person"), F.col("order_key"), F.col("line"))).alias("refund_id"),
        ids.order_id(plan, F.col("person"), F.col("order_key")).alias("order_id"),
        F.col("line_number").alias("line_no"),
        customer().alias("customer_id"),
        mail_of_order(plan).alias("email"),
        days_after(plan, days).alias("refunded_at"),
        ids.item_id(F.col("item")).alias("item_id"),
        F.col("return_quantity").cast("int").alias("quantity"),
        ids.money(F.floor(F.col("amount_cents") * F.col("return_quantity") / F.col("quantity"))).alias("amount"),
        ids.name_of(RETURN_REASONS, F.col("return_reason")).alias("reason"),
        ids.name_of(CHANNELS, F.col("channel")).alias("channel"),
        ids.date_of(plan, F.col("day") + days).alias("day"),
    )  # fmt: skip
