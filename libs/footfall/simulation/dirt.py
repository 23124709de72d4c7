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
    is_of_days: bool = False  # the share is one of days: of such a day all clean rows are copied


def _days_later(days: int) -> dict[str, str]:
    return {"day": f"CAST(date_add(CAST(day AS DATE), {days}) AS STRING)"}


_NEXT_DAY = _days_later(1)
_FILE_AGAIN = {"day": "concat(day, '-again')"}  # a folder of its own, beside that of the day


def _line(key: str, value: str) -> dict[str, str]:
    """A line of JSON with another value under a key that holds a text or a number."""
    return {"value": f"""regexp_replace(value, '"{key}":("[^"]*"|[0-9.]+)', '"{key}":{value}')"""}


@dataclass(frozen=True)
class _Feed:
    """Makes the kinds of dirt of one sort of rows."""

    feed: str
    word: str  # that their names begin with
    share: int
    rows: str = "true"

    def __call__(
        self,
        name: str,
        end: str,
        rule: str = "",
        where: str = "",
        changes: Mapping[str, str] | None = None,
        *,
        is_copy: bool = False,
        is_of_days: bool = False,
        share: int = 0,
    ) -> DirtKind:
        fits = f"{self.rows} AND ({where})" if where else self.rows
        return DirtKind(
            self.feed, f"{self.word}: {name}", share or self.share, end, rule, fits, changes or {}, is_copy, is_of_days
        )


_web = _Feed("events", "web", 300, "channel = 'web'")
_app = _Feed("events", "app", 400, "channel = 'app'")
_mini = _Feed("events", "mini program", 500, "channel = 'mini_program'")
_till = _Feed("tills", "till", 500, "kind = 'sale' AND card_no IS NOT NULL")
_review = _Feed("reviews", "review", 3000)
_order = _Feed("orders", "order", 500, "status = 'paid'")
_payment = _Feed("payments", "payment", 2000)
_customer = _Feed("customers", "customer", 3000)
_item = _Feed("items", "item", 3000)
_price = _Feed("prices", "price", 2000)
_HAS_STAY = """contains(value, '"stay_ms"')"""
_OPEN_ID = r'"open_id":"[^"]*"(,"uid":"[^"]*")?'
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
    _payment("unknown status", QUARANTINE, "event_type_known", changes={"status": "'pending'"}),
    _payment("sent again a day later", REDELIVERY, changes=_NEXT_DAY, is_copy=True),
    _payment("late by two days", REPAIRED, changes=_days_later(2)),
    _payment("the day's file again", REDELIVERY, changes=_FILE_AGAIN, is_copy=True, is_of_days=True, share=20_000),
    _web("late by three days", REPAIRED, changes=_days_later(3)),
    _app("bytes by chance", ANYWHERE, changes={"value": _fuzzed()}),
    _mini("time in words", QUARANTINE, "t_unreadable", changes=_line("t", '"soon"')),
    _mini("seconds for milliseconds", QUARANTINE, "event_time_plausible",
          changes={"value": """regexp_replace(value, '"t":([0-9]{10})[0-9]{3}', '"t":$1')"""}),
    _mini("unknown event", QUARANTINE, "event_type_known", changes=_line("action", '"swipe"')),
    _mini("stay in words", QUARANTINE, "dwell_ms_unreadable", _HAS_STAY, changes=_line("stay_ms", '"long"')),
    _mini("stay less than none", QUARANTINE, "dwell_not_negative", _HAS_STAY, changes=_line("stay_ms", "-1")),
    _mini("line cut off", QUARANTINE, "row_unreadable", changes={"value": "left(value, length(value) - 4)"}),
    _mini("nobody in words", NOBODY, changes={"value": f"""regexp_replace(value, '{_OPEN_ID}', '"open_id":"undefined"')"""}),
    _mini("a field that nobody knows", REPAIRED, changes={"value": """concat('{"sdk":"3.1",', substr(value, 2))"""}),
    _mini("number as text", REPAIRED, changes={"value": """regexp_replace(value, '"t":([0-9]+)', '"t":"$1"')"""}),
    _mini("sent again a day later", REDELIVERY, changes=_NEXT_DAY, is_copy=True),
    _mini("sent again and other", CONFLICT, "", _HAS_STAY, changes=_NEXT_DAY | _line("stay_ms", "1"), is_copy=True),
    _mini("bytes by chance", ANYWHERE, changes={"value": _fuzzed()}),
    _till("late by a week", REPAIRED, changes=_days_later(7)),
    _till("the day's file again", REDELIVERY, changes=_FILE_AGAIN, is_copy=True, is_of_days=True, share=10_000),
    _customer("nobody in words", NOBODY, changes={"customer_id": "'undefined'"}),
    _customer("nobody named", QUARANTINE, "actor_id_required", changes={"customer_id": "CAST(NULL AS STRING)"}),
    _customer("a day of joining that is none", QUARANTINE, "joined_date_unreadable", changes={"joined_on": "'2023-02-31'"}),
    _customer("blanks around the number", REPAIRED, changes={"customer_id": "concat(' ', customer_id, '  ')"}),
    _item("no number", QUARANTINE, "item_id_required", changes={"item_id": "CAST(NULL AS STRING)"}),
    _item("blanks around the number", REPAIRED, changes={"item_id": "concat('  ', item_id)"}),
    _price("less than none", QUARANTINE, "price_not_negative", changes={"price": "concat('-', price)"}),
    _price("in words", QUARANTINE, "price_unreadable", changes={"price": "'on request'"}),
    _price("of no item", QUARANTINE, "item_id_required", changes={"item_id": "CAST(NULL AS STRING)"}),
    _price("zeros before it", REPAIRED, changes={"price": "concat('00', price)"}),
)  # fmt: skip
# Feed -> SQL of what a row is known by.
KEYS = {
    "events": "`order`",
    "tills": "concat_ws('/', receipt, line)",
    "reviews": "review_id",
    "orders": "concat_ws('/', order_id, line_no)",
    "payments": "payment_id",
    "customers": "concat_ws('/', customer_id, day)",
    "items": "concat_ws('/', item_id, day)",
    "prices": "concat_ws('/', item_id, on_day)",
}


