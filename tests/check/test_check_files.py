"""--check on files that cannot be used, that two feeds take, or that have no row yet, and on lists without elements."""

from __future__ import annotations

from datetime import UTC, datetime
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
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        line_key: [item_id]
        skipped:
          - {when: qty = '0', reason: nothing_sold}
        columns: {order_id: bon, event_time: ts, item_id: sku, quantity: qty, amount: eur}
"""
SALES = """\
bon,ts,sku,qty,eur,card
b1,2024-02-01 10:00:00,s1,1,2.50,anna@example.org
b1,2024-02-01 10:00:00,s2,0,2.50,anna@example.org
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A source with one file."""
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "a.csv").write_text(SALES)
    return tmp_path


def _output(spark: SparkSession, root: Path, mapping: str) -> str:
    path, now = root / "corner.yaml", datetime(2024, 3, 1, tzinfo=UTC)
    path.write_text(mapping)
    shop = ShopDefaults("Europe/Berlin", "EUR")
    return "\n".join(check_source(spark, path, root=str(root), shop=shop, rows=100, now=now))


DOCUMENTS = """\
source: corner
about: invented
feeds:
  docs:
    files: docs/*.json
    format: json
    known: {delay: 0 hours}
    into:
      order_lines:
        actor: {kind: card, identifier: card}
        each: EACH
        line_key: [item_id]
        columns: {order_id: id, event_time: at, item_id: each.sku, quantity: each.n, amount: each.p}
"""
LINE = '{"sku":"A","n":1,"p":2.50}'


@pytest.mark.parametrize(
    ("each", "document", "words"),
    [
        (
            "lines.daat",
            f'"lines":{{"data":[{LINE}],"has_more":false}}',
            "none of 1 documents has an element under lines.daat, so that no row was made of them (there are data, has_more)",
        ),
        ("lines.data", '"lines":{"data":[]}', "none of 1 documents has an element under lines.data, so that no row was made of them"),
        ("sent.lines", f'"sent":[{{"lines":[{LINE}]}}]', "sent.lines_unreadable (1 rows): sent.lines is no list, or what it lies in"),
        ("sent.lines", '"sent":"yes"', "sent.lines_unreadable (1 rows): sent.lines is no list, or what it lies in"),
        ("sent.lines", '"sent":[]', "1 documents, 1 of them without any"),
    ],
)  # fmt: skip
def test_check_says_where_no_document_has_elements(
    spark: SparkSession, tmp_path: Path, each: str, document: str, words: str
) -> None:
    (tmp_path / "docs").mkdir()
    text = f'{{"id":"1","card":"K-1","at":"2024-05-03 08:12:00",{document}}}\n'
    (tmp_path / "docs" / "1.json").write_text(text)
    output = _output(spark, tmp_path, DOCUMENTS.replace("EACH", each))
    assert words in output
    assert "Empty DataFrame" not in output


def test_a_list_within_a_typed_list_is_refused_with_its_line(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    text = f'{{"id":"1","card":"K-1","at":"2024-05-03 08:12:00","sent":[{{"lines":[{LINE}]}}]}}\n'
    (tmp_path / "docs" / "1.json").write_text(text)
    kind = "ARRAY<STRUCT<lines: ARRAY<STRUCT<sku: STRING, n: INT, p: DECIMAL(18, 4)>>>>"
    mapping = DOCUMENTS.replace("EACH", "sent.lines").replace("    into:", f'    types: {{sent: "{kind}"}}\n    into:')
    with pytest.raises(SourceError, match=r"corner.yaml:12: feeds.docs.into.order_lines.each: sent is a list itself"):
        _output(spark, tmp_path, mapping)


def test_headers_that_differ_are_all_reported_with_their_lines(spark: SparkSession, shop: Path) -> None:
    (shop / "sales" / "b.csv").write_text("bon,ts,sku,qty,eur,card,more\n")
    (shop / "other").mkdir()
    (shop / "other" / "a.csv").write_text(SALES)
    (shop / "other" / "b.csv").write_text("bon,ts,sku,eur,qty,card\n")
    mapping = MAPPING + MAPPING.partition("feeds:\n")[2].replace("sales", "other")
    with pytest.raises(SourceError) as fault:
        _output(spark, shop, mapping)
    first, second = fault.value.what.splitlines()
    assert "corner.yaml:5: feeds.sales.files: sales/b.csv: its header differs" in first
    assert "card, more; they have bon" in first
    assert "feeds.other.files: other/b.csv: its header differs" in second


def test_a_feed_of_empty_lists_hinders_no_other(spark: SparkSession, shop: Path) -> None:
    (shop / "docs").mkdir()
    (shop / "docs" / "a.json").write_text("[]")
    mapping = MAPPING + DOCUMENTS.partition("feeds:\n")[2].replace("EACH", "lines").replace(
        "json\n    known", "json_array\n    known"
    )
    output = _output(spark, shop, mapping)
    assert "corner_docs: 0 rows of 1 files looked at\n" in output
    assert "there is no row in the files looked at" in output
    assert "skipped: nothing_sold" in output


@pytest.mark.parametrize(("pattern", "is_warned"), [("sal*/a*.csv", True), ("sales/b*.csv", False)])
def test_files_that_two_feeds_take_are_named(spark: SparkSession, shop: Path, pattern: str, is_warned: bool) -> None:
    (shop / "sales" / "b.csv").write_text(SALES)
    first = MAPPING.replace("sales/*.csv", "sales/a.csv")
    mapping = first + MAPPING.partition("feeds:\n")[2].replace("sales/*.csv", pattern).replace("  sales:", "  again:")
    output = _output(spark, shop, mapping)
    words = (
        "feeds.again.files: the feeds corner_sales and corner_again both take sales/a.csv, and both fill order_lines"
    )
    assert (words.replace("corner_", "") in output) is is_warned
