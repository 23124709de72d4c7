"""Dirt as raw logs have it: which kinds, how much of each, and where each dirty row must end. Only declarations and expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.simulation.plan import SimulationPlan
from footfall.steps.source_names import quoted

QUARANTINE, REDELIVERY, CONFLICT, NOBODY, REPAIRED, ANYWHERE = (
    "quarantine", "redelivery", "conflict", "nobody", "repaired", "anywhere",
)  # fmt: skip
MILLION = 1_000_000


@dataclass(frozen=True)
class DirtKind:
    """One kind of dirt: of the rows of its feed that `where` fits, so many in a million have it, where the plan's dirt is 1.

    `changes` gives SQL for each column that is another; with `is_copy` the row stays, and a changed copy of it comes beside.
    """

    feed: str
    name: str
    share: int  # in a million
    end: str
    rule: str = ""  # of the quarantine
    where: str = "true"
    changes: Mapping[str, str] = field(default_factory=dict)
    is_copy: bool = False


_NEXT_DAY = {"day": "CAST(date_add(CAST(day AS DATE), 1) AS STRING)"}


def _line(key: str, value: str) -> dict[str, str]:
    """A line of JSON with another value under a key that holds a text or a number."""
    return {"value": f"""regexp_replace(value, '"{key}":("[^"]*"|[0-9.]+)', '"{key}":{value}')"""}


def _web(name: str, end: str, rule: str = "", where: str = "true", **more: object) -> DirtKind:
    return DirtKind("events", f"web: {name}", 300, end, rule, f"channel = 'web' AND ({where})", **more)  # type: ignore[arg-type]


def _app(name: str, end: str, rule: str = "", where: str = "true", **more: object) -> DirtKind:
    return DirtKind("events", f"app: {name}", 400, end, rule, f"channel = 'app' AND ({where})", **more)  # type: ignore[arg-type]


def _till(name: str, end: str, rule: str = "", **more: object) -> DirtKind:
    where = "kind = 'sale' AND card_no IS NOT NULL"
    return DirtKind("tills", f"till: {name}", 500, end, rule, where, **more)  # type: ignore[arg-type]


def _review(name: str, end: str, rule: str = "", **more: object) -> DirtKind:
    return DirtKind("reviews", f"review: {name}", 3000, end, rule, "true", **more)  # type: ignore[arg-type]


def _order(name: str, end: str, rule: str = "", **more: object) -> DirtKind:
    return DirtKind("orders", f"order: {name}", 500, end, rule, "status = 'paid'", **more)  # type: ignore[arg-type]


_HAS_DWELL = """contains(value, '"dwell_ms"')"""
_VISITOR = r'"visitor_id":"[^"]*"(,"customer_id":"[^"]*")?'
# `"item_id":"I`, and the same with two bytes that are no UTF-8 in place of the I
_ITEM, _NO_ITEM = "226974656D5F6964223A2249", "226974656D5F6964223A22FFFE"
_NO_TEXT = f"CAST(unhex(replace(hex(value), '{_ITEM}', '{_NO_ITEM}')) AS STRING)"
_LATER = r"""date_format(time + INTERVAL 2 HOURS, 'yyyy-MM-dd\'T\'HH:mm:ss.SSS')"""
_OFFSET = f"""regexp_replace(value, '"at":"[^"]*"', concat('"at":"', {_LATER}, '+02:00"'))"""
_LETTER = """substr('{}[]":,\\\\0x', CAST(pmod(xxhash64(value, {salt}), 10) + 1 AS INT), 1)"""


def _fuzzed() -> str:
    """SQL: three characters of the line, behind its id, are others; which ones and where follows from the line alone."""
    text = "value"
    for salt in (1, 2, 3):
        place = f"CAST(pmod(xxhash64(value, {salt}0), length(value) - 35) + 34 AS INT)"
        text = f"overlay({text} PLACING {_LETTER.replace('{salt}', str(salt))} FROM {place})"
    return text


KINDS_OF_DIRT: tuple[DirtKind, ...] = (
    _web("line cut off", QUARANTINE, "row_unreadable", changes={"value": "left(value, length(value) - 9)"}),
    _web("no JSON at all", QUARANTINE, "row_unreadable", changes={"value": "concat('upstream timed out, ', `order`)"}),
    _web("unknown event", QUARANTINE, "event_type_known", changes=_line("event", '"scrolled"')),
    _web("time in words", QUARANTINE, "event_time_unreadable", changes=_line("at", '"yesterday"')),
    _web("time to come", QUARANTINE, "event_time_plausible", changes=_line("at", '"2199-12-31T00:00:00Z"')),
    _web("time of 1970", QUARANTINE, "event_time_plausible", changes=_line("at", '"1970-01-01T00:00:00Z"')),
    _web("zone that several have", QUARANTINE, "event_time_zone_ambiguous", changes=_line("at", '"2024-01-05 08:00:00 CST"')),
    _web("no time", QUARANTINE, "event_time_required", changes=_line("at", "null")),
    _web("dwell in words", QUARANTINE, "dwell_ms_unreadable", _HAS_DWELL, changes=_line("dwell_ms", '"a while"')),
    _web("dwell less than none", QUARANTINE, "dwell_not_negative", _HAS_DWELL, changes=_line("dwell_ms", "-5")),
    _web("bytes that are no text", QUARANTINE, "item_id_encoding", """contains(value, '"item_id"')""",
         changes={"value": _NO_TEXT}),
    _web("total that is no number", QUARANTINE, "amount_not_finite", """contains(value, '"order_total"')""",
         changes=_line("order_total", '"NaN"')),
    _web("nobody in words", NOBODY, changes={"value": f"""regexp_replace(value, '{_VISITOR}', '"visitor_id":"undefined"')"""}),
    _web("nobody named", QUARANTINE, "actor_id_required",
         changes={"value": f"""regexp_replace(value, '{_VISITOR}', '"visitor_id":null')"""}),
    _web("time with an offset", REPAIRED,
         changes={"value": _OFFSET}),
    _web("a list on the line", REPAIRED, changes={"value": "concat('[', value, ']')"}),
    _web("a field that nobody knows", REPAIRED, changes={"value": """concat('{"lab":"b",', substr(value, 2))"""}),
    _web("a tab and blanks around the line", REPAIRED, changes={"value": "concat('  ', value, '\\t ')"}),
    _web("sent again a day later", REDELIVERY, changes=_NEXT_DAY, is_copy=True),
    _web("sent again and other", CONFLICT, "", _HAS_DWELL, changes=_NEXT_DAY | _line("dwell_ms", "1"), is_copy=True),
    _web("bytes by chance", ANYWHERE, changes={"value": _fuzzed()}),
    _app("time in words", QUARANTINE, "ts_unreadable", changes=_line("ts", '"soon"')),
    _app("seconds for milliseconds", QUARANTINE, "event_time_plausible",
         changes={"value": """regexp_replace(value, '"ts":([0-9]{10})[0-9]{3}', '"ts":$1')"""}),
    _app("half a millisecond", QUARANTINE, "ts_changed_by_type",
         changes={"value": """regexp_replace(value, '"ts":([0-9]+)', '"ts":$1.5')"""}),
    _app("unknown event", QUARANTINE, "event_type_known", changes=_line("name", '"ping"')),
    _app("line cut off", QUARANTINE, "row_unreadable", changes={"value": "left(value, length(value) - 3)"}),
    _app("number as text", REPAIRED, changes={"value": """regexp_replace(value, '"ts":([0-9]+)', '"ts":"$1"')"""}),
    _app("sent again a day later", REDELIVERY, changes=_NEXT_DAY, is_copy=True),
    _till("quantity in words", QUARANTINE, "quantity_unreadable", changes={"quantity": "'two'"}),
    _till("no unit sold", QUARANTINE, "quantity_positive", changes={"quantity": "'0'"}),
    _till("amount less than none", QUARANTINE, "amount_not_negative", changes={"amount": "concat('-', amount)"}),
    _till("a day that is none", QUARANTINE, "event_time_unreadable", changes={"sold_at": "'2024-02-31 10:00:00'"}),
    _till("no item", QUARANTINE, "item_id_required", changes={"item_id": "CAST(NULL AS STRING)"}),
    _till("blanks around the card", REPAIRED, changes={"card_no": "concat('  ', card_no, ' ')"}),
    _till("zeros before the quantity", REPAIRED, changes={"quantity": "concat('00', quantity)"}),
    _till("sent again a day later", REDELIVERY, changes=_NEXT_DAY, is_copy=True),
    _till("sent again at another amount", CONFLICT, changes=_NEXT_DAY | {"amount": "concat('1', amount)"}, is_copy=True),
    _review("six stars", QUARANTINE, "rating_1_to_5", changes={"stars": "'6'"}),
    _review("stars in words", QUARANTINE, "rating_unreadable", changes={"stars": "'five'"}),
    _review("no text", QUARANTINE, "text_required", changes={"text": "CAST(NULL AS STRING)"}),
    _review("sent again", REDELIVERY, is_copy=True),
    _review("sent again with more words", CONFLICT, changes={"text": "concat(text, ' Still so.')"}, is_copy=True),
    _order("no unit ordered", QUARANTINE, "quantity_positive", changes={"quantity": "0"}),
    _order("amount less than none", QUARANTINE, "amount_not_negative", changes={"amount": "CAST(-amount - 1 AS DECIMAL(18, 2))"}),
    _order("no item", QUARANTINE, "item_id_required", changes={"item_id": "CAST(NULL AS STRING)"}),
    _order("sent again a day later", REDELIVERY, changes=_NEXT_DAY, is_copy=True),
    _order("sent again at another amount", CONFLICT, changes=_NEXT_DAY | {"amount": "CAST(amount + 1 AS DECIMAL(18, 2))"},
           is_copy=True),
    DirtKind("payments", "payment: unknown status", 2000, QUARANTINE, "event_type_known", changes={"status": "'pending'"}),
    DirtKind("payments", "payment: sent again a day later", 2000, REDELIVERY, changes=_NEXT_DAY, is_copy=True),
)  # fmt: skip
# Feed -> SQL of what a row is known by.
KEYS = {
    "events": "`order`",
    "tills": "concat_ws('/', receipt, line)",
    "reviews": "review_id",
    "orders": "concat_ws('/', order_id, line_no)",
    "payments": "payment_id",
}


def with_dirt(plan: SimulationPlan, feed: str, rows: DataFrame) -> DataFrame:
    """The rows of a feed, some of them dirty; `dirt` is the kind's name, NULL of clean rows, `dirt_key` what the row is known by.

    Which rows are dirty follows from the seed and their key. Without dirt in the plan all are clean.
    """
    kinds = [kind for kind in KINDS_OF_DIRT if kind.feed == feed]
    draw = f"pmod(xxhash64('{plan.seed}/dirt/{feed}', {KEYS[feed]}), {MILLION})"
    names, low = [], 0
    for kind in kinds:
        high = low + round(kind.share * plan.dirt)
        names.append(f"WHEN draw >= {low} AND draw < {high} AND {kind.where} THEN '{kind.name}'")
        low = high
    copies = ", ".join(f"'{kind.name}'" for kind in kinds if kind.is_copy)
    changed_columns = {column for kind in kinds for column in kind.changes}
    drawn = rows.withColumn("draw", F.expr(draw)).withColumn("dirt_key", F.expr(KEYS[feed]))
    named = drawn.withColumn("dirt", F.expr(f"CASE {' '.join(names)} END")).drop("draw")
    both = named.withColumn("is_copy", F.expr(f"explode(IF(dirt IN ({copies}), array(false, true), array(false)))"))
    is_first = f"NOT is_copy AND dirt IN ({copies})"  # the clean one of two
    columns = [
        F.expr(f"CASE WHEN {is_first} THEN {quoted(name)} {_changes(kinds, name)} ELSE {quoted(name)} END").alias(name)
        if name in changed_columns
        else F.col(quoted(name))
        for name in rows.columns
    ]
    dirt = F.expr(f"IF({is_first}, NULL, dirt)").alias("dirt")
    return both.select(*columns, dirt, "dirt_key")


def _changes(kinds: list[DirtKind], column: str) -> str:
    return " ".join(
        f"WHEN dirt = '{kind.name}' THEN {kind.changes[column]}" for kind in kinds if column in kind.changes
    )


def dirty_rows(feed: str, rows: DataFrame) -> DataFrame:
    """One row a dirty row: its feed and day, what it is known by, its kind, where it must end and under which rule."""
    ends = {kind.name: (kind.end, kind.rule) for kind in KINDS_OF_DIRT}

    def looked_up(place: int) -> str:
        cases = " ".join(f"WHEN '{name}' THEN '{pair[place]}'" for name, pair in ends.items())
        return f"nullif(CASE dirt {cases} END, '')"

    return rows.where("dirt IS NOT NULL").select(
        F.lit(feed).alias("feed"), "day", F.col("dirt_key").alias("key"), F.col("dirt").alias("kind"),
        F.expr(looked_up(0)).alias("end"), F.expr(looked_up(1)).alias("rule"),
    )  # fmt: skip