def with_dirt(plan: SimulationPlan, feed: str, rows: DataFrame, *, dirty_only: bool = False) -> DataFrame:
    """The rows of a feed, some of them dirty; `dirt` is the kind's name, NULL of clean rows, `dirt_key` what the row is known by.

    Which rows are dirty follows from the seed and their key. Without dirt in the plan all are clean. Rows that are clean for sure
    go by another way than those whose draw says that they may be dirty, since what dirt does costs far more than to make a
    row; with `dirty_only` they are left out.
    """
    kinds = [kind for kind in KINDS_OF_DIRT if kind.feed == feed]
    draw = f"pmod(xxhash64('{plan.seed}/dirt/{feed}', {KEYS[feed]}), {MILLION})"
    day_draw = f"pmod(xxhash64('{plan.seed}/dirt/{feed}/days', day), {MILLION})"
    by_row, high = _named_by(kinds, "draw", plan, is_of_days=False)
    by_day, high_of_days = _named_by(kinds, "day_draw", plan, is_of_days=True)
    may_be_dirty = F.expr(f"{draw} < {high}" + (f" OR {day_draw} < {high_of_days}" if high_of_days else ""))
    some = rows.where(may_be_dirty).withColumns(
        {"draw": F.expr(draw), "day_draw": F.expr(day_draw), "dirt_key": F.expr(KEYS[feed])}
    )
    named = some.withColumn("dirt", F.expr(f"CASE {by_row} {by_day} END")).drop("draw", "day_draw")
    soiled = _soiled(named, rows.columns, kinds)
    if dirty_only:
        return soiled
    clean = rows.where(~may_be_dirty).withColumns(
        {"dirt": F.lit(None).cast("string"), "dirt_key": F.expr(KEYS[feed]), "own_day": F.col("day")}
    )
    return clean.unionByName(soiled)


def _soiled(named: DataFrame, columns: list[str], kinds: list[DirtKind]) -> DataFrame:
    """The rows changed as the kind that `dirt` names has it, and the clean one beside a copy."""
    copies = ", ".join(f"'{escaped(kind.name)}'" for kind in kinds if kind.is_copy) or "''"
    changed_columns = {column for kind in kinds for column in kind.changes}
    both = named.withColumn("is_copy", F.expr(f"explode(IF(dirt IN ({copies}), array(false, true), array(false)))"))
    is_first = f"NOT is_copy AND dirt IN ({copies})"  # the clean one of two
    changed = [
        F.expr(f"CASE WHEN {is_first} THEN {quoted(name)} {_changes(kinds, name)} ELSE {quoted(name)} END").alias(name)
        if name in changed_columns
        else F.col(quoted(name))
        for name in columns
    ]
    dirt = F.expr(f"IF({is_first}, NULL, dirt)").alias("dirt")
    return both.select(*changed, dirt, "dirt_key", F.col("day").alias("own_day"))


def _named_by(kinds: list[DirtKind], draw: str, plan: SimulationPlan, *, is_of_days: bool) -> tuple[str, int]:
    """The branches of a CASE that name the kind by a draw, and the draw from which on rows are clean."""
    names, low = [], 0
    for kind in (kind for kind in kinds if kind.is_of_days == is_of_days):
        high = low + round(kind.share * plan.dirt)
        names.append(f"WHEN {draw} >= {low} AND {draw} < {high} AND {kind.where} THEN '{escaped(kind.name)}'")
        low = high
    return " ".join(names), low


def escaped(text: str) -> str:
    """The text within a literal of SQL."""
    return text.replace("'", "\\'")


def _changes(kinds: list[DirtKind], column: str) -> str:
    return " ".join(
        f"WHEN dirt = '{escaped(kind.name)}' THEN {kind.changes[column]}" for kind in kinds if column in kind.changes
    )


def dirty_rows(feed: str, rows: DataFrame) -> DataFrame:
    """One row a dirty row: its feed and folder's day, what it is known by, its kind, where it must end, its own day.

    A row whose own day is another than its folder's comes late, or again.
    """
    ends = {kind.name: (kind.end, kind.rule) for kind in KINDS_OF_DIRT}

    def looked_up(place: int) -> str:
        cases = " ".join(f"WHEN '{escaped(name)}' THEN '{pair[place]}'" for name, pair in ends.items())
        return f"nullif(CASE dirt {cases} END, '')"

    return rows.where("dirt IS NOT NULL").select(
        F.lit(feed).alias("feed"), "day", F.col("dirt_key").alias("key"), F.col("dirt").alias("kind"),
        F.expr(looked_up(0)).alias("end"), F.expr(looked_up(1)).alias("rule"), "own_day",
    )  # fmt: skip
