"""A lake opens by the name of its folder, letter by letter, whatever a URL would make of that name."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

import footfall
from footfall.errors import DataError

BATCHES = pa.schema(
    [
        ("step", pa.string()),
        ("batch_id", pa.int64()),
        ("state", pa.string()),
        ("outputs", pa.map_(pa.string(), pa.string())),
        ("now", pa.timestamp("us", "UTC")),
    ]
)


def write_lake(root: Path, name: str) -> Path:
    """A lake of one table, partitioned by a day, whose only row holds `name`."""
    rows = pa.table({"name": [name], "as_of_date": ["2018-01-01"]})
    batch = {"step": "write", "batch_id": 1, "state": "closed", "now": datetime(2018, 1, 2, tzinfo=UTC)}
    batches = pa.Table.from_pylist([{**batch, "outputs": [("results.names", "0")]}], BATCHES)
    write_deltalake(root.parent / "plain" / "results" / "names", rows, partition_by=["as_of_date"])
    write_deltalake(root.parent / "plain" / "books" / "batches", batches)
    (root.parent / "plain").rename(root)  # delta-rs cannot write below some of the names
    return root


@pytest.mark.parametrize(
    "name", ["a b", "a%20b", "a%2520b", "a%2Fb", "a#b", "a%23b", "a?b", "a=b", "100%", "a\\b", "aa:b"]
)
def test_a_lake_opens_by_the_exact_name_of_its_folder(tmp_path: Path, name: str):
    root = write_lake(tmp_path / name, name)
    lake = footfall.open(root)
    assert list(lake) == ["books.batches", "results.names"]
    assert lake["results.names"].to_arrow(["name"])["name"].to_pylist() == [name]
    assert (len(lake["results.names"]), lake["results.names"].path) == (1, f"{root}/results/names")


def test_a_neighbour_with_a_space_is_not_opened_in_the_place_of_a_percent_sign(tmp_path: Path):
    write_lake(tmp_path / "a b", "neighbour")
    (tmp_path / "a%20b").mkdir()
    with pytest.raises(DataError, match="a%20b is no lake of footfall"):
        footfall.open(tmp_path / "a%20b")
    write_lake(tmp_path / "a%20b", "itself")
    assert footfall.open(tmp_path / "a%20b")["results.names"].to_pandas()["name"].tolist() == ["itself"]


def test_a_root_behind_file_names_the_folder_that_spark_takes_it_for(tmp_path: Path):
    root = write_lake(tmp_path / "a%20b", "percent")
    assert footfall.open(f"file://{root}")["results.names"].path == f"{root}/results/names"


def test_a_newer_batch_of_a_lake_with_a_percent_sign_is_seen_when_it_is_opened_again(tmp_path: Path):
    root = write_lake(tmp_path / "a%20b", "first")
    assert len(footfall.open(root)["books.batches"]) == 1
    shutil.rmtree(root)
    write_lake(root, "second")
    assert footfall.open(root)["results.names"].to_pandas()["name"].tolist() == ["second"]


def test_an_empty_root_is_refused_in_words():
    with pytest.raises(DataError, match=r"the root of the lake is empty.\nFix: Name the folder"):
        footfall.open("")
