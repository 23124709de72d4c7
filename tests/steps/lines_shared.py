"""Lines of orders by hand: how they are marked, and what the table holds when batches have landed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.contract import Column, Layer, Table
from footfall.steps import sorting
from footfall.steps.line_keys import LINE, LineKey, Matching
from footfall.steps.matching import mark, shared_groups

FIRST_TAKEN = datetime(2024, 3, 1, tzinfo=UTC)
LINES = Table(
    name="lines",
    layer=Layer.REFINED,
    version=1,
    grain="one row per line",
    columns=(
        Column("order_id", "string", "its order"),
        Column("line_number", "int", "its number"),
        Column("item_id", "string", "its item"),
        Column("amount", "int", "its price"),
    ),
    key=("order_id", "line_number"),
)
SHAPE = (
    "order_id string, line_number int, item_id string, amount int, _feed string, _file string, _position long, "
    "_skipped string, _unreadable array<string>, _raw_row struct<n:int>, _taken_at timestamp"
)
BY_ITEM = Matching(
    ("order_id",),
    line_keys=(LineKey(("item_id",)),),
    number="line_number",
    order_by=("item_id",),
    then_by=("amount",),
    content=("item_id", "amount"),
)
Line = tuple[str, str | None, int]  # order, item, price
FileOf = dict[str, Sequence[Line]]


@dataclass
class Shelf:
    """The table as batches leave it, each row as (order, number, item, price); `outcomes` of the last one, by file and position.

    `narrows` says that only orders which several files or the table have are held against each other.
    """

    spark: SparkSession
    how: Matching = BY_ITEM
    rows: set[tuple[str, int, str | None, int]] = field(default_factory=set)
    outcomes: dict[tuple[str, int], str] = field(default_factory=dict)
    batches: int = 0
    narrows: bool = False

    def take(self, files: FileOf, *, feed: str = "f", numbers: Sequence[int | None] = ()) -> None:
        """One batch of files; `numbers` are those of their lines where the source gives them."""
        taken = FIRST_TAKEN + timedelta(days=self.batches)
        lines = [(f, n, line) for f, of_file in files.items() for n, line in enumerate(of_file)]
        given = numbers or [None] * len(lines)
        rows = [
            (order, number, item, price, feed, f, n, None, [], (n,), taken)
            for (f, n, (order, item, price)), number in zip(lines, given, strict=True)
        ]
        self.land(self.spark.createDataFrame(rows, SHAPE))

    def land(self, frame: DataFrame) -> None:
        """One batch of rows of SHAPE."""
        key = self.how.line_keys[0] if self.how.line_keys else LineKey()
        by_number = LineKey(("line_number",))
        keyed = F.col("_feed").isin(*self.how.keyed) if self.how.keyed else F.lit(False)
        rows = frame.withColumn(LINE, F.when(keyed, by_number.hashed()).otherwise(key.hashed()))
        checked = sorting.check_rules(rows, sorting.without(LINES, ["line_number"])).drop("_raw_row")
        existing = None
        if self.rows:
            existing = self.spark.createDataFrame(sorted(self.rows, key=str), LINES.schema())
        shared: list[str] | None = None
        if self.narrows and (groups := shared_groups(checked, existing=existing, matching=self.how)) is not None:
            shared = [row[0] for row in groups.distinct().collect()]
        marked = (
            mark(checked, LINES, existing=existing, matching=self.how, shared=shared)
            .orderBy("_file", "_position")
            .collect()
        )
        landed = [row for row in marked if row["_lands"]]
        gone = {(row["order_id"], row["line_number"]) for row in landed if row["_replaces"]}
        self.rows = {row for row in self.rows if row[:2] not in gone}
        new = [(row["order_id"], row["line_number"], row["item_id"], row["amount"]) for row in landed]
        assert len(self.rows | {*new}) == len(self.rows) + len(new)
        self.rows |= {*new}
        self.outcomes = {(row["_file"], row["_position"]): _outcome(row.asDict()) for row in marked}
        self.batches += 1

    def contents(self, order: str) -> list[tuple[str | None, int]]:
        """Item and price of each line of an order, sorted."""
        return sorted(((item, price) for o, _, item, price in self.rows if o == order), key=str)

    def numbers(self, order: str) -> list[int]:
        """The numbers of the lines of an order, sorted."""
        return sorted(number for o, number, _, _ in self.rows if o == order)


def _outcome(row: dict[str, object]) -> str:
    if not row["_sound"]:
        return "broken"
    return next((kind for kind in ("duplicate", "conflict") if row[f"_{kind}"]), "valid")


def latest(how: Matching = BY_ITEM) -> Matching:
    """The same where a conflict replaces the line."""
    return replace(how, latest=("f",))
