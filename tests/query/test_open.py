"""footfall.open: the last closed version of each table, as any frame, with its contract, without Spark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession

import footfall
from footfall.errors import DataError, EnvironmentFault
from footfall.query import ClosedLake
from footfall.tables import SEGMENT_CATALOGUE
from query.tiny_lake import (
    FIRST_DAY,
    FIRST_ROWS,
    ORDER_ROWS,
    ORDERS,
    SECOND_DAY,
    SECOND_ROWS,
    write,
    write_lake,
)

NAMES = SEGMENT_CATALOGUE.column_names
CATALOGUE = "results.segment_catalogue"


@pytest.fixture(scope="module")
def root(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("query") / "lake"
    write_lake(spark, folder)
    return folder


@pytest.fixture
def tiny(root: Path) -> ClosedLake:
    return footfall.open(root)


def _rows(table: pa.Table) -> list[tuple[Any, ...]]:
    rows = table.select(list(NAMES)).to_pylist(maps_as_pydicts="strict")
    return sorted((tuple(row.values()) for row in rows), key=str)


def test_a_table_is_read_at_its_last_closed_version_not_at_its_newest(root: Path, tiny: ClosedLake):
    newest = DeltaTable(root / "results" / "segment_catalogue")
    assert "not counted yet" in newest.to_pyarrow_table()["segment_name"].to_pylist()

    table = tiny[CATALOGUE]
    assert _rows(table.to_arrow()) == [*FIRST_ROWS, *SECOND_ROWS]
    assert (table.version, newest.version()) == (2, 3)
    assert len(table) == 4
    assert table.closed is not None
    assert (table.closed.step, table.closed.batch_id) == ("write_segment_catalogue", 2)


def test_all_frames_hold_the_same_rows(spark: SparkSession, tiny: ClosedLake):
    table = tiny[CATALOGUE]
    arrow, pandas, polars = table.to_arrow(), table.to_pandas(), table.to_polars()
    assert _rows(pa.Table.from_pandas(pandas, arrow.schema, preserve_index=False)) == _rows(arrow)
    from_polars = [{**row, **{name: dict(row[name]) for name in ("means", "lifts")}} for row in polars.to_dicts()]
    assert sorted((tuple(row[n] for n in NAMES) for row in from_polars), key=str) == _rows(arrow)
    assert sorted((tuple(row) for row in table.to_spark(spark).select(*NAMES).collect()), key=str) == _rows(arrow)


def test_a_map_is_a_dict_in_pandas(tiny: ClosedLake):
    frame = tiny[CATALOGUE].to_pandas(["segment_id", "means"], [("as_of_date", "=", FIRST_DAY)])
    assert frame.to_dict("records") == [
        {"segment_id": 0, "means": {"recency_days": 0.0}},
        {"segment_id": 1, "means": {"recency_days": 1.5}},
    ]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([("as_of_date", "=", SECOND_DAY)], [4, 6]),
        ([("as_of_date", "==", SECOND_DAY), ("segment_name", "in", ["loyal"])], [6]),
        ([[("as_of_date", "=", FIRST_DAY), ("segment_id", "=", 0)], [("as_of_date", ">", FIRST_DAY)]], [3, 4, 6]),
        ([[("as_of_date", "=", FIRST_DAY)], [("segment_id", "=", 1)]], [3, 5, 6]),
        ([("user_count", ">=", 5)], [5, 6]),
        ([("user_count", ">", 6)], []),
        ([], [3, 4, 5, 6]),
    ],
)
def test_filters_choose_rows_by_columns_that_need_not_be_shown(tiny: ClosedLake, filters: Any, expected: list[int]):
    table = tiny[CATALOGUE].to_arrow(["user_count"], filters)
    assert table.column_names == ["user_count"]
    assert sorted(table["user_count"].to_pylist()) == expected


def test_other_partitions_than_those_asked_for_are_not_read(root: Path, tmp_path: Path):
    """Their files may even be gone."""
    import shutil

    copy = shutil.copytree(root, tmp_path / "lake")
    for file in copy.glob("results/segment_catalogue/as_of_date=2018-01-01/*.parquet"):
        file.unlink()
    frame = footfall.open(copy)[CATALOGUE].to_polars(["user_count"], [("as_of_date", "=", SECOND_DAY)])
    assert frame.equals(pl.DataFrame({"user_count": [4, 6]}))


def test_an_unknown_column_is_named_with_those_that_there_are(tiny: ClosedLake):
    with pytest.raises(DataError, match=r"has no column users, day\.\nFix: Choose from: as_of_date, segment_id"):
        tiny[CATALOGUE].to_arrow(["users"], [("day", "=", 1)])


def test_the_contract_and_the_meaning_of_each_column_are_at_hand(tiny: ClosedLake):
    table = tiny[CATALOGUE]
    assert table.contract is SEGMENT_CATALOGUE
    assert table.columns == {column.name: column.comment for column in SEGMENT_CATALOGUE.all_columns}
    assert table.columns["user_share"] == "of all people [0 to 1]"


def test_a_raw_feed_has_a_contract_with_its_own_columns_and_types(tiny: ClosedLake):
    table = tiny["raw.shop_orders"]
    assert table.contract == ORDERS
    assert [row["order"] for row in table.to_arrow().to_pylist()] == [row[5] for row in ORDER_ROWS]
    assert table.to_arrow()["paid"].to_pylist() == [row[6] for row in ORDER_ROWS]


def test_a_lake_lists_what_closed_batches_wrote_and_the_books(tiny: ClosedLake):
    assert list(tiny) == ["books.batches", "books.ledger", "raw.shop_orders", CATALOGUE]
    assert len(tiny) == 4
    assert (CATALOGUE in tiny, "results.user_profiles" in tiny) == (True, False)


def test_the_books_are_read_at_their_newest_version(tiny: ClosedLake):
    states = tiny["books.batches"].to_pandas()[["step", "batch_id", "state"]].to_records(index=False).tolist()
    assert ("write_segment_catalogue", 3, "open") in states
    assert tiny["books.batches"].closed is None


def test_lake_and_table_read_well_in_a_notebook(root: Path, tiny: ClosedLake):
    assert repr(tiny).splitlines() == [
        f"lake {root}, 4 tables",
        "  books.batches              newest version",
        "  books.ledger               newest version",
        "  raw.shop_orders            version 1, by batch 1 of write_shop_orders, 2018-01-03 06:00 UTC",
        "  results.segment_catalogue  version 2, by batch 2 of write_segment_catalogue, 2018-01-03 06:00 UTC",
    ]
    head, grain, *columns = repr(tiny[CATALOGUE]).splitlines()
    assert head == f"{CATALOGUE}, 4 rows, version 2, by batch 2 of write_segment_catalogue, 2018-01-03 06:00 UTC"
    assert grain == SEGMENT_CATALOGUE.grain
    assert columns[3] == "  user_count     bigint              people in it [count]"
    assert len(columns) == len(SEGMENT_CATALOGUE.all_columns)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("results.segment_catalog", r"has no such table\.\nFix: Did you mean results\.segment_catalogue\?"),
        ("segment_catalogue", r"has no such table\.\nFix: Did you mean results\.segment_catalogue\?"),
        ("zzz", r"Fix: Choose one of: books\.batches, books\.ledger, raw\.shop_orders, results\.segment_catalogue\."),
        ("results.user_profiles", r"no closed batch of lake \S+ wrote this table\.\nFix: Run the stage that writes it"),
    ],
)
def test_a_table_that_is_not_there_is_told_with_the_names_that_are_near(tiny: ClosedLake, name: str, words: str):
    with pytest.raises(DataError, match=words):
        tiny[name]


def test_a_lake_without_a_closed_batch_is_told(spark: SparkSession, tmp_path: Path):
    write(spark, tmp_path / "lake", SEGMENT_CATALOGUE, FIRST_ROWS, days=[FIRST_DAY], killed=True)
    with pytest.raises(
        DataError, match=r"no batch that wrote a table is closed yet \(begun: write_segment_catalogue\)"
    ):
        footfall.open(tmp_path / "lake")


def test_a_folder_that_is_no_lake_is_told(tmp_path: Path):
    with pytest.raises(
        DataError, match=r"is no lake of footfall: it has no table books\.batches\.\nFix: Name the folder"
    ):
        footfall.open(tmp_path)


def test_storage_that_cannot_be_reached_is_told():
    with pytest.raises(
        EnvironmentFault,
        match=r"hdfs://127\.0\.0\.1:1/lake/books/batches cannot be read: .*: Connection refused.*\nFix: .*storage_options",
    ):
        footfall.open("hdfs://127.0.0.1:1/lake")


def test_a_lake_opens_in_a_process_that_loads_no_spark_and_importing_footfall_loads_no_reader(root: Path):
    code = f"""
import sys
import footfall
heavy = {{"pyspark", "deltalake", "pyarrow", "pandas", "polars"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
print(footfall.open({str(root)!r})[{CATALOGUE!r}].to_pandas()["user_count"].sum())
assert "pyspark" not in sys.modules and "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "18\n"), done.stderr


@pytest.mark.parametrize("package", ["deltalake", "polars"])
def test_a_package_of_the_query_extra_that_is_missing_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch, package: str
):
    monkeypatch.setitem(sys.modules, package, None)  # what Python does where a package is not installed
    with pytest.raises(EnvironmentFault, match=rf"{package} cannot be imported(.|\n)*pip install 'footfall\[query\]'"):
        footfall.open(root)[CATALOGUE].to_polars()
