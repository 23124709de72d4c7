"""Through ingest and refine each dirty row of the imagined shop ends where truth/dirt says, and no clean row is touched."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall.runtime.cli import main
from footfall.simulation.dirt import ANYWHERE, CONFLICT, NOBODY, QUARANTINE, REDELIVERY
from footfall.simulation.plan import SimulationPlan
from footfall.storage.lake import Lake
from jobs import pipeline
from simulation.dirty_files import write_dirty_files

pytestmark = pytest.mark.slow
PLAN = SimulationPlan(people=70, items=60, days=12, seed=5, start=date(2024, 3, 4), dirt=20.0)
MAPPING = Path(__file__).resolve().parents[2] / "conf" / "sources" / "simulated.yaml"
# Feed -> what the names of its kinds of dirt begin with, and the table with the column that holds what its rows are known by.
FEEDS = {
    "web": ("web", "events", "event_id"),
    "app": ("app", "events", "event_id"),
    "payments": ("payment", "events", "event_id"),
    "tills": ("till", "order_lines", "concat_ws('/', order_id, line_number)"),
    "orders": ("order", "order_lines", "concat_ws('/', order_id, line_number)"),
    "reviews": ("review", "reviews", "review_id"),
}
KEY_OF_EVENT = re.compile(r'"(?:event_id|id)":"([^"]+)"|upstream timed out, (\S+)')


@dataclass
class Truth:
    """Of one feed what its dirty rows are known by, by where they must end; and the rule of those that go to quarantine."""

    ends: dict[str, Counter[str]] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)

    def keys(self, *ends: str) -> set[str]:
        """Of the rows that must end in one of these ways."""
        return {key for end in ends for key in self.ends.get(end, ())}


@pytest.fixture(scope="module")
def raw(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's dirty feeds, and truth/dirt beside them."""
    out = tmp_path_factory.mktemp("dirty") / "shop"
    write_dirty_files(spark, PLAN, out)
    return out


