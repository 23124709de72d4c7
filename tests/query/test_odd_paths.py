"""A lake opens by the name of its folder, letter by letter, whatever a URL would make of that name."""

from __future__ import annotations

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


@pytest.mark.parametrize("name", ["a b", "a#b", "a?b", "a=b", "aa:b"])
def test_a_lake_opens_by_the_exact_name_of_its_folder(tmp_path: Path, name: str):
    root = write_lake(tmp_path / name, name)
    lake = footfall.open(root)
    assert list(lake) == ["books.batches", "results.names"]
    assert lake["results.names"].to_arrow(["name"])["name"].to_pylist() == [name]
    assert (len(lake["results.names"]), lake["results.names"].path) == (1, f"{root}/results/names")
    assert footfall.open(f"file://{root}")["results.names"].path == f"{root}/results/names"


@pytest.mark.parametrize("name", ["a%20b", "100%", "a\\b"])
def test_a_path_that_would_open_a_neighbour_is_refused_in_words(tmp_path: Path, name: str):
    write_lake(tmp_path / "a b", "neighbour")
    with pytest.raises(DataError, match=r"would open another folder or none\.\nFix: Give the folder a name without"):
        footfall.open(tmp_path / name)


def test_an_empty_root_is_refused_in_words():
    with pytest.raises(DataError, match=r"the root of the lake is empty.\nFix: Name the folder"):
        footfall.open("")
