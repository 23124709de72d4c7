"""Rows of a case's lake beside those that are expected: which are missing, which are too many, in what they differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from pyspark.sql import functions as F
from pyspark.sql import types as T

from footfall.storage.lake import Lake
from footfall.tables import REFINED, USER_FEATURES

Row = dict[str, Any]
Numbers = dict[tuple[str, int], tuple[str, ...]]  # order and line number -> what stands on the line
MOST_SHOWN = 6  # differences of one table
MICROSECONDS = 6
SECOND = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
NUMBERED = ("order_lines", "refund_lines")
OWN_NUMBERS = (
    "order_id",
    "refund_id",
    "review_id",
    "ticket_id",
)  # pseudonyms, as the actors are, or as the source has them
LARGEST_ERROR = 1e-12
LARGEST_SHARE = 0.5  # of columns in which a row may differ from the one that it is told by


def row_differences(
    lake: Lake, table: str, expected: Sequence[Row], when: str = "", *, only_current: bool = False
) -> Iterator[str]:
    """How a refined table's rows differ from the expected ones; only the columns that these name are compared."""
    name = f"refined.{table}"
    contract = next((declared for declared in REFINED if declared.name == table), None)
    if contract is None:
        yield f"{name} does not exist yet"
        return
    wanted = dict.fromkeys(column for row in expected for column in row) or dict.fromkeys(contract.key)
    missing = [column for column in wanted if _stored(column) not in contract.column_names]
    if missing:
        yield f"{name} has no column {', '.join(missing)}"
    columns = [column for column in wanted if column not in missing]
    actual = read_rows(lake, name, columns, where="valid_to IS NULL" if only_current else "true")
    compared = [{column: value for column, value in row.items() if column not in missing} for row in expected]
    yield from shortened(matched_differences(compared, actual), f"{name}{when}")


def read_rows(lake: Lake, name: str, columns: Sequence[str], *, where: str = "true") -> list[Row]:
    """Rows of a table, with times as text and identifiers instead of pseudonyms; none where there is no table yet."""
    if lake.version(name) is None:
        return []
    identifiers = vault(lake)
    frame = lake.read(name).where(where)
    shown = []
    for column in columns:
        stored = F.col(_stored(column))
        kind = frame.schema[_stored(column)].dataType
        shown.append(
            (stored.cast("string") if isinstance(kind, T.TimestampType | T.DateType) else stored).alias(column)
        )
    rows = [row.asDict() for row in frame.select(*shown).collect()]
    for row in rows:
        for column in row.keys() & {"actor", *OWN_NUMBERS}:
            row[column] = identifiers.get(row[column], row[column])
    return rows


def vault(lake: Lake) -> dict[str, str]:
    """Pseudonym -> identifier."""
    if lake.version("refined.pseudonyms") is None:
        return {}
    return {row["actor_id"]: row["identifier"] for row in lake.read("refined.pseudonyms").collect()}


def unpaired(
    expected: Sequence[Row], actual: Sequence[Row], fits: Callable[[Row, Row], bool]
) -> tuple[list[Row], list[Row]]:
    """What is left of both when as many rows as possible are paired, in any order."""
    pairs = _pairs(expected, actual, fits)
    left_out = [row for number, row in enumerate(expected) if number not in pairs]
    return left_out, [row for number, row in enumerate(actual) if number not in pairs.values()]


def matched_differences(expected: Sequence[Row], actual: Sequence[Row]) -> Iterator[str]:
    """Words for each row that is missing or too many, or that differs from an expected one in few columns."""
    left_out, too_many = unpaired(expected, actual, lambda wanted, row: not _unequal(wanted, row))
    distances = sorted(
        (_distance(wanted, row), number, candidate)
        for number, wanted in enumerate(left_out)
        for candidate, row in enumerate(too_many)
    )
    pairs: dict[int, int] = {}
    for (share, _), number, candidate in distances:
        if share <= LARGEST_SHARE and number not in pairs and candidate not in pairs.values():
            pairs[number] = candidate
    for number, wanted in enumerate(left_out):
        yield _unlike(wanted, too_many[pairs[number]]) if number in pairs else f"missing: {_text(wanted)}"
    yield from (f"too many: {_text(row)}" for number, row in enumerate(too_many) if number not in pairs.values())


def shortened(lines: Iterator[str], what: str) -> Iterator[str]:
    """The first differences of a table, and how many more there are."""
    listed = list(lines)
    yield from (f"{what}: {line}" for line in listed[:MOST_SHOWN])
    if len(listed) > MOST_SHOWN:
        yield f"{what}: {len(listed) - MOST_SHOWN} differences more"


def actor_differences(lake: Lake, expected: Sequence[str]) -> Iterator[str]:
    """Who is in the vault and should not be, or the other way round."""
    known, wanted = set(vault(lake).values()), {str(identifier) for identifier in expected}
    if wanted - known:
        yield f"actors: not in the vault: {', '.join(sorted(wanted - known))}"
    if known - wanted:
        yield f"actors: in the vault and no customer: {', '.join(sorted(known - wanted))}"


