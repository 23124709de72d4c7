"""Columns of any name get one in the raw table that every reader can take, and keep it; the comment says the source's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import types as T

from footfall.errors import SourceError
from footfall.steps.source_names import comment_of, under_source_names
from footfall.steps.step import Files
from footfall.storage.files import list_files, read_files, read_source_files
from footfall.storage.raw_names import stored_names


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("商品", "商品"),
        ("_id", "_id"),
        ("Order ID", "Order_ID"),
        ("Amount (EUR)", "Amount_EUR"),
        ("unit-price", "unit_price"),
        ("$total", "total"),
        ("Buyer[Id]", "Buyer_Id"),
        ("a`b\"c'd\\e\nf", "a_b_c_d_e_f"),
        ("()", "column"),
        ("_source", "_source_2"),
        ("Batch_ID", "Batch_ID_2"),
    ],
)
def test_a_name_is_stored_as_letters_digits_and_underscores(name: str, stored: str) -> None:
    assert stored_names([name], {}) == {name: stored}


def test_no_name_is_given_twice_and_one_that_was_given_stays() -> None:
    assert stored_names(["a b", "a.b", "A_b"], {}) == {"A_b": "A_b", "a b": "a_b_2", "a.b": "a_b_3"}
    assert stored_names(["a.b", "a_b", "A B"], {"a b": "a_b"}) == {"A B": "a_b", "a_b": "a_b_2", "a.b": "a_b_3"}
    assert stored_names(["x"], {"x": "x_2", "X y": "x"}) == {"x": "x_2"}


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_columns_of_every_format_come_back_under_the_names_of_the_source(
    spark: SparkSession, tmp_path: Path, kind: str
) -> None:
    names = ["_file", "Order.Date", "a`b", "_corrupt", "batch_id", "plain"]
    if kind == "parquet":
        columns = ", ".join(f"`{name.replace('`', '``')}` string" for name in names)
        spark.createDataFrame([tuple("123456")], columns).coalesce(1).write.parquet(str(tmp_path / "a"))
    else:
        (tmp_path / "a").mkdir()
        text = ",".join(names) + "\n1,2,3,4,5,6\n"
        if kind == "json":
            text = "{" + ", ".join(f'"{name}": {value}' for value, name in enumerate(names, start=1)) + "}\n"
        (tmp_path / "a" / f"a.{kind}").write_text(text)
    files = Files(str(tmp_path), f"a/*.{kind}", kind, {})
    source = read_source_files(spark, files, list(list_files(spark, files)))
    stored = ["_file_2", "Order_Date", "a_b", "_corrupt_2", "batch_id_2", "plain"]
    assert source.stored == {name: new for name, new in zip(names, stored, strict=True) if name != new}
    assert source.frame.select(*stored, "_position", "_corrupt").collect() == [("1", "2", "3", "4", "5", "6", 0, None)]
    named = under_source_names(source.frame)
    assert named.select("`Order.Date`", "`a``b`", "_file_2", "_corrupt_2", "batch_id_2", "plain").collect() == [
        ("2", "3", "1", "4", "5", "6")
    ]


def test_fields_within_columns_are_named_by_their_source_too(spark: SparkSession, tmp_path: Path) -> None:
    nested = "`to go` struct<`card-no`: string, card_no: string, `2nd`: array<struct<`a b`: string>>>"
    spark.createDataFrame([(("7", "8", [("x",)]),)], nested).write.parquet(str(tmp_path / "a"))
    files = Files(str(tmp_path), "a/*.parquet", "parquet", {})
    source = read_source_files(spark, files, list(list_files(spark, files)))
    kind = "struct<card_no_2:string,card_no:string,_2nd:array<struct<a_b:string>>>"
    assert source.frame.schema["to_go"].dataType.simpleString() == kind
    assert source.stored == {
        "to go": "to_go", "to go.card-no": "to_go.card_no_2", "to go.2nd": "to_go._2nd", "to go.a b": "to_go._2nd.a_b",
    }  # fmt: skip
    row = under_source_names(source.frame).select("`to go`").first()
    assert row is not None
    assert row[0].asDict() == {"card-no": "7", "card_no": "8", "2nd": [Row(**{"a b": "x"})]}


def test_a_comment_that_somebody_changed_names_nothing(spark: SparkSession) -> None:
    comments = [comment_of({"": "A b"}), "ours", comment_of({"": "A b"})[:-1]]
    fields = [T.StructField(f"x{n}", T.StringType(), metadata={"comment": c}) for n, c in enumerate(comments)]
    rows = under_source_names(spark.createDataFrame([("1", "2", "3")], T.StructType(fields)))
    assert rows.columns == ["A b", "x1", "x2"]


def _spellings(
    spark: SparkSession, root: Path, text: str, raw: T.StructType | None = None
) -> tuple[Mapping[str, str], Row]:
    (root / "a.json").write_text(text)
    source = read_source_files(spark, Files(str(root), "*.json", "json", {}), ["a.json"], raw=raw)
    columns = [c for c in source.frame.columns if not c.startswith("_")]
    return source.told_apart, source.frame.select(*columns).collect()[-1]


def test_keys_of_json_that_differ_only_in_case(spark: SparkSession, tmp_path: Path) -> None:
    both = '{"qty": 1, "Qty": 2}\n'
    assert _spellings(spark, tmp_path, both) == ({"qty": "qty_2"}, Row(Qty="2", qty_2="1"))
    assert _spellings(spark, tmp_path, '{"qty": 1}\n{"Qty": 2}\n') == ({}, Row(Qty="2"))
    assert _spellings(spark, tmp_path, '{"": 1, "Column": 2}\n') == ({"": "column_2"}, Row(Column="2", column_2="1"))
    had = T.StructType().add("qty", "string")
    assert _spellings(spark, tmp_path, both, had) == ({"Qty": "Qty_2"}, Row(Qty_2="2", qty="1"))
    had = T.StructType().add("Qty", "string").add("qty_2", "string")
    assert _spellings(spark, tmp_path, '{"qty": 1}\n', had)[1] == Row(qty_2="1")


def test_so_are_those_of_files_that_are_read_in_two_ways(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"qty": 1}\n')
    (tmp_path / "b.json").write_text('{"Qty": 2}{"Qty": 3}\n')
    rows = read_files(spark, Files(str(tmp_path), "*.json", "json", {}), ["a.json", "b.json"])
    assert [row["Qty"] for row in rows.orderBy("_file", "_position").select("Qty").collect()] == ["1", "2", "3"]


def test_names_that_a_mapping_gives_may_not_be_those_of_the_readers(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x\n")
    files = Files(str(tmp_path), "*.log", "text", {}, line_pattern="(?<_file>.*)")
    with pytest.raises(SourceError, match=r"columns \['_file'\] are footfall's own names"):
        read_files(spark, files, ["a.log"])
