"""Another log format needs a mapping and no Python; a shop's own Delta table is read in place, and only what is new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from footfall.runtime.cli import main
from footfall.storage.lake import Lake
from jobs import pipeline

ROOT = Path(__file__).resolve().parent.parent
CLICKS = """\
user_id,session_id,event,timestamp,platform,acquisition_channel
user_1,s1,product_view,2024-03-13 10:21:14,desktop,email
user_1,s1,payment_details,2024-03-13 10:22:14,desktop,email
user_1,s1,purchase,2024-03-13 10:23:14,mobile,email
user_2,s2,teleport,2024-03-13 10:23:14,desktop,organic
"""
IN_PLACE = """\
source: corner
about: invented
feeds:
  sales:
    delta: {table}
    known: {{delay: 0 hours}}
    into:
      order_lines:
        actor: {{kind: card, identifier: card}}
        columns: {{order_id: bon, line_number: pos, event_time: ts, item_id: sku, quantity: qty, amount: eur}}
"""


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")


def _run(lake: Lake, raw: Path, mapping: Path, *, as_of: str = "2024-07-01", stages: str = "ingest,refine") -> int:
    arguments = ["--lake", lake.root, "--raw", str(raw), "--as-of", as_of, "--now", "2024-07-01T12:00:00+00:00"]
    arguments += ["--set", f"sources.mappings=[{mapping}]", "--stages", stages]
    return main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)


def test_a_clickstream_becomes_events_by_its_mapping_alone(spark: SparkSession, lake: Lake, tmp_path: Path) -> None:
    assert spark is not None
    (tmp_path / "clickstream").mkdir()
    (tmp_path / "clickstream" / "a.csv").write_text(CLICKS)
    assert _run(lake, tmp_path, ROOT / "conf" / "sources" / "clickstream.yaml") == 0
    events = lake.read("refined.events").orderBy("event_time").collect()
    assert [(e["event_type"], e["channel"], e["session_key"]) for e in events] == [
        ("view", "web", "s1"),
        ("purchase", "app", "s1"),
    ]
    assert events[0]["properties"] == {"acquisition_channel": "email"}
    line = lake.read("books.ledger").where("target = 'refined.events'").first()
    assert line is not None
    assert (line["rows_read"], line["rows_valid"], line["rows_skipped"], line["rows_quarantined"]) == (4, 2, 1, 1)
    assert line["broken_rules"] == {"event_type_known": 1}


@pytest.mark.parametrize(
    ("change_feed", "read_again", "duplicates"), [pytest.param(True, 1, 0, marks=pytest.mark.slow), (False, 3, 2)]
)
def test_a_delta_table_is_read_in_place(
    spark: SparkSession, lake: Lake, tmp_path: Path, *, change_feed: bool, read_again: int, duplicates: int
) -> None:
    theirs = tmp_path / "theirs"
    columns = "bon string, pos int, ts timestamp, sku string, qty int, eur decimal(9,2), card string"
    properties = f"TBLPROPERTIES ('delta.enableChangeDataFeed' = '{str(change_feed).lower()}')"
    spark.sql(f"CREATE TABLE delta.`{theirs}` ({columns}) USING DELTA {properties}")
    line = "SELECT 'b1', {n}, TIMESTAMP'2024-02-01 10:00:00', 's{n}', 1, 2.50, 'anna'"
    spark.sql(f"INSERT INTO delta.`{theirs}` {line.format(n=1)} UNION ALL {line.format(n=2)}")
    mapping = tmp_path / "corner.yaml"
    mapping.write_text(IN_PLACE.format(table=theirs))
    assert _run(lake, tmp_path, mapping) == 0
    spark.sql(f"INSERT INTO delta.`{theirs}` {line.format(n=3)}")
    assert _run(lake, tmp_path, mapping) == 0
    assert sorted(row["line_number"] for row in lake.read("refined.order_lines").collect()) == [1, 2, 3]
    second = _ledger(lake)[-1]
    assert (second["rows_read"], second["rows_duplicate"], second["rows_valid"]) == (read_again, duplicates, 1)
    before = lake.version("refined.order_lines")
    assert _run(lake, tmp_path, mapping) == 0
    assert lake.version("refined.order_lines") == before
    assert lake.version("raw.corner_sales") is None
    spark.sql(f"ALTER TABLE delta.`{theirs}` SET TBLPROPERTIES ('theirs' = 'yes')")
    assert _run(lake, tmp_path, mapping) == 0
    spark.sql(f"DELETE FROM delta.`{theirs}` WHERE pos = 1")
    assert _run(lake, tmp_path, mapping) == 0
    *_, of_layout, of_delete = _ledger(lake)
    assert (of_layout["rows_read"], of_layout["source_changes"], of_layout["full_read"]) == (0, None, None)
    assert of_delete["source_changes"] == {"deleted": 1}
    assert (of_delete["rows_read"], of_delete["full_read"]) == ((0, None) if change_feed else (2, "no change feed"))


NOBODY = """\
source: corner
about: invented
feeds:
  catalogue:
    files: catalogue/*.csv
    format: csv
    known: {delay: 0 hours}
    into:
      items:
        columns: {item_id: sku, item_name: name}
  labels:
    files: labels/*.csv
    format: csv
    into:
      labelled_texts:
        columns: {text: text, label: label}
"""


def test_a_shop_without_people_is_refined_and_only_what_needs_people_says_so(
    spark: SparkSession, lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spark is not None
    for name, text in {"catalogue": "sku,name\ns1,Tea\n", "labels": "text,label\ngood tea,positive\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text(text)
    mapping = tmp_path / "corner.yaml"
    mapping.write_text(NOBODY)
    assert _run(lake, tmp_path, mapping) == 0
    assert [(r["item_id"], r["item_name"]) for r in lake.read("refined.items").collect()] == [("s1", "Tea")]
    assert [(r["text"], r["label"]) for r in lake.read("refined.labelled_texts").collect()] == [
        ("good tea", "positive")
    ]
    assert lake.read("refined.pseudonyms").count() == 0
    assert _run(lake, tmp_path, mapping, stages="featurize") == 2
    fault = "no features as of 2024-07-01: no source of this shop says what people did.\nFix: Map a log with an `actor`"
    assert fault in capsys.readouterr().err


SALES = """\
source: corner
about: invented
feeds:
  sales:
    files: sales/*.csv
    format: csv
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        columns: {order_id: bon, line_number: pos, event_time: ts, item_id: sku, quantity: qty, amount: eur}
"""
REDEMPTIONS = """\
      coupon_redemptions:
        actor: {kind: mail, identifier: mail}
        columns: {event_time: ts, coupon_id: coupon}
"""


def _sales(folder: Path) -> Path:
    (folder / "sales").mkdir()
    lines = "bon,pos,ts,sku,qty,eur,card,mail,coupon\nb1,1,2024-02-01 10:00:00,s1,1,2.50,c1,a@x.example,k1\n"
    (folder / "sales" / "a.csv").write_text(lines)
    return folder / "corner.yaml"


def test_an_actor_that_a_mapping_gains_later_is_found_in_the_old_rows_too(
    spark: SparkSession, lake: Lake, tmp_path: Path
) -> None:
    assert spark is not None
    mapping = _sales(tmp_path)
    mapping.write_text(SALES)
    assert _run(lake, tmp_path, mapping) == 0
    mapping.write_text(SALES + REDEMPTIONS)
    assert _run(lake, tmp_path, mapping) == 0
    vault = {(r["kind"], r["identifier"]): r["actor_id"] for r in lake.read("refined.pseudonyms").collect()}
    assert sorted(vault) == [("card", "c1"), ("mail", "a@x.example")]
    redemptions = lake.read("refined.coupon_redemptions").collect()
    assert [(r["actor_id"], r["coupon_id"]) for r in redemptions] == [(vault["mail", "a@x.example"], "k1")]
    assert lake.version("raw.quarantine") is None
    version = lake.version("refined.pseudonyms")
    assert _run(lake, tmp_path, mapping) == 0
    assert lake.version("refined.pseudonyms") == version


def test_a_first_load_without_known_is_warned_of_and_gives_a_fault_instead_of_no_features(
    spark: SparkSession, lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert spark is not None
    mapping = _sales(tmp_path)
    mapping.write_text(SALES)
    assert _run(lake, tmp_path, mapping) == 0
    warning = (
        "warning: 1 of 1 rows of corner_sales for refined.order_lines are older than 7 days, and count as known only"
    )
    assert warning in capsys.readouterr().out
    assert _run(lake, tmp_path, mapping, as_of="2024-06-01", stages="featurize") == 2
    fault = capsys.readouterr().err
    assert "no features as of 2024-06-01: what happened since 2024-02-01 was not known before 2024-07-01. " in fault
    assert "No `known` in the mapping of corner_sales" in fault
    assert "give such a feed `known: {delay: 0 hours}`" in fault


NESTED = """\
source: corner
about: invented
feeds:
  catalogue:
    files: catalogue/*.json
    format: json
    known: {delay: 0 hours}
    into:
      items:
        columns: {item_id: "`art no`.id", item_name: "`full.name`"}
"""


def test_fields_within_json_text_are_read_by_their_path_whatever_shape_it_has(
    spark: SparkSession, lake: Lake, tmp_path: Path
) -> None:
    assert spark is not None
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "a.json").write_text('{"art no": {"id": "s1"}, "full.name": "Tea"}\n')
    mapping = tmp_path / "corner.yaml"
    mapping.write_text(NESTED)
    assert _run(lake, tmp_path, mapping) == 0
    assert [(r["item_id"], r["item_name"]) for r in lake.read("refined.items").collect()] == [("s1", "Tea")]
    (tmp_path / "catalogue" / "b.json").write_text(
        '{"art no": {"tier": {"x": 1}, "id": 2}, "full.name": "Oats"}\n{"art no": "s3", "full.name": "Salt"}\n'
    )
    assert _run(lake, tmp_path, mapping) == 0
    items = lake.read("refined.items").orderBy("item_id").collect()
    assert [(r["item_id"], r["item_name"]) for r in items] == [("2", "Oats"), ("s1", "Tea")]
    assert lake.read("raw.quarantine").where("array_contains(rules, 'item_id_required')").count() >= 1


def test_a_column_of_another_type_is_refused_with_both(
    spark: SparkSession, lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = tmp_path / "corner.yaml"
    mapping.write_text(NESTED.replace("json", "parquet").replace("*.", "*/*."))
    spark.sql("SELECT named_struct('id', 's1') AS `art no`, 'Tea' AS `full.name`").write.parquet(
        str(tmp_path / "catalogue" / "a")
    )
    assert _run(lake, tmp_path, mapping) == 0
    spark.sql("SELECT named_struct('id', 's2', 'tier', 'x') AS `art no`, 'Tea' AS `full.name`").write.parquet(
        str(tmp_path / "catalogue" / "b")
    )
    assert _run(lake, tmp_path, mapping) == 2
    assert (
        "footfall stopped (source error): new rows of feed corner_catalogue have other types than those in "
        "raw.corner_catalogue: 'art_no' was struct<id:string>, and is struct<id:string,tier:string> now.\n"
        "Fix: Deliver these columns in the old shape, or give the new files a feed of their own in the mapping"
    ) in capsys.readouterr().err


def test_a_later_file_and_its_mapping_may_write_names_in_another_case(
    spark: SparkSession, lake: Lake, tmp_path: Path
) -> None:
    assert spark is not None
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "a.csv").write_text("sku,name,Size\ns1,Tea,1\n")
    mapping = tmp_path / "corner.yaml"
    catalogue = NOBODY.partition("  labels:")[0].replace("    known:", "    types: {SIZE: int}\n    known:")
    mapping.write_text(catalogue)
    assert _run(lake, tmp_path, mapping) == 0
    (tmp_path / "catalogue" / "b.csv").write_text("SKU,Name,size\ns2,Oats,2\n")
    assert _run(lake, tmp_path, mapping) == 0
    items = lake.read("refined.items").orderBy("item_id").collect()
    assert [(r["item_id"], r["item_name"], r["properties"]) for r in items] == [
        ("s1", "Tea", None),
        ("s2", "Oats", None),
    ]


def _ledger(lake: Lake) -> list[dict[str, Any]]:
    lines = lake.read("books.ledger").where("target = 'refined.order_lines'").orderBy("batch_id")
    return [row.asDict() for row in lines.collect()]
