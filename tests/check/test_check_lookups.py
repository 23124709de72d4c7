"""--check of a feed that looks others up: what is absent stands with its line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.check.sample import computed
from footfall.check.source_check import check_source
from footfall.errors import SourceError
from footfall.refine.fills import ShopDefaults

MAPPING = """\
source: corner
about: invented
feeds:
  goods: {files: goods.csv, format: csv}
  groups: {files: groups.csv, format: csv}
  stock:
    files: stock.csv
    format: csv
    with:
      - goods on sku = no
      - groups on goods.group = id
    into:
      items:
        columns: {item_id: sku, item_name: goods.naem, category: groups.text}
"""


def test_columns_of_other_feeds_that_are_not_there_are_named_with_their_line(
    spark: SparkSession, tmp_path: Path
) -> None:
    files = {"goods": "no,name,group\nA,Oats,1\n", "groups": "number,text\n1,Food\n", "stock": "sku\nA\n"}
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    path = tmp_path / "corner.yaml"

    def faults(mapping: str) -> str:
        path.write_text(mapping)
        shop = ShopDefaults("Europe/Berlin", "EUR")
        with pytest.raises(SourceError) as caught:
            list(check_source(spark, path, root=str(tmp_path), shop=shop, rows=9, now=datetime(2024, 3, 1, tzinfo=UTC)))
        return caught.value.what.replace(f"{tmp_path}/", "")

    absent = "no column id in the files of groups (they have number, text)"
    assert faults(MAPPING) == f"corner.yaml:11: feeds.stock.with.1: {absent}"
    at = "corner.yaml:14: feeds.stock.into.items.columns.item_name"
    words = "no `naem` there (there are `no`, `name`, `group`)"
    assert faults(MAPPING.replace("= id", "= number")) == f"{at}: `goods.naem`: {words}"


def test_a_sample_is_computed_once_whatever_is_null_in_it(spark: SparkSession) -> None:
    sql = "SELECT id, IF(id = 1, named_struct('a', id, 'l', array('x')), NULL) AS s, map('k', id) AS m FROM range(3)"
    rows = spark.sql(sql).withMetadata("s", {"comment": "c"})
    once = computed(rows)
    assert [row.asDict(recursive=True) for row in once.orderBy("id").collect()] == [
        row.asDict(recursive=True) for row in rows.orderBy("id").collect()
    ]
    assert once.schema["s"].metadata == {"comment": "c"}
