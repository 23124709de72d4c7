"""Identifiers of the imagined shop, as expressions: none says who is behind it, and none is anybody's in the world."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from footfall.simulation.baskets import STORES
from footfall.simulation.plan import APP, MINI, SimulationPlan
from footfall.simulation.visits import COMPUTER, KIOSK

SHARED_PERCENT = 4  # of pairs of people that share a computer
COOKIE_DAYS = 60  # so long a browser keeps its visitor id
_NUMBERS, _FACTOR = 10_000_000_000, 3_333_333_331  # a factor without a divisor in common: no number comes twice


def code(plan: SimulationPlan, word: str, *parts: Column) -> Column:
    """Sixteen hexadecimal digits that are a function of the seed, a word and the parts."""
    return F.lpad(F.lower(F.hex(F.xxhash64(F.lit(f"{plan.seed}/{word}"), *parts))), 16, "0")


def customer_id(person: Column) -> Column:
    """The login's number; people get them in the order of nothing."""
    return F.concat(F.lit("C"), F.lpad(person.cast("string"), 8, "0"))


def email(plan: SimulationPlan, person: Column, version: Column) -> Column:
    """An address at a domain that is kept for examples; `version` 1 after it was changed."""
    domain = F.element_at(F.array(*map(F.lit, ("org", "com", "net"))), (F.pmod(person, F.lit(3)) + 1).cast("int"))
    return F.concat(F.lit("p"), code(plan, "email", person, version), F.lit("@example."), domain)


def phone(person: Column, version: Column) -> Column:
    """A number of country code 999, which nobody has; `version` 1 after it was changed."""
    number = F.pmod((person * 2 + version) * F.lit(_FACTOR) + 123_456_789, F.lit(_NUMBERS))
    return F.concat(F.lit("+999"), F.lpad(number.cast("string"), 10, "0"))


AGENT = "agent@example.org"  # of the call centre, who writes down an address for people without one
AGENT_PHONE = "+99900000000001"  # that calls back; longer than any customer's
TYPOS, OTHER_WRITINGS = 30, 80  # of a thousand identifiers that somebody types


def typed(plan: SimulationPlan, value: Column, *about: Column) -> Column:
    """An e-mail address or a telephone number as somebody types it: {written, slip}, `slip` NULL where it is as it should be.

    Three in a hundred have a slip: two neighbours swapped, a sign left out, or twice. Five more are the same in other
    writing: an address in capitals, a number with blanks and 00.
    """
    draw = F.pmod(F.xxhash64(F.lit(f"{plan.seed}/typed"), *about), F.lit(1000))
    place = (F.pmod(F.xxhash64(F.lit(f"{plan.seed}/typed at"), *about), F.lit(8)) + 5).cast("int")
    head, tail = F.left(value, place), F.substring(value, place + 1, F.lit(64))
    spaced = F.concat(
        F.lit("00"),
        F.substring(value, 2, 3),
        F.lit(" "),
        F.substring(value, 5, 4),
        F.lit(" "),
        F.substring(value, 9, 9),
    )
    ways = (
        (
            "swapped",
            TYPOS // 3,
            F.concat(head, F.substring(tail, 2, 1), F.substring(tail, 1, 1), F.substring(tail, 3, 64)),
        ),
        ("left out", TYPOS * 2 // 3, F.concat(head, F.substring(tail, 2, 64))),
        ("twice", TYPOS, F.concat(head, F.substring(tail, 1, 1), tail)),
        ("other writing", OTHER_WRITINGS, F.when(F.startswith(value, F.lit("+")), spaced).otherwise(F.upper(value))),
    )
    written, slip = value, F.lit(None).cast("string")
    for name, below, text in reversed(ways):
        written = F.when(draw < below, text).otherwise(written)
        slip = F.when(draw < below, F.when(text != value, name)).otherwise(slip)
    return F.struct(written.alias("written"), slip.alias("slip"))


def card(person: Column) -> Column:
    """The number of a store card."""
    number = F.pmod(person * F.lit(_FACTOR) + 987_654_321, F.lit(_NUMBERS))
    return F.concat(F.lit("90"), F.lpad(number.cast("string"), 10, "0"))


def visitor_id(plan: SimulationPlan, person: Column, device: Column, channel: Column, day: Column) -> Column:
    """What a device is known by: a cookie of COOKIE_DAYS on the web, a device's id in the app, an open id in the mini program.

    Of some pairs of people, an even number and the next, the computer is one. A store's kiosk is everybody's.
    """
    is_pair = F.pmod(F.xxhash64(F.lit(f"{plan.seed}/pairs"), F.floor(person / 2)), F.lit(100)) < SHARED_PERCENT
    owner = F.when(is_pair & (device == COMPUTER), person - person % 2).otherwise(person)
    kiosk = F.concat(F.lit("v"), code(plan, "kiosk", person % STORES))
    cookie = F.when(channel.isin(APP, MINI), F.lit(0)).otherwise(F.floor(day / COOKIE_DAYS).cast("int"))
    own = F.concat(F.lit("v"), code(plan, "visitor", owner, device.cast("int"), cookie))
    return F.when(device == KIOSK, kiosk).otherwise(own)


def session_id(plan: SimulationPlan, person: Column, visit: Column) -> Column:
    """The source's own session."""
    return F.concat(F.lit("s"), code(plan, "session", person, visit.cast("int")))


def order_id(plan: SimulationPlan, person: Column, order_key: Column) -> Column:
    """The number of an order or a receipt."""
    return F.concat(F.lit("O"), code(plan, "order", person, order_key.cast("int")))


def decision_id(plan: SimulationPlan, person: Column, week: Column, assigned: Column) -> Column:
    """The number of a decision which offer a person gets in a week: the `assigned` one, if any; NULL without a week."""
    own = F.when(week.isNotNull(), F.concat(F.lit("d"), code(plan, "decision", person, week.cast("int"))))
    return F.coalesce(assigned, own)


def slate_id(plan: SimulationPlan, person: Column, visit: Column) -> Column:
    """The number of a decision which items a visit is recommended."""
    return F.concat(F.lit("l"), code(plan, "slate", person, visit.cast("int")))


def item_id(item: Column) -> Column:
    """The shop's own item number."""
    return F.concat(F.lit("I"), F.lpad(item.cast("string"), 6, "0"))


def offer_id(offer: Column) -> Column:
    """The shop's own number of an offer."""
    return F.concat(F.lit("F"), F.lpad(offer.cast("string"), 3, "0"))


def name_of(names: tuple[str, ...], number: Column) -> Column:
    """The name at a place that counts from 0; NULL of NULL."""
    return F.get(F.array(*map(F.lit, names)), number.cast("int"))


def date_of(plan: SimulationPlan, day: Column) -> Column:
    """The date of a day's number, as text yyyy-MM-dd."""
    return F.date_add(F.lit(plan.start), day.cast("int")).cast("string")


def money(cents: Column) -> Column:
    """Cents as an exact amount with two decimals."""
    return (cents.cast("decimal(18,0)") / 100).cast("decimal(18,2)")
