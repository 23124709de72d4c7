"""Raw logs and the lake on S3: what comes in is that of a local lake, the second run finds nothing new, and delta-rs reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import footfall
from footfall.runtime.cli import main
from footfall.storage.lake import Lake
from jobs import pipeline
from s3_server import ENVIRONMENT, s3_server

LINES = """\
bon,ts,sku,qty,eur,card
b1,2024-02-01 10:00:00,tea,1,2.50,anna
b1,2024-02-01 10:00:00,oats,2,4.00,anna
b2,2024-02-02 11:30:00,tea,x,2.50,ben
"""
MAPPING = """\
source: corner
about: invented
feeds:
  sales:
    files: sales/*.csv
    format: csv
    known: {delay: 0 hours}
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        line_key: [item_id]
        columns: {order_id: bon, event_time: ts, item_id: sku, quantity: qty, amount: eur}
"""


@pytest.fixture(scope="module")
def endpoint(spark: SparkSession) -> Iterator[str]:
    """A server of S3's protocol with a bucket `shop`, known to the session by settings for this bucket alone."""
    with s3_server() as address:
        settings = {
            "endpoint": address,
            "endpoint.region": ENVIRONMENT["AWS_REGION"],
            "path.style.access": "true",
            "connection.ssl.enabled": "false",
            "access.key": ENVIRONMENT["AWS_ACCESS_KEY_ID"],
            "secret.key": ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        }
        for name, value in settings.items():
            spark.conf.set(f"fs.s3a.bucket.shop.{name}", value)
        _storage(address).create_dir("shop/raw/sales")
        with _storage(address).open_output_stream("shop/raw/sales/a.csv") as file:
            file.write(LINES.encode())
        yield address
        for name in settings:
            spark.conf.unset(f"fs.s3a.bucket.shop.{name}")


def _storage(endpoint: str) -> fs.S3FileSystem:
    return fs.S3FileSystem(
        endpoint_override=endpoint,
        allow_bucket_creation=True,
        access_key=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
        secret_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        region=ENVIRONMENT["AWS_REGION"],
    )


def _run(lake: str, raw: str, mapping: Path) -> int:
    arguments = ["--lake", lake, "--raw", raw, "--as-of", "2024-07-01", "--now", "2024-07-01T12:00:00+00:00"]
    arguments += ["--set", f"sources.mappings=[{mapping}]", "--stages", "ingest,refine"]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def _contents(spark: SparkSession, root: str) -> dict[str, list[dict[str, Any]]]:
    """What stands in the tables that people read, with people by their cards, since each lake has pseudonyms of its own."""
    lake = Lake(spark, root)
    people = lake.read("refined.pseudonyms").select("actor_id", F.col("identifier").alias("card"))
    lines = lake.read("refined.order_lines").join(people, "actor_id", "left").drop("actor_id")
    tables = {"lines": lines.orderBy("order_id", "item_id"), "aside": lake.read("raw.quarantine").drop("file")}
    counts = [f"rows_{kind}" for kind in ("read", "valid", "quarantined")]
    tables["ledger"] = lake.read("books.ledger").select("step", *counts).orderBy("step")
    return {name: [row.asDict() for row in frame.collect()] for name, frame in tables.items()}


def test_a_shop_on_s3_comes_in_as_on_a_local_path_once_and_delta_rs_reads_it(
    spark: SparkSession,
    endpoint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")
    mapping = tmp_path / "corner.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    (tmp_path / "raw" / "sales").mkdir(parents=True)
    (tmp_path / "raw" / "sales" / "a.csv").write_text(LINES, encoding="utf-8")
    local, remote = str(tmp_path / "lake"), "s3a://shop/lake"
    assert _run(local, str(tmp_path / "raw"), mapping) == 0
    assert _run(remote, "s3a://shop/raw", mapping) == 0
    contents = _contents(spark, remote)
    assert [(row["item_id"], str(row["amount"]), row["card"]) for row in contents["lines"]] == [
        ("oats", "4.0000", "anna"),
        ("tea", "2.5000", "anna"),
    ]
    assert contents == _contents(spark, local)
    capsys.readouterr()
    assert _run(remote, "s3a://shop/raw", mapping) == 0
    said = capsys.readouterr().out
    assert said.count("nothing new") == len(said.splitlines()) == 5
    names = {name.lower(): value for name, value in ENVIRONMENT.items() if name != "AWS_EC2_METADATA_DISABLED"}
    opened = footfall.open(remote, storage_options={**names, "aws_endpoint": endpoint, "aws_allow_http": "true"})
    frame = opened["refined.order_lines"].to_polars(["item_id", "quantity"])
    assert sorted(frame.rows()) == [("oats", 2), ("tea", 1)]
