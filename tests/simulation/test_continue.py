"""Playing on from a state: with the shop's own policy what a longer run would have written; with a table what the table decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import Row, SparkSession

from footfall.errors import SettingsError
from footfall.runtime.continuing import SET_ASIDE, continue_simulation
from footfall.runtime.simulating import simulate
from footfall.simulation.outputs import OUTPUTS
from footfall.simulation.plan import SimulationPlan
from footfall.simulation.policy_table import checked

PLAN = SimulationPlan(people=60, items=60, days=8, seed=4, start=date(2024, 3, 4), dirt=5)
DAYS = 4
# All that differ in kind: events, orders with what comes back, dumps, what is decided. The others would take a minute more.
SOME = [o for o in OUTPUTS if o.path in {"raw/events", "raw/orders", "raw/tills", "raw/refunds", "raw/reviews", "raw/calls", "raw/prices",
                                         "raw/customers", "raw/offers", "raw/contacts", "truth/decisions"}]  # fmt: skip


@pytest.fixture(scope="module")
def state(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("state") / "shop"
    simulate(spark, PLAN, str(out), outputs=SOME, say=lambda _: None)
    return out


def rows_below(out: Path) -> dict[str, Counter[str]]:
    """Folder below raw/ -> its lines, or of Parquet its rows, each with how often it is there."""
    files: dict[str, Counter[str]] = {}
    for file in sorted(f for f in (out / "raw").rglob("part-*") if f.is_file()):
        rows = (
            map(str, pq.read_table(file, partitioning=None).to_pylist())
            if file.suffix == ".parquet"
            else file.read_text(encoding="utf-8", errors="replace").splitlines()[file.suffix == ".csv" :]
        )
        files.setdefault(file.parent.relative_to(out).as_posix(), Counter()).update(rows)
    return files


def test_the_shop_s_own_policy_plays_on_as_a_longer_run_would_have(
    spark: SparkSession, state: Path, tmp_path: Path
) -> None:
    """In two goes; all that differs is the list of offers, which are prolonged."""
    simulate(spark, replace(PLAN, more=DAYS), str(tmp_path / "longer"), outputs=SOME, say=lambda _: None)
    continue_simulation(spark, str(state), 1, str(tmp_path / "one"), outputs=SOME, say=lambda _: None)
    continue_simulation(
        spark, str(tmp_path / "one"), DAYS - 1, str(tmp_path / "three"), outputs=SOME, say=lambda _: None
    )
    longer, parts = (
        rows_below(tmp_path / "longer"),
        [rows_below(p) for p in (state, tmp_path / "one", tmp_path / "three")],
    )
    together = {folder: sum((part.get(folder, Counter()) for part in parts), Counter()) for folder in longer}
    assert set().union(*parts) == set(longer)
    assert [folder for folder in longer if longer[folder] != together[folder]] == ["raw/offers"]
    assert sum(parts[1]["raw/events/channel=web/day=2024-03-12"].values()) > 10
    assert not any("day=2024-03-04" in folder for part in parts[1:] for folder in part)


def decided(spark: SparkSession, rows: list[tuple[object, ...]]) -> Callable[[Path], str]:
    def save(path: Path) -> str:
        columns = "customer_id string, date date, offer_id string, decision_id string, propensity double"
        spark.createDataFrame(rows, columns).coalesce(1).write.format("delta").save(str(path))
        return str(path)

    return save


def test_whom_two_policies_treat_alike_have_equal_logs_in_files(
    spark: SparkSession, state: Path, tmp_path: Path
) -> None:
    """Even people get a text message under A, under B only those whom 4 divides.

    What was sold is left out: others' orders may have taken the last unit.
    """
    logs = {}
    for name, step in (("a", 2), ("b", 4)):
        rows = [(f"C{p:08}", date(2024, 3, 12), "F005", f"D{p}", 0.5) for p in range(0, 60, step)]
        table = decided(spark, rows)(tmp_path / f"policy-{name}")
        out = tmp_path / name
        continue_simulation(spark, str(state), DAYS, str(out), decisions=table, outputs=SOME, say=lambda _: None)
        wanted = spark.read.parquet(str(out / "truth/wanted_lines")).drop("is_sold", "line_number", "order_cents")
        decisions = spark.read.parquet(str(out / "truth/decisions"))
        contacts = spark.read.json(str(out / "raw/contacts"))
        logs[name] = wanted.collect(), decisions.where("decided_on >= '2024-03-12'").collect(), contacts.collect()

    def alike(rows: list[Row]) -> Counter[Row]:
        return Counter(row for row in rows if row["person"] % 4 != 2)

    assert alike(logs["a"][0]) == alike(logs["b"][0])
    assert {len(logs[name][1]) for name in logs} == {30, 15}
    orders = {name: len({(row["person"], row["order_key"]) for row in logs[name][0]}) for name in logs}
    effect = {name: sum(row["orders_added"] - row["orders_lost"] for row in logs[name][1]) for name in logs}
    assert orders["a"] - orders["b"] == effect["a"] - effect["b"]
    sent = {row["decision_id"] for row in logs["a"][2] if row["decision_id"].startswith("D")}
    assert sent == {row["decision_id"] for row in logs["a"][1] if row["shown_on"] is not None}
    assert len(sent) > 0


def test_rows_that_cannot_be_used_are_set_aside_by_reason(spark: SparkSession) -> None:
    plan = PLAN.continued(DAYS, ("offers", "items"))
    columns = (
        "customer_id string, date string, offer_id string, items array<string>, decision_id string, propensity double"
    )
    usable = ("C00000001", "2024-03-12", "F005", None, "d1", 0.5)

    def other(number: int, **changes: object) -> tuple[object, ...]:
        names = ("customer_id", "date", "offer_id", "items", "decision_id", "propensity")
        row = dict(zip(names, usable, strict=True)) | {
            "decision_id": f"x{number}",
            "customer_id": f"C000000{10 + number}",
        }
        return tuple((row | changes).values())

    rows = {
        "unknown_person": other(1, customer_id="C00000060"), "no_decision_id": other(2, decision_id=" "),
        "no_date": other(3, date="soon"), "before_the_state_ends": other(4, date="2024-03-11"),
        "after_the_last_day": other(5, date="2024-03-16"), "offer_and_items": other(6, items=["I000001"]),
        "unknown_offer": other(7, offer_id="F008"), "offer_not_valid": other(8, offer_id="F002"),
        "no_item_or_too_many": other(9, offer_id=None, items=[f"I00000{n}" for n in range(5)]),
        "unknown_item": other(10, offer_id=None, items=["I000001", "I000060"]),
        "same_item_twice": other(11, offer_id=None, items=["I000001", "I000001"]),
        "propensity_out_of_bounds": other(12, propensity=0.0), "doubled_decision_id": other(13, decision_id="d1", date="2024-03-13"),
        "same_offer_twice_in_a_week": other(14, customer_id="C00000001", date="2024-03-13"),
        "second_slate_of_the_day": other(15, customer_id="C00000002", offer_id=None, items=["I000002"], propensity=1.0),
    }  # fmt: skip
    valid = [usable, other(16, customer_id="C00000002", offer_id=None, items=["I000001"]), other(17, offer_id=None),
             other(18, date="2024-03-15", customer_id="C00000059")]  # fmt: skip
    table = spark.createDataFrame([*rows.values(), *valid], columns)
    outcome = {(row["person"], row["decision_id"]): row["reason"] for row in checked(plan, table).collect()}
    expected = {(None, "x1"): "unknown_person"} | {
        (int(str(row[0])[1:]), row[4]): reason for reason, row in rows.items() if reason != "unknown_person"
    }
    assert outcome == expected | {(int(str(row[0])[1:]), row[4]): None for row in valid}


def test_states_and_tables_that_cannot_be_used_are_refused_in_words(
    spark: SparkSession, state: Path, tmp_path: Path
) -> None:
    out = str(tmp_path / "out")
    with pytest.raises(SettingsError, match="holds no simulation"):
        continue_simulation(spark, str(tmp_path / "nothing"), 1, out)
    with pytest.raises(SettingsError, match="neither a Delta table nor"):
        continue_simulation(spark, str(state), 1, out, decisions=str(tmp_path / "nothing"))
    spark.createDataFrame([(1, "F001")], "customer_id int, offer_id string").write.parquet(str(tmp_path / "wrong"))
    with pytest.raises(SettingsError, match=r"'date' is missing; 'decision_id' is missing; 'customer_id' is int"):
        continue_simulation(spark, str(state), 1, out, decisions=str(tmp_path / "wrong"))
    late = decided(spark, [("C00000001", date(2025, 1, 1), "F005", "d1", None)])(tmp_path / "late")
    with pytest.raises(SettingsError, match="none can be used: after_the_last_day"):
        continue_simulation(spark, str(state), 1, out, decisions=late, outputs=SOME, say=lambda _: None)
    reasons = spark.read.parquet(f"{out}/{SET_ASIDE}").collect()
    assert [row["reason"] for row in reasons] == ["after_the_last_day"]
    assert '"decision_id":"d1"' in reasons[0]["row"]
