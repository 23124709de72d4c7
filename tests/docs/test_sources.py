"""docs/sources.md and docs/mapping.md: the example is a real one, and what it says of the mapping is what the code does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.check.source_check import check_source
from footfall.errors import SourceError
from footfall.mapping.lines import hashed_ids
from footfall.mapping.reader_options import ALLOWED
from footfall.mapping.targets import FILLED_IN, TARGETS
from footfall.refine.fills import ShopDefaults

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = "".join((DOCS / name).read_text(encoding="utf-8") for name in ("sources.md", "mapping.md"))
SHOP = ShopDefaults("Europe/London", "GBP")
NOW = datetime(2024, 6, 1, tzinfo=UTC)
FAULTS = {
    "{pieces: INT": "{peices: INT",
    "order_id: receipt": "order_id: reciept",
    "CASE place WHEN": "CASE WHEN place WHEN",
}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example's log and mapping, as the page gives them."""
    (tmp_path / "logs" / "till").mkdir(parents=True)
    (tmp_path / "logs" / "till" / "2024-05.csv").write_text(blocks("csv")[0], encoding="utf-8")
    (tmp_path / "corner_shop.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    return tmp_path


def checked(spark: SparkSession, folder: Path) -> Iterator[str]:
    mapping = folder / "corner_shop.yaml"
    return check_source(spark, mapping, root=str(folder / "logs"), shop=SHOP, rows=1000, now=NOW)


def test_the_check_says_of_the_example_what_the_page_shows(spark: SparkSession, folder: Path):
    output = "\n".join(checked(spark, folder)).strip("\n") + "\n"
    masked = (re.sub(r"[0-9a-f]{8}\.\.\.", "<pseudonym>", text) for text in (output, blocks("text")[0]))
    assert next(masked) == next(masked)


def test_the_check_names_the_faults_that_the_page_shows(spark: SparkSession, folder: Path):
    mapping = folder / "corner_shop.yaml"
    text = mapping.read_text(encoding="utf-8")
    for sound, faulty in FAULTS.items():
        assert sound in text
        text = text.replace(sound, faulty)
    mapping.write_text(text, encoding="utf-8")

    with pytest.raises(SourceError) as fault:
        list(checked(spark, folder))
    assert f"{fault.value}\n".replace(str(folder), "conf/sources") == blocks("text")[1]


def test_the_page_says_what_each_table_needs():
    section = PAGE.split("## What each table needs")[1].split("\n## ")[0]
    lines = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE))
    assert list(lines) == list(TARGETS)
    assert lines.pop("identity_links").endswith(" | no, `links` |  | `event_time`")
    for name, table in ((name, table) for name, table in TARGETS.items() if name in lines):
        _, actor, must, may = lines[name].split(" | ")
        assert actor == ("yes" if "actor_id" in table.column_names else "no")
        columns = set(re.findall(r"`(\w+)`", must)), set(re.findall(r"`(\w+)`", may))
        unless_mapped = {*hashed_ids(table), "valid_from", "currency"}
        needed = {c.name for c in table.all_columns[:-1] if c.required} - FILLED_IN - unless_mapped
        assert columns == (needed, set(table.column_names) - needed - FILLED_IN)


def test_the_page_lists_the_reader_options_of_each_format():
    section = PAGE.split("### Reader options")[1].split("\n#")[0]
    lines = re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE)
    assert {name: tuple(re.findall(r"`(\w+)`", options)) for name, options in lines} == ALLOWED


def test_the_page_names_all_that_footfall_fills_in():
    section = PAGE.split("## What footfall fills in")[1]
    assert (
        set(re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in section.splitlines() if "|" in line)))
        >= FILLED_IN
    )
