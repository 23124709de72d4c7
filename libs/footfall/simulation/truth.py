"""What nobody in a real shop knows, as tables beside the logs: people, identifiers, effects, probabilities, labels, drifts."""

from __future__ import annotations

from datetime import date
from math import exp

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from footfall.simulation import baskets, browsing, catalogue, families, offers, people, visits
from footfall.simulation import identifiers as ids
from footfall.simulation.plan import APP, CHANNELS, MINI, WEB, SimulationPlan
from footfall.simulation.shop_files import phone_of
from footfall.simulation.world import CATEGORY_NAMES, PRICE_DRIFT, drift_day

# device -> channel that it is used for, and the flag of the people who have it
_OWNED = {
    visits.COMPUTER: (WEB, "true"),
    visits.PHONE_BROWSER: (WEB, "has_phone_browser"),
    visits.PHONE: (APP, "true"),
    visits.MINI_PHONE: (MINI, "true"),
    visits.WORK_COMPUTER: (WEB, "has_work_computer"),
}


def hidden_people(plan: SimulationPlan, rows: DataFrame) -> DataFrame:
    """One row a person: type, hazard of leaving, price sensitivity, taste, the day on which the person comes no more."""
    is_churned = F.col("churn_day") < plan.end
    return rows.select(
        "person",
        ids.customer_id(F.col("person")).alias("customer_id"),
        ids.name_of(people.FAMILIES, F.col("family")).alias("family"),
        F.col("rate").alias("orders_a_day"),
        F.col("hazard").alias("hazard_a_day"),
        (F.col("hazard") * people.DRIFT_HAZARD).alias("hazard_a_day_after_drift"),
        F.date_add(F.lit(plan.start), F.col("joined_day")).alias("joined_on"),
        F.when(is_churned, F.date_add(F.lit(plan.start), F.col("churn_day"))).alias("churned_on"),
        "price_sensitivity", "taste_kind",
        F.map_from_arrays(F.array(*map(F.lit, CATEGORY_NAMES)), "taste").alias("taste"),
        F.map_from_arrays(F.array(*map(F.lit, CHANNELS)), "channel_share").alias("channel_share"),
        ids.name_of(people.GROUPS, F.col("group")).alias("group"),
        "responsiveness",
    )  # fmt: skip