def total_differences(lake: Lake, expected: dict[str, str]) -> Iterator[str]:
    """Orders whose lines add up to another amount."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in read_rows(lake, "refined.order_lines", ["order_id", "amount"]):
        totals[row["order_id"]] += row["amount"]
    for order, total in expected.items():
        if totals[order] != Decimal(total):
            yield f"order_totals: order {order} comes to {totals[order]}, expected {total}"


def line_numbers(lake: Lake) -> Numbers:
    """What each line number of each order stands for now."""
    columns = ["order_id", "line_number", "item_id", "quantity", "amount"]
    rows = read_rows(lake, "refined.order_lines", columns)
    return {(r["order_id"], r["line_number"]): (r["item_id"], str(r["quantity"]), str(r["amount"])) for r in rows}


def number_differences(numbers: dict[int, Numbers]) -> Iterator[str]:
    """Orders whose lines are not numbered from 1 without a gap, and numbers that stand for another line in a later run."""
    for run, lines in numbers.items():
        by_order: dict[str, list[int]] = defaultdict(list)
        for order, number in lines:
            by_order[order].append(number)
        for order, used in by_order.items():
            if sorted(used) != list(range(1, len(used) + 1)):
                yield f"line_numbers: after run {run} order {order} has {', '.join(map(str, sorted(used)))}"
        for (order, number), line in numbers.get(run - 1, {}).items():
            if lines.get((order, number)) != line:
                yield f"line_numbers: run {run} changed line {number} of order {order}"


def missing_features(people: Sequence[Row]) -> list[str]:
    """The features that are expected and that nothing computes yet."""
    wanted = dict.fromkeys(feature for person in people for feature in person if feature != "actor")
    return [feature for feature in wanted if feature not in USER_FEATURES.column_names]


def feature_differences(lake: Lake, people: Sequence[Row], *, as_of: str) -> Iterator[str]:
    """How people's features as of a day differ; a person is the one actor that is joined to nobody."""
    columns = [column for column in dict.fromkeys(c for person in people for c in person) if column != "actor"]
    identifiers = vault(lake)
    frame = lake.read(USER_FEATURES.full_name).where(F.col("as_of_date") == F.lit(as_of).cast("date"))
    rows = [row.asDict() for row in frame.select("user_id", *columns).collect()]
    actual = [{**row, "actor": identifiers.get(row["user_id"], row["user_id"])} for row in rows]
    known = {person["actor"] for person in people}
    yield from shortened(matched_differences(people, [r for r in actual if r["actor"] in known]), "features")


def _stored(column: str) -> str:
    return "actor_id" if column == "actor" else column


def _unequal(expected: Row, actual: Row) -> list[str]:
    """The columns in which a row is not the expected one."""
    return [column for column, value in expected.items() if not _is_equal(value, actual.get(column))]


def _distance(expected: Row, actual: Row) -> tuple[float, bool]:
    """The share of columns that differ, and whether the first one, by which a person knows the row, is among them."""
    unequal = _unequal(expected, actual)
    return len(unequal) / max(1, len(expected)), next(iter(expected), None) in unequal


def _unlike(wanted: Row, row: Row) -> str:
    """In what a row differs from the expected one."""
    unequal = _unequal(wanted, row)
    same = {column: value for column, value in wanted.items() if column not in unequal}
    return f"{_text(same)}: {'; '.join(f'{c} is {_line(row[c])}, expected {_line(wanted[c])}' for c in unequal)}"


def _is_equal(expected: Any, actual: Any) -> bool:
    if isinstance(expected, dict):  # nothing passed: an empty map or none
        return {key: str(value) for key, value in expected.items()} == (actual or {})
    if expected is None or actual is None:
        return expected is None and actual is None
    if isinstance(actual, Decimal):
        return Decimal(str(expected)) == actual
    if isinstance(actual, float):
        return abs(float(expected) - actual) <= LARGEST_ERROR
    return str(expected) == str(actual) or _is_same_time(str(expected), str(actual))


def _is_same_time(expected: str, actual: str) -> bool:
    """Whether a time is the expected one as far as that is written: to the second, or with so many digits of it."""
    second, _, fraction = actual.partition(".")
    is_time = SECOND.fullmatch(second) is not None and len(expected) >= len(second)
    return is_time and f"{second}.{fraction.ljust(MICROSECONDS, '0')}"[: len(expected)] == expected


def _pairs(expected: Sequence[Row], actual: Sequence[Row], fits: Callable[[Row, Row], bool]) -> dict[int, int]:
    """As many pairs as possible (number expected -> number actual), by paths that free a row already taken."""
    owners: dict[int, int] = {}

    def has_place(number: int, tried: set[int]) -> bool:
        for candidate, row in enumerate(actual):
            if candidate in tried or not fits(expected[number], row):
                continue
            tried.add(candidate)
            if candidate not in owners or has_place(owners[candidate], tried):
                owners[candidate] = number
                return True
        return False

    for number in range(len(expected)):
        has_place(number, set())
    return {number: candidate for candidate, number in owners.items()}


def _text(row: Row) -> str:
    return ", ".join(f"{column} {_line(value)}" for column, value in row.items())


def _line(value: Any) -> str:
    """A value on one line."""
    return str(value).replace("\n", "\\n")
