"""What the shop's own systems write: customers, consents, items, prices, stock, costs, offers, decisions and contacts."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.simulation import identifiers as ids
from footfall.simulation.catalogue import COMPETITORS
from footfall.simulation.offers import MEDIA, ONSITE, ShopOffer
from footfall.simulation.people import AGE_BANDS, GENDERS, GROUPS, NEVER, PURPOSES
from footfall.simulation.plan import CURRENCY, ZONE, SimulationPlan
from footfall.simulation.world import ADJECTIVES, BRANDS, CATEGORIES, CATEGORY_NAMES

DEPARTMENTS = tuple(department for department, _, _ in CATEGORIES.values())


def moment_of(plan: SimulationPlan, day: Column, hour: int) -> Column:
    """A full hour of a day of the shop."""
    local = F.date_add(F.lit(plan.start), day.cast("int")).cast("timestamp") + F.make_dt_interval(hours=F.lit(hour))
    return F.to_utc_timestamp(local, ZONE)


def customers(plan: SimulationPlan, people: DataFrame) -> DataFrame:
    """Entries of customers on the days on which they are new or another; the first day has all who had joined by then."""
    joined = F.greatest(F.col("joined_day"), F.lit(0))
    days = F.array_distinct(
        F.array(joined, F.greatest(joined, "phone_change_day"), F.greatest(joined, "email_change_day"))
    )
    rows = people.withColumn("at", F.explode(days)).where((F.col("at") >= plan.since) & (F.col("at") < plan.end))
    person = F.col("person")

    def version(day: str) -> Column:
        return (F.col("at") >= F.col(day)).cast("int")

    return rows.select(
        ids.customer_id(person).alias("customer_id"),
        ids.email(plan, person, version("email_change_day")).alias("email"),
        phone_of(person, version("phone_change_day")).alias("phone"),
        F.when(F.col("has_card"), ids.card(person)).alias("card_no"),
        ids.name_of(AGE_BANDS, F.col("age_band")).alias("age_band"),
        F.nullif(ids.name_of(GENDERS, F.col("gender")), F.lit("")).alias("gender"),
        ids.name_of(GROUPS, F.col("group")).alias("region"),
        F.col("household_size").cast("int").alias("household_size"),
        F.date_add(F.lit(plan.start), F.col("joined_day")).alias("joined_on"),
        ids.date_of(plan, F.col("at")).alias("day"),
    )  # fmt: skip


def phone_of(person: Column, version: Column) -> Column:
    """The number of a person; a new one may have been that of somebody who left (`takes_phone_of`)."""
    is_recycled = (version == 1) & F.col("takes_phone_of").isNotNull()
    return F.when(is_recycled, ids.phone(F.col("takes_phone_of"), F.lit(0))).otherwise(ids.phone(person, version))


def consents(plan: SimulationPlan, people: DataFrame) -> DataFrame:
    """Consent by purpose, as it was given and withdrawn; what was given before the first day is a row of the first day."""
    purpose = F.posexplode(F.array(*map(F.lit, PURPOSES)))
    rows = people.select("person", "consent_day", "withdrawn_day", purpose.alias("place", "purpose"))
    given_day = F.greatest(F.get("consent_day", F.col("place")), F.lit(0))
    changes = F.array(
        F.struct(given_day.alias("day"), F.lit("given").alias("action")),
        F.struct(F.get("withdrawn_day", F.col("place")).alias("day"), F.lit("withdrawn").alias("action")),
    )
    changed = rows.where(F.get("consent_day", F.col("place")) < NEVER).withColumn("change", F.explode(changes))
    day = F.col("change.day")
    return changed.where((day >= plan.since) & (day < plan.end)).select(
        ids.customer_id(F.col("person")).alias("customer_id"),
        "purpose",
        F.col("change.action").alias("action"),
        moment_of(plan, day, 20).alias("changed_at"),
        ids.date_of(plan, day).alias("day"),
    )


def item_name() -> Column:
    """What a shopper reads."""
    nouns = F.array(*(F.array(*map(F.lit, of)) for _, of, _ in CATEGORIES.values()))
    noun = F.get(F.get(nouns, F.col("category").cast("int")), F.col("noun").cast("int"))
    return F.concat_ws(" ", ids.name_of(ADJECTIVES, F.col("adjective")), noun)


def items(plan: SimulationPlan, rows: DataFrame) -> DataFrame:
    """Entries of the catalogue on the days on which they are new or another."""
    return rows.select(
        ids.item_id(F.col("item")).alias("item_id"),
        item_name().alias("item_name"),
        ids.name_of(BRANDS, F.col("brand")).alias("brand"),
        ids.name_of(DEPARTMENTS, F.col("category")).alias("department"),
        ids.name_of(CATEGORY_NAMES, F.col("category")).alias("category"),
        F.concat(F.lit("pack of "), F.col("size").cast("string")).alias("package_size"),
        ids.date_of(plan, F.col("day")).alias("day"),
    )


def prices(plan: SimulationPlan, rows: DataFrame) -> DataFrame:
    """Prices on the days from which they hold."""
    return _dated(plan, rows, ids.money(F.col("price_cents")).alias("price"), F.lit(CURRENCY).alias("currency"))


def costs(plan: SimulationPlan, rows: DataFrame) -> DataFrame:
    """What a unit costs the shop, on the days from which it does."""
    return _dated(plan, rows, ids.money(F.col("cost_cents")).alias("cost"), F.lit(CURRENCY).alias("currency"))


def competitor_prices(plan: SimulationPlan, rows: DataFrame) -> DataFrame:
    """What items cost elsewhere, as somebody of the shop saw it."""
    local = F.date_add(F.lit(plan.start), F.col("day")).cast("timestamp") + F.make_dt_interval(
        hours=F.col("hour").cast("int")
    )
    seen_at = F.date_format(local, "yyyy-MM-dd HH:mm:ss").alias("seen_at")
    competitor = ids.name_of(tuple(COMPETITORS), F.col("competitor")).alias("competitor")
    price = ids.money(F.col("price_cents")).alias("price")
    return _dated(plan, rows, competitor, seen_at, price, F.lit(CURRENCY).alias("currency")).drop("on_day")


def stock_levels(plan: SimulationPlan, rows: DataFrame, lines: DataFrame) -> DataFrame:
    """Units of each item in the morning and in the evening of each day."""
    sold = lines.where("is_sold").groupBy("item", "day").agg(F.sum("quantity").alias("sold"))
    left = F.col("stock") - F.coalesce("sold", F.lit(0))
    return _dated(
        plan, rows.join(sold, ["item", "day"], "left"),
        F.col("stock").alias("units_morning"), left.cast("int").alias("units_evening"),
    )  # fmt: skip


def _dated(plan: SimulationPlan, rows: DataFrame, *columns: Column) -> DataFrame:
    date = ids.date_of(plan, F.col("day"))
    return rows.select(ids.item_id(F.col("item")).alias("item_id"), date.alias("on_day"), *columns, date.alias("day"))


def offer_catalogue(plan: SimulationPlan, numbers: DataFrame, offers: Sequence[ShopOffer]) -> DataFrame:
    """The offers; `numbers` has their numbers as `id`."""
    number = F.col("id")

    def value(name: str) -> Column:
        return F.get(F.array(*(F.lit(getattr(offer, name)) for offer in offers)), number.cast("int"))

    return numbers.select(
        ids.offer_id(number).alias("offer_id"),
        value("name").alias("name"),
        ids.name_of(MEDIA, value("medium")).alias("medium"),
        ids.name_of(CATEGORY_NAMES, F.nullif(value("category"), F.lit(-1))).alias("category"),
        value("discount").alias("discount_share"),
        F.date_add(F.lit(plan.start), F.greatest(value("first_day"), F.lit(plan.since))).alias("first_day"),
        F.date_add(F.lit(plan.start), value("last_day")).alias("last_day"),
        ids.money(value("fixed_cost_cents")).alias("cost_a_showing"),
    )  # fmt: skip


def decisions(plan: SimulationPlan, rows: DataFrame) -> DataFrame:
    """Which offer the shop chose for whom, nothing among them; a propensity where chance chose, none where a rule did."""
    return rows.where(F.col("day") >= plan.since).select(
        _decision(plan).alias("decision_id"),
        ids.customer_id(F.col("person")).alias("customer_id"),
        moment_of(plan, F.col("day"), 6).alias("decided_at"),
        ids.offer_id(F.col("offer")).alias("offer_id"),
        F.when(F.col("decision").isNotNull(), "another")
        .when(F.col("is_random"), "random")
        .otherwise("rule")
        .alias("chosen_by"),
        F.round("propensity", 6).alias("propensity"),
        ids.date_of(plan, F.col("day")).alias("day"),
    )


def _decision(plan: SimulationPlan) -> Column:
    return ids.decision_id(plan, F.col("person"), F.col("week"), F.col("decision"))


def contacts(plan: SimulationPlan, rows: DataFrame, offers: Sequence[ShopOffer]) -> DataFrame:
    """E-mails and text messages that were sent, with the decision that they come from."""
    medium = F.get(F.array(*(F.lit(offer.medium) for offer in offers)), F.col("offer").cast("int"))
    number = ids.code(plan, "contact", F.col("person"), F.col("week").cast("int"), F.col("offer"))
    return rows.where((F.col("shown_day") >= plan.since) & (medium != ONSITE)).select(
        F.concat(F.lit("M"), number).alias("contact_id"),
        _decision(plan).alias("decision_id"),
        ids.customer_id(F.col("person")).alias("customer_id"),
        ids.name_of(MEDIA, medium).alias("medium"),
        ids.offer_id(F.col("offer")).alias("offer_id"),
        F.col("shown_time").alias("sent_at"),
        F.round("propensity", 6).alias("propensity"),
        F.when(F.col("is_clicked"), F.col("shown_time") + F.make_dt_interval(hours=F.lit(2))).alias("clicked_at"),
        ids.date_of(plan, F.col("shown_day")).alias("day"),
    )  # fmt: skip