def identifiers(plan: SimulationPlan, rows: DataFrame) -> DataFrame:
    """One row a person and identifier that may stand in the logs, whether it does or not."""
    person = F.col("person")
    epochs = F.sequence(F.lit(0), F.lit((plan.end - 1) // ids.COOKIE_DAYS))
    entries = [
        _entry("login", ids.customer_id(person)),
        _entry("email", ids.email(plan, person, F.lit(0))),
        _entry("email", F.when(F.col("email_change_day") < plan.end, ids.email(plan, person, F.lit(1)))),
        _entry("phone", ids.phone(person, F.lit(0))),
        _entry("phone", F.when(F.col("phone_change_day") < plan.end, phone_of(person, F.lit(1)))),
        _entry("card", F.when(F.col("has_card"), ids.card(person))),
    ]
    devices = [F.struct(F.lit(d).alias("device"), F.lit(channel).alias("channel"), F.expr(owned).alias("owned"))
               for d, (channel, owned) in _OWNED.items()]  # fmt: skip
    known = rows.select("person", F.explode(F.array(*entries)).alias("entry")).select("person", "entry.*")
    owned = rows.select("person", F.explode(F.array(*devices)).alias("d"))
    owned = owned.where("d.owned").select("person", "d.device", "d.channel", F.explode(epochs).alias("epoch"))
    visitor = ids.visitor_id(plan, person, F.col("device"), F.col("channel"), F.col("epoch") * ids.COOKIE_DAYS)
    visitor_rows = owned.select("person", F.lit("visitor").alias("kind"), visitor.alias("identifier")).distinct()
    return known.where("identifier IS NOT NULL").unionByName(visitor_rows)


def _entry(kind: str, value: Column) -> Column:
    return F.struct(F.lit(kind).alias("kind"), value.alias("identifier"))


def shared_identifiers(plan: SimulationPlan, stores: DataFrame) -> DataFrame:
    """One row an identifier behind which many stand: the kiosk of each store (`id`), and the agent of the call centre."""
    kiosk = ids.visitor_id(plan, F.col("id"), F.lit(visits.KIOSK), F.lit(WEB), F.lit(0))
    kiosks = stores.select(F.lit("visitor").alias("kind"), kiosk.alias("identifier"), F.lit("kiosk").alias("what"))
    agents = F.array(*(F.struct(F.lit(kind).alias("kind"), F.lit(identifier).alias("identifier"), F.lit("agent").alias("what"))
                       for kind, identifier in (("email", ids.AGENT), ("phone", ids.AGENT_PHONE))))  # fmt: skip
    return kiosks.unionByName(stores.where("id = 0").select(F.inline(agents)))


def bots(plan: SimulationPlan, rows: DataFrame) -> DataFrame:
    """One row a bot and visitor id of it."""
    epochs = F.explode(F.sequence(F.lit(0), F.lit((plan.end - 1) // ids.COOKIE_DAYS))).alias("epoch")
    visitor = ids.visitor_id(
        plan, F.col("person"), F.lit(visits.COMPUTER), F.lit(WEB), F.col("epoch") * ids.COOKIE_DAYS
    )
    return rows.select("person", epochs).select(F.col("person").alias("bot"), visitor.alias("visitor_id"))


def hidden_items(rows: DataFrame) -> DataFrame:
    """One row an item: quality, popularity within its category, regular price and cost."""
    first = rows.groupBy("item").agg(
        *(F.min(name).alias(name) for name in ("quality", "popularity", "regular_cents", "cost_share", "category"))
    )
    return first.select(
        ids.item_id(F.col("item")).alias("item_id"),
        ids.name_of(CATEGORY_NAMES, F.col("category")).alias("category"),
        "quality", "popularity", ids.money(F.col("regular_cents")).alias("regular_price"), "cost_share",
    )  # fmt: skip


def offer_effects(rows: DataFrame) -> DataFrame:
    """One row a person and offer: by how much it changes the probability of an order once it was shown."""
    return rows.select("person", F.posexplode("offer_effects").alias("offer", "effect")).select(
        "person",
        ids.customer_id(F.col("person")).alias("customer_id"),
        ids.offer_id(F.col("offer")).alias("offer_id"),
        "effect",
    )


def hidden_decisions(plan: SimulationPlan, rows: DataFrame) -> DataFrame:
    """One row a decision: the true effect, the draw made beforehand that it is compared with, and what came of it."""
    return rows.select(
        ids.decision_id(plan, F.col("person"), F.col("week"), F.col("decision")).alias("decision_id"),
        "person", ids.offer_id(F.col("offer")).alias("offer_id"), "is_random", "propensity",
        ids.date_of(plan, F.col("day")).cast("date").alias("decided_on"),
        ids.date_of(plan, F.col("shown_day")).cast("date").alias("shown_on"),
        "effect", F.col("reaction").alias("reaction_draw"), "click_probability", "is_clicked", "adds_order", "drops_orders",
        F.col("orders_added").cast("int").alias("orders_added"), "orders_lost",
    )  # fmt: skip


def click_probabilities(plan: SimulationPlan, events: DataFrame) -> DataFrame:
    """One row a recommended item that was shown: how probable a click on it was."""
    shown = events.where((F.col("kind") == browsing.IMPRESSION) & F.col("position").isNotNull())
    return shown.select(
        F.coalesce("decision", ids.slate_id(plan, F.col("person"), F.col("visit"))).alias("decision_id"),
        "person", ids.item_id(F.col("item")).alias("item_id"), "position", "propensity", "click_probability",
        ids.date_of(plan, F.col("day")).cast("date").alias("shown_on"),
    )  # fmt: skip


def unsold(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    """One row an item and day on which it sold out: units that were wanted and not sold."""
    short = (
        lines.where("NOT is_sold")
        .groupBy("item", "day")
        .agg(F.sum("quantity").alias("units_unsold"), F.count("*").alias("lines_unsold"))
    )
    return short.select(
        ids.item_id(F.col("item")).alias("item_id"),
        ids.date_of(plan, F.col("day")).cast("date").alias("on_day"), "units_unsold", "lines_unsold",
    )  # fmt: skip


def frauds(plan: SimulationPlan, lines: DataFrame) -> DataFrame:
    """One row a fraudulent order."""
    return lines.where("is_fraud AND line_number = 1").select(
        ids.order_id(plan, F.col("person"), F.col("order_key")).alias("order_id"),
        "person",
        F.lit("empty parcel").alias("kind"),
    )


def messages(reviews: DataFrame, tickets: DataFrame, surveys: DataFrame) -> DataFrame:
    """One row a text: its label, which was drawn before its words, and that its words are a template's."""
    scores = surveys.withColumn("label", F.col("score").cast("string"))
    kinds = (("review", reviews, "review_id"), ("ticket", tickets, "ticket_id"), ("survey", scores, "answer_id"))
    texts = [
        rows.select(F.lit(kind).alias("kind"), F.col(key).alias("id"), "label", "language") for kind, rows, key in kinds
    ]
    return texts[0].unionByName(texts[1]).unionByName(texts[2]).withColumn("origin", F.lit("template"))


def transitions(rows: DataFrame) -> DataFrame:
    """One row a person and step: how probable it is that a visit of the person goes on in this way."""
    steps = [F.struct(F.lit(a).alias("from_state"), F.lit(b).alias("to_state"), F.get("transition", F.lit(place)).alias("probability"))
             for place, (a, b) in enumerate(people.TRANSITIONS)]  # fmt: skip
    idle = F.least("rate", F.lit(visits.BROWSING_MOST)) * visits.BROWSING
    order = F.struct(
        F.lit("visit").alias("from_state"),
        F.lit("order").alias("to_state"),
        (F.col("rate") / (F.col("rate") + idle)).alias("probability"),
    )
    step = F.explode(F.array(*steps, order)).alias("step")
    return rows.select("person", ids.customer_id(F.col("person")).alias("customer_id"), step).select(
        "person", "customer_id", "step.*"
    )


def parameters(plan: SimulationPlan) -> list[tuple[str, str, float]]:
    """(kind, name, value) of what holds for all: mean transition probabilities, shares, what is planted."""
    return [
        *(("transition", f"{a} -> {b}", share) for (a, b), share in people.TRANSITIONS.items()),
        ("transition", "wanted line -> view before it", 0.8),
        ("share", "random slates", browsing.RANDOM_SLATES),
        ("share", "random decisions", offers.RANDOM_SHARE),
        ("share", "fraudulent orders", baskets.FRAUD_SHARE),
        *(
            ("share", f"family {name}", share)
            for name, share in zip(people.FAMILIES, people.FAMILY_SHARES, strict=True)
        ),
        ("family", "bursty: orders a burst", families.BURST_ORDERS),
        ("family", "bursty: days between two", families.BURST_GAP_DAYS),
        ("unfairness", "hazard of the south, times", people.UNFAIR_HAZARD),
        ("unfairness", "south left out by the rule", offers.UNFAIR_SKIP),
        ("days", "until the state of a continuation", float(plan.since)),
    ]


def drifts(plan: SimulationPlan) -> list[tuple[str, date, float]]:
    """(what, its first day, how many times as much it is from then on)."""
    day = plan.day(drift_day(plan))
    return [
        ("hazard of leaving", day, people.DRIFT_HAZARD),
        ("prices", day, round(exp(PRICE_DRIFT), 6)),
        ("costs", day, catalogue.COST_DRIFT),
        ("share of the app", day, visits.APP_DRIFT),
    ]
