"""Frames of what blocks make: the columns that each kind of row has, and how plain numbers become them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from footfall.simulation.assigned import AssignedDecisions
from footfall.simulation.block import decision_columns, event_columns, line_columns, people_columns
from footfall.simulation.bots import bot_columns
from footfall.simulation.catalogue import (
    ITEM_CHUNK,
    competitor_columns,
    cost_columns,
    item_columns,
    price_columns,
    stock_columns,
)
from footfall.simulation.plan import SimulationPlan
from footfall.simulation.stock import sold_line_columns

ColumnsOf = Callable[..., dict[str, Any]]  # of a plan, the number of a block, and of DECIDED what was decided elsewhere
_TYPES: dict[str, T.DataType] = {
    "l": T.LongType(), "i": T.IntegerType(), "h": T.ShortType(), "b": T.ByteType(), "d": T.DoubleType(),
    "f": T.BooleanType(), "t": T.TimestampType(), "s": T.StringType(), "D": T.ArrayType(T.DoubleType()), "I": T.ArrayType(T.IntegerType()),
}  # fmt: skip
_NUMPY = {"l": "int64", "i": "int32", "h": "int16", "b": "int8", "d": "float64", "f": "bool", "t": "int64"}
_OF_LISTS = {"D": "float64", "I": "int32"}

# Kind of row -> who makes the columns, and name:type of each; a type in brackets is NULL where the number is -1 or NaN.
KINDS_OF_ROWS: dict[str, tuple[ColumnsOf, str]] = {
    "events": (
        event_columns,
        (
            "person:l visit:i day:i time:t channel:b device:b is_logged_in:f kind:b item:[i] category:[b] position:[b] "
            "offer:[b] week:[h] decision:s dwell_ms:[i] propensity:[d] click_probability:[d] number:l"
        ),
    ),
    "demand": (line_columns, "person:l order_key:i line:h time:t item:i day:i quantity:h stock:i"),
    "lines": (
        sold_line_columns,
        (
            "person:l order_key:i time:t is_logged_in:f has_card:f day:i channel:b device:[b] is_guest:f offer:[b] week:[h] decision:s "
            "store:[b] method:b failures:b delivery_days:h is_fraud:f ticket_days:[h] intent:b survey_days:[h] score:b "
            "in_chinese:f line:h item:i quantity:h list_cents:i amount_cents:i discount_cents:i return_days:[h] "
            "return_quantity:h return_reason:b review_days:[h] rating:b order_template:i line_template:i stock:i "
            "phone_owner:l phone_version:b is_sold:f line_number:[i] order_cents:[l]"
        ),
    ),
    "people": (
        people_columns,
        (
            "person:l family:b rate:d hazard:d joined_day:i churn_day:i price_sensitivity:d taste_kind:b taste:D lines_mean:d "
            "channel_share:D group:b age_band:b gender:b household_size:b has_card:f has_phone_browser:f has_work_computer:f "
            "responsiveness:d transition:D takes_phone_of:[l] consent_day:I withdrawn_day:I phone_change_day:i email_change_day:i "
            "offer_effects:D"
        ),
    ),
    "decisions": (
        decision_columns,
        (
            "person:l week:h day:i is_random:f offer:[b] propensity:[d] decision:s shown_day:[i] shown_second:[i] effect:d reaction:d "
            "is_clicked:f click_probability:d shown_time:t adds_order:f drops_orders:f "
            "orders_added:f orders_lost:i"
        ),
    ),
    "bots": (bot_columns, "person:l"),
    "items": (
        item_columns,
        (
            "item:i day:i category:b brand:b noun:b adjective:b size:b introduced_day:i quality:d popularity:d regular_cents:i "
            "cost_share:d"
        ),
    ),
    "prices": (price_columns, "item:i day:i price_cents:i"),
    "stock": (stock_columns, "item:i day:i stock:i"),
    "costs": (cost_columns, "item:i day:i cost_cents:i"),
    "competitors": (competitor_columns, "item:i day:i competitor:b hour:b price_cents:i"),
}  # fmt: skip
DECIDED = frozenset({"events", "lines", "demand", "decisions"})  # kinds of rows that hang on what was decided elsewhere
OF_ITEMS = frozenset({"items", "prices", "stock", "costs", "competitors"})


def schema_of(kind: str) -> T.StructType:
    """The columns of a kind of row."""
    fields = [column.split(":") for column in KINDS_OF_ROWS[kind][1].split()]
    return T.StructType([T.StructField(name, _TYPES[code.strip("[]")]) for name, code in fields])


def block_count(plan: SimulationPlan, kind: str) -> int:
    """How many blocks of people, or chunks of items, the rows of a kind come from."""
    return -(-plan.items // ITEM_CHUNK) if kind in OF_ITEMS else plan.blocks


def generated(blocks: DataFrame, plan: SimulationPlan, kind: str) -> DataFrame:
    """Rows of a kind, of each block that `blocks` names; the same rows however its partitions are cut.

    `blocks` has the block's number as `id`; of kinds of DECIDED also `assigned`, a list of decisions (`AssignedDecisions`), where the
    plan has days on which it was decided elsewhere; of `lines` also `unsold`, a list of lines (`stock.sold_line_columns`).
    """

    def make(batches: Iterator[Any]) -> Iterator[Any]:
        columns_of, text = KINDS_OF_ROWS[kind]
        for batch in batches:
            for place, block in enumerate(batch.column("id").to_pylist()):
                lists = {
                    name: batch.column(name)[place] for name in ("assigned", "unsold") if name in batch.schema.names
                }
                yield _record_batch(columns_of(plan, block, **_of_block(lists)), text)

    return blocks.mapInArrow(make, schema_of(kind))


def _of_block(lists: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that the rows of a block hang on beside the plan."""
    arguments: dict[str, Any] = {}
    if "assigned" in lists:
        arguments["assigned"] = AssignedDecisions.of(lists["assigned"].as_py() or [])
    if "unsold" in lists and lists["unsold"].values is not None:
        fields = [lists["unsold"].values.field(name).to_numpy() for name in ("person", "order_key", "line")]
        arguments["unsold"] = np.column_stack(fields).astype(np.int64)
    return arguments


def _record_batch(columns: Mapping[str, Any], text: str) -> Any:
    import pyarrow as pa  # of the workers

    named = dict(column.split(":") for column in text.split())
    arrays = [_array(pa, columns[name], code) for name, code in named.items()]
    return pa.RecordBatch.from_arrays(arrays, names=[*named])


def _array(pa: Any, values: Any, code: str) -> Any:
    type_code = code.strip("[]")
    if type_code in _OF_LISTS:
        flat = pa.array(np.ascontiguousarray(values).ravel().astype(_OF_LISTS[type_code]))
        ends = np.arange(len(values) + 1, dtype=np.int32) * np.int32(values.shape[1])
        return pa.ListArray.from_arrays(pa.array(ends), flat)
    if type_code == "s":
        return pa.array(values, type=pa.string(), from_pandas=True)
    mask = None
    if code != type_code:
        mask = np.isnan(values) if values.dtype.kind == "f" else values == -1
    array = pa.array(values.astype(_NUMPY[type_code]), mask=mask)
    return array.cast(pa.timestamp("us", tz="UTC")) if type_code == "t" else array
