"""A lake on S3 opens by its address and storage_options, over HTTP from a server of the protocol on this machine (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import fs
from pyspark.sql import SparkSession

import footfall
from footfall.errors import EnvironmentFault
from query.tiny_lake import FIRST_DAY, write_lake
from s3_server import ENVIRONMENT, s3_server


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """In a process of its own: delta-rs holds Python's lock while it waits for an answer."""
    with s3_server() as address:
        yield address


@pytest.fixture(scope="module")
def bucket(spark: SparkSession, endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A bucket with the tiny lake in its folder `lake`."""
    folder: Path = tmp_path_factory.mktemp("s3") / "lake"
    write_lake(spark, folder)
    storage = fs.S3FileSystem(
        endpoint_override=endpoint, allow_bucket_creation=True, access_key=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        secret_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"], region=ENVIRONMENT["AWS_REGION"],
    )  # fmt: skip
    storage.create_dir("shop")
    fs.copy_files(str(folder), "shop/lake", destination_filesystem=storage)
    return "shop"


@pytest.fixture
def options(endpoint: str) -> dict[str, str]:
    names = {name.lower(): value for name, value in ENVIRONMENT.items() if name != "AWS_EC2_METADATA_DISABLED"}
    return {**names, "aws_endpoint": endpoint, "aws_allow_http": "true"}


@pytest.mark.parametrize("scheme", ["s3", "s3a"])
def test_a_lake_on_s3_is_read_at_its_last_closed_versions(bucket: str, options: dict[str, str], scheme: str):
    lake = footfall.open(f"{scheme}://{bucket}/lake/", storage_options=options)
    assert list(lake) == ["books.batches", "books.ledger", "raw.shop_orders", "results.segment_catalogue"]
    table = lake["results.segment_catalogue"]
    frame = table.to_polars(["segment_name", "user_count"], [("as_of_date", "=", FIRST_DAY)])
    assert (frame.rows(), table.version) == ([("new", 3), ("loyal", 5)], 2)


def test_keys_show_neither_in_the_lake_nor_in_an_error(bucket: str, options: dict[str, str]):
    assert "of the test" not in repr(footfall.open(f"s3://{bucket}/lake", storage_options=options))
    dead = {**options, "aws_endpoint": "http://127.0.0.1:1", "max_retries": "0"}
    with pytest.raises(EnvironmentFault, match=r"s3://shop/lake/books/batches cannot be read") as fault:
        footfall.open(f"s3://{bucket}/lake", storage_options=dead)
    assert "of the test" not in str(fault.value)
