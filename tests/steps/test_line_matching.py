"""A line is known again by its key, its content and its ordinal, whatever comes at once or later; its number stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from footfall.steps import comparing, sorting
from footfall.steps.line_keys import LINE, LineKey, Matching, arrived, in_natural_order
from footfall.steps.matching import mark, shared_groups
from footfall.tables.columns import ARRIVED
from steps.lines_shared import BY_ITEM, FIRST_TAKEN, LINES, SHAPE, Shelf, latest

WHOLE = Matching(
    ("order_id",), line_keys=(LineKey(("amount", "item_id")),), number="line_number", order_by=("item_id", "amount")
)


def test_an_order_that_comes_again_with_a_line_more_keeps_its_numbers(spark: SparkSession) -> None:
    shelf = Shelf(spark)
    shelf.take({"1.csv": [("100500", "B", 5), ("100501", "B", 5), ("100502", "B", 5)]})
    shelf.take({"2.csv": [("100500", "A", 2), ("100500", "B", 5), ("100501", "A", 2)]})
    assert shelf.rows == {
        ("100500", 1, "B", 5), ("100500", 2, "A", 2), ("100501", 1, "B", 5), ("100501", 2, "A", 2), ("100502", 1, "B", 5),
    }  # fmt: skip
    assert shelf.outcomes == {("2.csv", 0): "valid", ("2.csv", 1): "duplicate", ("2.csv", 2): "valid"}


def test_pieces_of_an_order_that_come_at_once_are_one_order(spark: SparkSession) -> None:
    shelf = Shelf(spark)
    shelf.take({"1.csv": [("100500", "B", 5)], "2.csv": [("100500", "A", 2), ("100500", "B", 5)]})
    assert shelf.rows == {("100500", 1, "A", 2), ("100500", 2, "B", 5)}
    assert shelf.outcomes == {("1.csv", 0): "valid", ("2.csv", 0): "valid", ("2.csv", 1): "duplicate"}


# files of one order's lines of item B by their prices, and the prices in the end: the first kept, the latest kept
STORIES: dict[str, tuple[list[list[int]], list[int], list[int]]] = {
    "equal lines of a file count": ([[5, 5]], [5, 5], [5, 5]),
    "a part of them comes again": ([[5, 5], [5]], [5, 5], [5, 5]),
    "three against two": ([[5, 5], [5, 5, 5]], [5, 5, 5], [5, 5, 5]),
    "three, then two, then one": ([[5, 5, 5], [5, 5], [5]], [5, 5, 5], [5, 5, 5]),
    "two prices the other way round": ([[5, 4], [4, 5]], [4, 5], [4, 5]),
    "a corrected price": ([[5], [6]], [5], [6]),
    "corrected twice": ([[5], [6], [7]], [5], [7]),
    "corrected and back": ([[5], [6], [5]], [5], [5]),
    "one of two is corrected": ([[5, 4], [4, 6]], [4, 5], [4, 6]),
    "a line more beside one that is known": ([[5], [4, 5]], [4, 5], [4, 5]),
    "a line more and a corrected one": ([[5], [6, 7]], [5, 7], [6, 7]),
    "a piece and then all": ([[5], [4], [4, 5]], [4, 5], [4, 5]),
}


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("keeps_latest", [False, True])
def test_over_files_the_largest_count_holds_and_equal_content_is_matched_first(
    spark: SparkSession, at_once: bool, keeps_latest: bool
) -> None:
    shelf = Shelf(spark, latest() if keeps_latest else BY_ITEM, narrows=keeps_latest)
    most = max(len(files) for files, _, _ in STORIES.values())
    batches = [
        {f"{n}.csv": [(story, "B", price) for story, (files, _, _) in STORIES.items() for price in _nth(files, n)]}
        for n in range(most)
    ]
    if at_once:
        shelf.take({name: lines for batch in batches for name, lines in batch.items()})
    else:
        for batch in batches:
            shelf.take(batch)
    prices = {story: [price for _, price in shelf.contents(story)] for story in STORIES}
    assert prices == {story: last if keeps_latest else first for story, (_, first, last) in STORIES.items()}
    assert {story: shelf.numbers(story) for story in STORIES} == {
        story: list(range(1, len(first) + 1)) for story, (_, first, _) in STORIES.items()
    }


def _nth(files: list[list[int]], n: int) -> list[int]:
    return files[n] if n < len(files) else []


def test_of_two_lines_the_same_one_is_corrected_at_once_and_later(spark: SparkSession) -> None:
    at_once, later = Shelf(spark, latest()), Shelf(spark, latest())
    first = [(str(order), "A", price) for order in range(20) for price in (5, 4)]
    second = [(str(order), "A", 6 + order) for order in range(20)]
    at_once.take({"1.csv": first, "2.csv": second})
    later.take({"1.csv": first})
    later.take({"2.csv": second})
    for order in range(20):
        assert at_once.contents(str(order)) == later.contents(str(order))
        assert ("A", 6 + order) in later.contents(str(order))
        assert later.numbers(str(order)) == [1, 2]


def test_a_conflict_is_told_from_a_redelivery(spark: SparkSession) -> None:
    shelf = Shelf(spark)
    shelf.take({"1.csv": [("1", "A", 5), ("2", "A", 5), ("3", "A", 4), ("3", "A", 5)]})
    shelf.take({"2.csv": [("1", "A", 6), ("2", "A", 5), ("3", "A", 5), ("3", "A", 6)]})
    assert list(shelf.outcomes.values()) == ["conflict", "duplicate", "duplicate", "conflict"]
    assert shelf.contents("3") == [("A", 4), ("A", 5)]


def test_the_latest_takes_the_number_of_the_line_that_it_corrects(spark: SparkSession) -> None:
    shelf = Shelf(spark, latest())
    shelf.take({"1.csv": [("1", "A", 4), ("1", "B", 5), ("1", "C", 6)]})
    shelf.take({"2.csv": [("1", "B", 7), ("1", "D", 8)]})
    assert shelf.rows == {("1", 1, "A", 4), ("1", 2, "B", 7), ("1", 3, "C", 6), ("1", 4, "D", 8)}
    assert shelf.outcomes == {("2.csv", 0): "conflict", ("2.csv", 1): "valid"}


def test_the_latest_replaces_no_line_that_was_taken_after_it(spark: SparkSession) -> None:
    """Orders 1 to 4 have a line from 2.csv of the second day; what waited came before or after it."""
    days = [FIRST_TAKEN + timedelta(days=n) for n in range(3)]
    waited = {"1": (days[0], "9.csv"), "2": (days[1], "1.csv"), "3": (days[1], "10.csv"), "4": (days[2], "1.csv")}
    table = replace(LINES, columns=(*LINES.columns, ARRIVED))
    rows = [(o, None, "A", 5, "f", file, 0, None, [], (0,), taken) for o, (taken, file) in waited.items()]
    old = [(o, 1, "A", 4, "f", "2.csv", 0, None, [], (0,), days[1]) for o in waited]
    new, known = (spark.createDataFrame(some, SHAPE).withColumn("arrived", arrived()) for some in (rows, old))

    def marked(how: Matching, new: DataFrame = new, known: DataFrame = known) -> dict[str, tuple[bool, bool, bool]]:
        checked = sorting.check_rules(
            new.withColumn(LINE, how.line_keys[0].hashed()), sorting.without(LINES, ["line_number"])
        )
        found = mark(checked, table, existing=known.select(*table.column_names), matching=how).collect()
        return {row["order_id"]: (row["_conflict"], row["_lands"], row["_replaces"]) for row in found}

    stays, replaces = (True, False, False), (True, True, True)
    assert marked(latest()) == {"1": stays, "2": stays, "3": replaces, "4": replaces}
    assert marked(BY_ITEM) == dict.fromkeys("1234", stays)
    assert marked(replace(BY_ITEM, aside=("f",))) == dict.fromkeys("1234", stays)
    # of lines that were taken while the first was kept nobody knows when they came
    without = known.withColumn("arrived", F.lit(None).cast("string"))
    is_again = new.withColumn(sorting.AGAIN, F.col("order_id") == "4")
    assert marked(latest(), is_again, without) == dict.fromkeys("123", replaces) | {"4": stays}


def test_numbers_in_names_of_files_count_as_numbers(spark: SparkSession) -> None:
    shelf = Shelf(spark, latest())
    shelf.take({"10.csv": [("1", "A", 10)], "9.csv": [("1", "A", 9)]})
    assert shelf.contents("1") == [("A", 10)]
    names = ["a/2024-9/10.csv", "a/2024-10/9.csv", "a/2024-9/9.csv", "b", "007", "9" * 40]
    frame = spark.createDataFrame([(name,) for name in names], "name string")
    ordered = [row["name"] for row in frame.orderBy(in_natural_order(F.col("name"))).collect()]
    assert ordered == ["007", "9" * 40, "a/2024-9/9.csv", "a/2024-9/10.csv", "a/2024-10/9.csv", "b"]


def test_a_line_without_a_value_in_its_key_is_known_again(spark: SparkSession) -> None:
    shelf = Shelf(spark)
    shelf.take({"1.csv": [("1", None, 5), ("1", "A", 5)]})
    shelf.take({"2.csv": [("1", None, 5), ("1", "A", 5), ("2", None, 5)]})
    assert list(shelf.outcomes.values()) == ["duplicate", "duplicate", "valid"]


def test_without_a_key_the_whole_line_is_the_key(spark: SparkSession) -> None:
    shelf = Shelf(spark, WHOLE)
    shelf.take({"1.csv": [("1", "B", 5), ("2", "B", 5), ("2", "B", 5)]})
    shelf.take({"2.csv": [("1", "A", 2), ("1", "B", 5), ("2", "B", 5), ("2", "B", 6)]})
    assert list(shelf.outcomes.values()) == ["valid", "duplicate", "duplicate", "valid"]
    assert shelf.rows == {
        ("1", 1, "B", 5), ("1", 2, "A", 2), ("2", 1, "B", 5), ("2", 2, "B", 5), ("2", 3, "B", 6),
    }  # fmt: skip


def test_orders_that_came_in_one_file_are_not_held_against_others(spark: SparkSession) -> None:
    shelf = Shelf(spark, narrows=True)
    shelf.take({"1.csv": [("1", "B", 5), ("1", "A", 5), ("1", "B", 5), ("2", "A", 5)], "2.csv": [("2", "A", 5)]})
    assert shelf.rows == {("1", 1, "A", 5), ("1", 2, "B", 5), ("1", 3, "B", 5), ("2", 1, "A", 5)}
    shelf.take({"3.csv": [("1", "C", 5), ("3", "A", 5)]})
    assert shelf.numbers("1") == [1, 2, 3, 4]
    assert shelf.numbers("3") == [1]
    groups = shared_groups(_lines(spark), existing=None, matching=BY_ITEM)
    assert groups is not None
    assert [row[0] for row in groups.collect()] == ["2"]
    by_key = Matching(("order_id",))
    assert shared_groups(_lines(spark), existing=None, matching=by_key) is None


def _lines(spark: SparkSession) -> DataFrame:
    rows = [("1", "a.csv"), ("1", "a.csv"), ("2", "a.csv"), ("2", "b.csv"), ("3", "b.csv")]
    whole = [(order, "f", file, FIRST_TAKEN) for order, file in rows]
    return spark.createDataFrame(whole, "order_id string, _feed string, _file string, _taken_at timestamp")


def test_a_broken_line_takes_part_in_nothing(spark: SparkSession) -> None:
    rows = [
        ("1", None, "A", 5, "f", "1.csv", 0, None, ["amount_unreadable"], (0,), FIRST_TAKEN),
        ("1", None, "A", 6, "f", "1.csv", 1, None, [], (0,), FIRST_TAKEN),
        ("1", None, "A", 7, "f", "1.csv", 2, "test_order", [], (0,), FIRST_TAKEN),
    ]
    shelf = Shelf(spark)
    shelf.land(spark.createDataFrame(rows, SHAPE))
    assert shelf.rows == {("1", 1, "A", 6)}
    assert shelf.outcomes == {("1.csv", 0): "broken", ("1.csv", 1): "valid", ("1.csv", 2): "broken"}


BY_KEY = Matching(("order_id",), content=("item_id", "amount"))


@pytest.mark.parametrize(
    ("how", "outcomes", "kept"),
    [
        (BY_KEY, ["valid", "duplicate", "conflict", "duplicate"], 5),
        (replace(BY_KEY, latest=("f",)), ["valid", "duplicate", "conflict", "conflict"], 5),
        (replace(BY_KEY, content=()), ["valid", "duplicate", "duplicate", "duplicate"], 5),
    ],
)
def test_rows_with_a_key_of_their_own_are_one_row(
    spark: SparkSession, how: Matching, outcomes: list[str], kept: int
) -> None:
    shelf = Shelf(spark, how)
    shelf.take({"1.csv": [("1", "A", 5), ("1", "A", 5), ("1", "A", 6), ("1", "A", 5)]}, numbers=[1, 1, 1, 1])
    assert list(shelf.outcomes.values()) == outcomes
    assert shelf.rows == {("1", 1, "A", kept)}
    shelf.take({"2.csv": [("1", "A", 7), ("2", "A", 7)]}, numbers=[1, 1])
    assert shelf.contents("1") == [("A", 7 if how.latest else 5)]
    assert shelf.outcomes[("2.csv", 0)] == ("conflict" if how.content else "duplicate")


def test_feeds_with_and_without_numbers_may_fill_one_order(spark: SparkSession) -> None:
    how = replace(
        BY_ITEM,
        line_keys=(LineKey(("item_id",)), LineKey(("line_number",))),
        keyed=("numbered",),
        order_by=(),
        then_by=(),
    )
    shelf = Shelf(spark, how)
    shelf.take({"1.csv": [("1", "A", 5)]}, feed="numbered", numbers=[7])
    shelf.take({"2.csv": [("1", "B", 5), ("1", "A", 5)]})
    assert shelf.rows == {("1", 7, "A", 5), ("1", 8, "B", 5)}
    shelf.take({"3.csv": [("1", "B", 5), ("1", "C", 5)]}, feed="numbered", numbers=[8, 9])
    assert shelf.rows == {("1", 7, "A", 5), ("1", 8, "B", 5), ("1", 9, "C", 5)}


def test_rows_of_a_key_that_are_too_many_to_be_told_apart_lose_none(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "MOST_OF_A_KEY", 3)
    lines, keyed = Shelf(spark), Shelf(spark, BY_KEY)
    lines.take({"1.csv": [("1", "A", 5), ("1", "A", 6)], "2.csv": [("1", "A", 6), ("1", "A", 7)]})
    assert lines.contents("1") == [("A", 5), ("A", 6), ("A", 7)]
    keyed.take({"1.csv": [("1", "A", price) for price in (5, 6, 7, 8)]}, numbers=[1, 1, 1, 1])
    assert len(keyed.rows) == 1
    assert sorted(keyed.outcomes.values()) == ["duplicate", "duplicate", "duplicate", "valid"]


def test_all_that_was_read_of_a_table_in_place_is_one_delivery(spark: SparkSession) -> None:
    shelf = Shelf(spark, replace(BY_ITEM, in_place=("f",)))
    shelf.take({"part-0.parquet": [("1", "A", 5)], "part-1.parquet": [("1", "A", 5)]})
    assert shelf.contents("1") == [("A", 5), ("A", 5)]
    shelf.take({"part-2.parquet": [("1", "A", 5), ("1", "A", 5)]})
    assert list(shelf.outcomes.values()) == ["duplicate", "duplicate"]