@pytest.fixture(scope="module")
def refined(spark: SparkSession, raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake that ingest and refine make of them."""
    folder = tmp_path_factory.mktemp("dirt_lake")
    whole = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))
    feeds = {name: whole["feeds"][name] for name in FEEDS}
    feeds["tills"]["into"].pop("refund_lines")
    (folder / "some.yaml").write_text(yaml.safe_dump(whole | {"feeds": feeds}), encoding="utf-8")
    arguments = ["--lake", str(folder / "lake"), "--raw", str(raw / "raw"), "--as-of", "2024-04-01"]
    arguments += ["--now", "2024-04-01T12:00:00+00:00", "--set", f"sources.mappings=[{folder / 'some.yaml'}]"]
    arguments += ["--set", "shop.time_zone=America/New_York", "--stages", "ingest,refine"]
    # so much dirt as no shop has is let in
    arguments += ["--set", "quality.max_quarantined_share=1.0"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")
        assert main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments) == 0
    return Lake(spark, str(folder / "lake"))


@pytest.fixture(scope="module")
def truths(spark: SparkSession, raw: Path) -> dict[str, Truth]:
    """The truth by feed."""
    feeds = {word: name for name, (word, *_) in FEEDS.items()}
    truths = {name: Truth() for name in FEEDS}
    words = F.split_part("kind", F.lit(":"), F.lit(1))
    for row in spark.read.parquet(str(raw / "truth/dirt")).where(words.isin([*feeds])).collect():
        truth = truths[feeds[row["kind"].partition(":")[0]]]
        truth.ends.setdefault(row["end"], Counter())[row["key"]] += 1
        if row["rule"]:
            truth.rules[row["key"]] = row["rule"]
    return truths


def test_each_kind_of_end_is_there(truths: dict[str, Truth]) -> None:
    assert {end for truth in truths.values() for end in truth.ends} >= {
        QUARANTINE,
        REDELIVERY,
        CONFLICT,
        NOBODY,
        ANYWHERE,
    }
    assert {name for name, truth in truths.items() if not truth.keys(QUARANTINE)} == set()


def test_quarantine_holds_what_it_must_under_its_rule_and_nothing_else(
    raw: Path, refined: Lake, truths: dict[str, Truth]
) -> None:
    aside: dict[str, dict[str, list[str]]] = {name: {} for name in FEEDS}
    lines: dict[str, list[str]] = {}
    for row in refined.read("raw.quarantine").select("feed", "file", "position", "rules").collect():
        name = row["feed"].removeprefix("simulated_")
        keys = lines.setdefault(row["file"], list(_keys(raw / "raw" / row["file"])))
        aside[name][keys[row["position"]]] = row["rules"]
    for name, truth in truths.items():
        chance = truth.keys(ANYWHERE)
        assert set(aside[name]) - chance == truth.keys(QUARANTINE), name
        other = {key: (rule, aside[name][key]) for key, rule in truth.rules.items() if rule not in aside[name][key]}
        assert other == {}, name


def test_redeliveries_conflicts_and_rows_of_nobody_are_counted_as_such(refined: Lake, truths: dict[str, Truth]) -> None:
    lines = refined.read("books.ledger").where("feed <> ''").collect()
    by_feed = {(line["feed"].removeprefix("simulated_"), line["target"]): line for line in lines}
    for name, truth in truths.items():
        line, chance = by_feed[name, f"refined.{FEEDS[name][1]}"], truth.ends.get(ANYWHERE, Counter()).total()
        counts = {end: truth.ends.get(end, Counter()).total() for end in (REDELIVERY, CONFLICT, NOBODY)}
        duplicates, conflicts = line["rows_duplicate"], line["rows_conflict"]
        assert counts[REDELIVERY] <= duplicates <= counts[REDELIVERY] + chance, name
        assert counts[CONFLICT] <= conflicts <= counts[CONFLICT] + chance, name
        if name != "tills":  # of which many show no card
            nobody = (line["skipped_reasons"] or {}).get("nobody", 0)
            assert counts[NOBODY] <= nobody <= counts[NOBODY] + chance, name


def test_every_other_row_is_in_its_table_once_and_conflicts_changed_none(
    raw: Path, refined: Lake, truths: dict[str, Truth]
) -> None:
    aside = {name: truth.keys(QUARANTINE, NOBODY) for name, truth in truths.items()}
    by_table: dict[str, set[str]] = {}
    chance = {key for truth in truths.values() for key in truth.keys(ANYWHERE)}
    for name, (_, table, _) in FEEDS.items():
        folder = f"events/channel={name}" if table == "events" and name != "payments" else name
        files = [file for file in (raw / "raw" / folder).rglob("part-*") if file.is_file()]
        by_table.setdefault(table, set()).update(
            {key for file in files for key in _valid_keys(file, name)} - aside[name]
        )
    for table, keys in by_table.items():
        column = next(column for _, of_table, column in FEEDS.values() if of_table == table)
        there = Counter(row[0] for row in refined.read(f"refined.{table}").selectExpr(column).collect())
        assert set(there) - chance == keys - chance, table
        assert {key: n for key, n in there.items() if n > 1} == {}
    other = refined.read("refined.order_lines").selectExpr(FEEDS["orders"][2], "CAST(amount AS DOUBLE)").collect()
    first = {key: amount for name in ("orders", "tills") for key, amount in _first_amounts(raw / "raw" / name)}
    conflicts = truths["orders"].keys(CONFLICT) | truths["tills"].keys(CONFLICT)
    assert {row[0]: row[1] for row in other if row[0] in conflicts} == {key: first[key] for key in conflicts}


def _keys(file: Path) -> Iterator[str]:
    """What each row of a file is known by, in their order."""
    for row in _rows(file):
        match = KEY_OF_EVENT.search(row) if isinstance(row, str) else None
        yield (match[1] or match[2]) if match else "" if isinstance(row, str) else _key(row)


def _key(row: dict[str, object]) -> str:
    if "receipt" in row:
        return f"{row['receipt']}/{row['line']}"
    if "line_no" in row:
        return f"{row['order_id']}/{row['line_no']}"
    return str(row.get("review_id") or row["payment_id"])


def _rows(file: Path) -> Iterator[str | dict[str, object]]:
    if file.suffix == ".parquet":
        yield from pq.read_table(file, partitioning=None).to_pylist()
    elif file.suffix == ".csv":
        yield from csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))  # type: ignore[misc]
    else:
        lines = file.read_bytes().decode("utf-8", errors="replace").rstrip("\n").split("\n")
        yield from map(json.loads, lines) if file.suffix == ".json" else lines


def _valid_keys(file: Path, name: str) -> Iterator[str]:
    """Less rows that the mapping skips: orders that were never paid, returns, tills without a card."""
    for row, key in zip(_rows(file), _keys(file), strict=True):
        is_skipped = isinstance(row, dict) and (
            row.get("status") == "unpaid"
            or row.get("kind") == "return"
            or (name == "tills" and not str(row["card_no"]).strip())
        )
        if not is_skipped:
            yield key


def _first_amounts(folder: Path) -> Iterator[tuple[str, float]]:
    """The newest file first, so that the oldest stays in a dict."""
    for file in sorted((f for f in folder.rglob("part-*") if f.is_file()), reverse=True):
        yield from (
            (_key(row), float(str(row["amount"])))
            for row in _rows(file)
            if isinstance(row, dict) and _is_number(row["amount"])
        )


def _is_number(text: object) -> bool:
    return re.fullmatch(r"-?[0-9.]+", str(text)) is not None
