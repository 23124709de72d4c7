"""--check: every fault of a mapping with its line, or what it makes of a sample; nothing is written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.check.source_check import check_source
from footfall.errors import SourceError
from footfall.refine.fills import ShopDefaults

MAPPING = """\
source: corner
about: invented
feeds:
  sales:
    files: sales/*.csv
    format: csv
    known: {delay: 0 hours}
    types: {qty: int}
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        line_key: [item_id]
        skipped:
          - {when: qty = 0, reason: nothing_sold}
        columns:
          order_id: bon
          event_time: ts
          item_id: sku
          quantity: qty
          amount: eur
"""
SALES = """\
bon,ts,sku,qty,eur,card
b1,2024-02-01 10:00:00,s1,1,2.50,anna@example.org
b1,2024-02-01 10:00:00,s2,0,2.50,anna@example.org
b2,2024-02-01 10:00:00,s1,many,2.50,anna@example.org
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A source with one file."""
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "a.csv").write_text(SALES)
    return tmp_path


def _output(spark: SparkSession, root: Path, mapping: str, now: datetime = datetime(2024, 3, 1, tzinfo=UTC)) -> str:
    path = root / "corner.yaml"
    path.write_text(mapping)
    return "\n".join(
        check_source(spark, path, root=str(root), shop=ShopDefaults("Europe/Berlin", "EUR"), rows=100, now=now)
    )


def test_a_sound_mapping_shows_rows_and_what_is_set_aside(spark: SparkSession, shop: Path) -> None:
    output = _output(spark, shop, MAPPING)
    assert "corner_sales: 3 rows of 1 files looked at" in output
    assert "skipped: nothing_sold" in output
    assert "quarantined: qty_unreadable, quantity_required" in output
    assert "b1" in output
    assert "anna" not in output
    assert "warning" not in output
    assert sorted(p.name for p in shop.iterdir()) == ["corner.yaml", "sales"]


def test_where_nothing_identifies_a_line_check_warns_of_corrected_amounts(spark: SparkSession, shop: Path) -> None:
    output = _output(spark, shop, MAPPING.replace("        line_key: [item_id]\n", ""))
    warning = next(line for line in output.splitlines() if line.strip().startswith("warning:"))
    assert all(words in warning for words in ("sales", "`line_key`", "corrected amount"))


def test_an_unknown_column_that_should_identify_a_line_is_reported(spark: SparkSession, shop: Path) -> None:
    with pytest.raises(SourceError, match=r"12: feeds.sales.into.order_lines.line_key.0: `\`pos\``: no column `pos`"):
        _output(spark, shop, MAPPING.replace("[item_id]", "[pos]"))


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [
        ("keep_first", "conflict: the first is kept"),
        ("keep_latest", "conflict: the latest is kept"),
        ("quarantine", "quarantined: line_conflict"),
    ],
)
def test_a_line_with_other_content_is_an_outcome_of_its_own(
    spark: SparkSession, shop: Path, mode: str, outcome: str
) -> None:
    (shop / "sales" / "a.csv").write_text(SALES.replace("b2", "b1").replace("s1,many", "s3,1").replace(",0,", ",1,"))
    mapping = MAPPING.replace("line_key: [item_id]", f"on_conflict: {mode}")
    output = _output(spark, shop, mapping.replace("order_id: bon", "order_id: bon\n          line_number: qty"))
    counts = {" ".join(line.split()[:-2]): line.split()[-2] for line in output.splitlines() if line.strip()}
    assert (counts["valid"], counts[outcome]) == ("1", "2")


def test_every_fault_comes_at_once_with_its_line(spark: SparkSession, shop: Path) -> None:
    broken = MAPPING.replace("order_id: bon", "order_id: bonn").replace("amount: eur", "amount: eur +")
    broken = broken.replace("types: {qty: int}", "types: {qty: int, weight: int}").replace("qty = 0", "qty = = 0")
    with pytest.raises(SourceError) as fault:
        _output(spark, shop, broken)
    faults = fault.value.what.splitlines()
    assert [line.split("corner.yaml:")[1].split(":")[0] for line in faults] == ["8", "16", "20", "14"]
    assert "no column weight in the files (they have bon, ts, sku, qty, eur, card)" in faults[0]
    assert "`bonn`: no column `bonn` in the files" in faults[1]


SEVERAL_ROWS = (
    "looks at several rows (an aggregate or a window function); a mapping makes one row of each row, by itself"
)


@pytest.mark.parametrize(
    ("replaced", "by", "place", "fault"),
    [
        ("qty", "count(*)", "19: columns.quantity", SEVERAL_ROWS),
        ("qty", "explode(array(1, 2))", "19: columns.quantity", "makes several rows of one"),
        ("qty", '"*"', "19: columns.quantity", "`*` stands for footfall's own columns too; name the columns"),
        ("qty", "struct(qty)", "19: columns.quantity", "yields struct<qty:int>, which cannot be read as decimal(18,3)"),
        ("qty = 0", "qty", "14: skipped.0.when", "yields int, and `when` needs true or false"),
        ("card}", "first(card)}", "11: actor.identifier", SEVERAL_ROWS),
    ],
)
def test_an_expression_that_cannot_be_used_is_reported_with_its_line(
    spark: SparkSession, shop: Path, replaced: str, by: str, place: str, fault: str
) -> None:
    with pytest.raises(SourceError) as refusal:
        _output(spark, shop, re.sub(f"(: ){replaced}(,|}}|$)", rf"\g<1>{by}\g<2>", MAPPING, flags=re.MULTILINE))
    line, key = place.split(": ")
    sql = by.strip('"}')
    where = f"{shop / 'corner.yaml'}:{line}: feeds.sales.into.order_lines.{key}: `{sql}`: "
    assert refusal.value.what.startswith(where + fault)


def test_an_expression_that_fails_on_a_value_is_reported_with_its_line_and_without_the_value(
    spark: SparkSession, shop: Path
) -> None:
    (shop / "sales" / "a.csv").write_text(SALES.replace("b2", "100%zz anna@example.org"))
    output = _output(spark, shop, MAPPING.replace("order_id: bon", "order_id: url_decode(bon)"))
    place = f"{shop / 'corner.yaml'}:16: feeds.sales.into.order_lines.columns.order_id"
    reason = "fails on a value of the sample (CANNOT_DECODE_URL, SQLSTATE 22546)"
    assert f"  warning: {place}: `url_decode(bon)`: {reason}\n" in output
    assert "quarantined: order_id_failed, order_id_required, qty_unreadable, quantity_required" in output
    assert "anna" not in output


def test_filled_values_are_counted(spark: SparkSession, shop: Path) -> None:
    lines = [line.replace(",anna@example.org", ",") if line.startswith("b2") else line for line in SALES.splitlines()]
    (shop / "sales" / "a.csv").write_text("\n".join([*lines, "b1,,s3,1,2.50,"]))
    fills = "    fill_down: {within: bon, columns: [ts, card]}\n    types:"
    output = _output(spark, shop, MAPPING.replace("    types:", fills))
    assert "  fill_down within bon: rows that took an empty value from a line above: ts 1, card 1\n" in output


def test_documents_and_their_elements_are_counted(spark: SparkSession, shop: Path) -> None:
    element = '{"sku":"s1","qty":"1","eur":"2.50"}'
    documents = [("b1", f"[{element},{element}]"), ("b2", "[]"), ("b3", f"[{element}]")]
    stamp = '"ts":"2024-02-01 10:00:00","card":"anna@example.org"'
    text = "\n".join(f'{{"bon":"{bon}",{stamp},"lines":{lines}}}' for bon, lines in documents)
    (shop / "sales" / "a.json").write_text(text)
    mapping = (
        MAPPING.replace("csv", "json")
        .replace("    types: {qty: int}\n", "")
        .replace("order_lines:", "order_lines:\n        each: lines")
    )
    mapping = re.sub(
        r"(: )(sku|qty|eur)$", r"\1each.\2", mapping.replace("qty = 0", "each.qty = '0'"), flags=re.MULTILINE
    )
    output = _output(spark, shop, mapping)
    assert "corner_sales: 3 rows of 1 files looked at" in output
    assert "  each of lines is a row: 3 documents, 1 of them without any\n" in output
    assert "warning" not in output.partition("each of lines is a row")[2]
    assert re.search(r"valid +3 +0(\n|$)", output)

    within = re.sub(r'"lines":(.*)}$', r'"lines":{"data":\1,"total":1}}', text, flags=re.MULTILINE)
    (shop / "sales" / "a.json").write_text(within)
    output = _output(spark, shop, mapping.replace("each: lines", "each: lines.daat"))
    words = "corner_sales: none of 3 documents has an element under lines.daat, so that no row was made of them"
    assert re.search(rf"  warning: \S+corner.yaml:10: \S+each: {words} \(there are data, total\)\n", output)
    assert "  of the sample:\n    no rows" in output


@pytest.mark.parametrize(("days", "is_warned"), [(7, False), (8, True)])
def test_a_first_load_without_known_is_warned_of_with_the_line_of_its_feed(
    spark: SparkSession, shop: Path, days: int, *, is_warned: bool
) -> None:
    taken = datetime(2024, 2, 1, 9, tzinfo=UTC) + timedelta(days=days)  # 10:00 in Berlin, when the line was sold
    output = _output(spark, shop, MAPPING.replace("    known: {delay: 0 hours}\n", ""), now=taken)
    warning = (
        f"  warning: {shop / 'corner.yaml'}:4: feeds.sales.known: missing: 1 of 1 rows of corner_sales for refined.order_lines are "
        "older than 7 days, and count as known only from when they were taken: "
    )
    assert (warning in output) == is_warned
    assert ("warning" in output) == is_warned


def test_a_mapping_of_nothing_about_people_is_shown_like_any_other(spark: SparkSession, shop: Path) -> None:
    target = "order_lines:\n" + MAPPING.split("order_lines:\n")[1]
    output = _output(spark, shop, MAPPING.replace(target, "items:\n        columns: {item_id: sku}\n"))
    assert "into refined.items, first rows:\n    item_id\n         s1" in output


def test_a_column_that_a_table_cannot_name_so_is_shown_and_used_under_its_own_name(
    spark: SparkSession, shop: Path
) -> None:
    (shop / "sales" / "a.csv").write_text(SALES.replace("bon,ts,sku", "bon no,ts,s.ku"))
    output = _output(
        spark, shop, MAPPING.replace("order_id: bon", 'order_id: "`bon no`"').replace(": sku", ': "`s.ku`"')
    )
    assert (
        "  names in the raw table, where the mapping's own cannot stand: `bon no` is bon_no, `s.ku` is s_ku\n" in output
    )
    assert "b1" in output


def test_a_column_of_a_name_that_footfall_uses_itself_is_the_sources(spark: SparkSession, shop: Path) -> None:
    (shop / "sales" / "a.csv").write_text(SALES.replace("card", "_corrupt"))
    output = _output(spark, shop, MAPPING.replace("identifier: card", "identifier: _corrupt"))
    assert "`_corrupt` is _corrupt_2" in output
    assert "row_unreadable" not in output


def test_a_missing_file_is_reported_with_the_line_of_its_pattern(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"corner\.yaml:5: .*no file fits"):
        _output(spark, tmp_path, MAPPING)
