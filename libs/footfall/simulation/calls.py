"""The telephone log of the call centre, and the identifiers that somebody typed with a slip, there and elsewhere."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.simulation import identifiers as ids
from footfall.simulation.baskets import INTENTS
from footfall.simulation.orders import days_after, gives_mail, is_placed, is_within, receipt_of, typed_mail
from footfall.simulation.plan import CALL, STORE, SimulationPlan
from footfall.simulation.texts import is_call

CALLS_BACK = 3  # of ten calls the agent's own number is noted, since the agent called back


def call_log(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    """Calls about orders, and those by which orders were placed: the number that called, whom the agent took the caller for."""
    return _calls(plan, lines).select(
        "call_id", "called_at",
        F.when(_is_agent(plan), ids.AGENT_PHONE).otherwise(F.col("typed.written")).alias("phone"),
        "topic",
        receipt_of(plan).alias("order_id"),
        F.when(F.pmod(_draw(plan), F.lit(7)) > 0, ids.customer_id(F.col("person"))).alias("customer_id"),
        F.lit(ids.AGENT).alias("agent"),
        (F.pmod(_draw(plan), F.lit(840)) + 60).cast("int").alias("seconds"),
        "day",
    )  # fmt: skip


def _calls(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    first = lines.where((F.col("line_number") == 1) & ~F.col("is_guest"))
    own = ids.phone(F.col("phone_owner"), F.col("phone_version"))
    days = F.col("ticket_days")
    about = first.where(is_call() & days.isNotNull() & is_within(plan, days)).select(
        "*", days_after(plan, days).alias("called_at"), ids.name_of(INTENTS, F.col("intent")).alias("topic"),
        F.lit("T").alias("letter"), F.lit("ticket").alias("word"), ids.date_of(plan, F.col("day") + days).alias("on"),
    )  # fmt: skip
    orders = first.where((F.col("channel") == CALL) & is_placed(plan)).select(
        "*", F.col("time").alias("called_at"), F.lit("order").alias("topic"),
        F.lit("K").alias("letter"), F.lit("call").alias("word"), ids.date_of(plan, F.col("day")).alias("on"),
    )  # fmt: skip
    number = F.when(F.col("letter") == "T", ids.code(plan, "ticket", F.col("person"), F.col("order_key"))).otherwise(
        ids.code(plan, "call", F.col("person"), F.col("order_key"))
    )
    typed = ids.typed(plan, own, F.col("word"), F.col("person"), F.col("order_key"))
    both = about.unionByName(orders).withColumn("call_id", F.concat("letter", number)).drop("day")
    return both.withColumn("own", own).withColumn("typed", typed).withColumnRenamed("on", "day")


def _draw(plan: SimulationPlan) -> Column:
    return F.xxhash64(F.lit(f"{plan.seed}/calls"), "word", "person", "order_key")


def _is_agent(plan: SimulationPlan) -> Column:
    return F.pmod(_draw(plan), F.lit(10)) < CALLS_BACK


def slips(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    """One row an identifier that was typed with a slip: where it stands, whose it is, and what was meant."""
    orders = lines.where((F.col("line_number") == 1) & is_placed(plan))
    mails = orders.withColumn("typed", typed_mail(plan)).withColumn("own", ids.email(plan, F.col("person"), F.lit(0)))
    in_store = F.col("channel") == STORE
    parts = (
        ("orders", "email", mails.where(F.col("is_guest")), receipt_of(plan)),
        ("tills", "email", mails.where(in_store & gives_mail(plan)), receipt_of(plan)),
        ("calls", "phone", _calls(plan, lines).where(~_is_agent(plan)), F.col("call_id")),
    )
    return reduce(DataFrame.unionByName, [
        rows.where("typed.slip IS NOT NULL").select(
            F.lit(feed).alias("feed"), key.alias("key"), "person", F.lit(kind).alias("kind"),
            F.col("typed.written").alias("written"), F.col("own").alias("meant"), F.col("typed.slip").alias("slip"),
        )
        for feed, kind, rows, key in parts
    ])  # fmt: skip
