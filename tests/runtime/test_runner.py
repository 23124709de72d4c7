"""The runner: batches are the commit point; a run killed anywhere and started again gives the same tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from footfall.contract import Column, Layer, Rule, Table, Written
from footfall.errors import ContractError, DataError, GateFailed, TryAgain
from footfall.runtime.runner import Runner
from footfall.steps import sorting
from footfall.steps.step import FactRows, Frames, Output, Read, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import QUARANTINE

NOW = datetime(2024, 3, 1, tzinfo=UTC)
NUMBERS = Table(
    "numbers",
    Layer.REFINED,
    1,
    "one row a number",
    (Column("n", T.IntegerType(), "it"),),
    ("n",),
    (Rule("small", "n < 100"),),
)
TOTAL = Table(
    "total",
    Layer.RESULTS,
    1,
    "one row",
    (Column("total", T.LongType(), "sum"),),
    ("total",),
    (Rule("positive", "total > 0"),),
    Written.REPLACE,
)
FACT_SHAPE = (
    "n int, _feed string, _file string, _position long, "
    "_skipped string, _unreadable array<string>, _raw_row struct<n:int>, _taken_at timestamp"
)


class Killed(BaseException):
    """What a test raises in place of kill -9."""


def _runner(lake: Lake, **options: Any) -> Runner:
    books = Books(lake, owner=options.pop("owner", Owner.this_process()), now=NOW, **options)
    return Runner(lake, books, say=lambda _: None)


def _facts(lake: Lake, *numbers: int) -> DataFrame:
    rows = [(n, "feed", "f", i, None, [], (n,), NOW) for i, n in enumerate(numbers)]
    return lake.spark.createDataFrame(rows, FACT_SHAPE)


def _add(lake: Lake, *numbers: int, version: int = 1) -> Step:
    def apply(_: Frames) -> StepResult:
        rows = sorting.judge(_facts(lake, *numbers), NUMBERS)
        return StepResult([FactRows(NUMBERS, rows, {"feed": []}, sorting.quarantined(rows, NUMBERS))])

    return Step("add_numbers", (), ("refined.numbers",), apply, values={"version": version})


def _sum() -> Step:
    def apply(frames: Frames) -> StepResult:
        return StepResult([Output(TOTAL, frames["refined.numbers"].selectExpr("coalesce(sum(n), 0) AS total"))])

    return Step("sum_numbers", (Read("refined.numbers"),), ("results.total",), apply)


@pytest.fixture(autouse=True)
def _known_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("footfall.tables", fromlist=["BY_NAME"]).BY_NAME, "refined.numbers", NUMBERS)


def _numbers(lake: Lake) -> list[int]:
    return sorted(row["n"] for row in lake.read("refined.numbers").collect())


def _ledger(lake: Lake) -> list[dict[str, Any]]:
    return [row.asDict() for row in lake.read("books.ledger").orderBy("step", "batch_id").collect()]


def test_rows_go_to_table_quarantine_and_ledger_and_balance(lake: Lake) -> None:
    _runner(lake).run([_add(lake, 1, 2, 2, 500)])
    assert _numbers(lake) == [1, 2]
    aside = lake.read(QUARANTINE.full_name).first()
    assert aside is not None
    assert (aside["rules"], aside["raw_row"], aside["feed"], aside["position"]) == (["small"], '{"n":500}', "feed", 3)
    (line,) = _ledger(lake)
    assert (line["rows_read"], line["rows_valid"], line["rows_quarantined"], line["rows_duplicate"]) == (4, 2, 1, 1)
    assert line["broken_rules"] == {"small": 1}


def test_a_second_run_without_news_writes_nothing(lake: Lake) -> None:
    _runner(lake).run([_add(lake, 1, 2), _sum()])
    before = {t: lake.version(t) for t in ("refined.numbers", "results.total", "books.batches", "books.ledger")}
    _runner(lake).run([_add(lake, 1, 2), _sum()])
    assert {t: lake.version(t) for t in before} == before


def test_new_input_makes_only_what_hangs_on_it_run(lake: Lake) -> None:
    _runner(lake).run([_add(lake, 1, 2), _sum()])
    _runner(lake).run([_add(lake, 2, 3, version=2), _sum()])
    assert _numbers(lake) == [1, 2, 3]
    assert [row["total"] for row in lake.read("results.total").collect()] == [6]
    assert _ledger(lake)[1]["rows_duplicate"] == 1


@pytest.mark.parametrize("at", ["before the write", "after the write", "after the quarantine", "after the ledger"])
def test_a_run_killed_anywhere_and_started_again_gives_the_same_tables(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    killed = _runner(lake, owner=replace(Owner.this_process(), token="dead", started="1"))
    where = {
        "before the write": (Lake, "write", lambda _, table, *__, **___: table is NUMBERS),
        "after the write": (Runner, "_quarantine", lambda *_: True),
        "after the quarantine": (Books, "enter", lambda *_: True),
        "after the ledger": (Books, "close", lambda *_, **__: True),
    }
    owner, name, applies = where[at]
    real = getattr(owner, name)

    def kill(*given: Any, **named: Any) -> Any:
        if applies(*given, **named):
            raise Killed
        return real(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, kill)
        with pytest.raises(Killed):
            killed.run([_add(lake, 1, 2, 2, 500)])
    _runner(lake).run([_add(lake, 1, 2, 2, 500)])
    assert _numbers(lake) == [1, 2]
    assert lake.read(QUARANTINE.full_name).count() == 1
    lines = _ledger(lake)
    assert [(x["rows_read"], x["rows_valid"], x["rows_quarantined"], x["rows_duplicate"]) for x in lines] == [
        (4, 2, 1, 1)
    ]
    states = lake.read("books.batches").select("state").collect()
    assert sorted(row["state"] for row in states) == ["closed", "open"]


def test_a_batch_that_another_process_holds_is_left_alone(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = replace(Owner.this_process(), token="other", machine="elsewhere")
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            _runner(lake, owner=elsewhere).run([_add(lake, 1)])
    with pytest.raises(TryAgain) as told:
        _runner(lake).run([_add(lake, 1)])
    assert told.value.exit_code == 75
    assert "--take-over" in told.value.fix
    _runner(lake, take_over=True).run([_add(lake, 1)])
    assert _numbers(lake) == [1]


def test_two_processes_that_open_the_same_batch_do_not_both_get_it(lake: Lake) -> None:
    first, second = _runner(lake), _runner(lake, owner=replace(Owner.this_process(), token="second"))
    first.books.open("add_numbers", inputs={}, fingerprint="x")
    with pytest.raises(TryAgain, match="opened batch 1 first"):
        second.books.open("add_numbers", inputs={}, fingerprint="x")


def test_a_computed_row_that_breaks_its_contract_stops_the_step_and_readers_keep_what_they_had(lake: Lake) -> None:
    runner = _runner(lake)
    runner.run([_add(lake, 5), _sum()])
    with pytest.raises(Exception, match=r"CONTRACT results\.total broken: positive"):
        _runner(lake).run([_add(lake, -9, version=2), _sum()])
    assert [row["total"] for row in lake.read("results.total").collect()] == [5]


def test_a_step_that_makes_other_columns_is_told_all_of_them(lake: Lake) -> None:
    def apply(_: Frames) -> StepResult:
        return StepResult([Output(TOTAL, lake.spark.createDataFrame([("1", 2)], "total string, extra int"))])

    with pytest.raises(ContractError, match=r"'total' is string, expected bigint; 'extra' is not in the contract"):
        _runner(lake).run([Step("wrong", (), ("results.total",), apply)])


def test_a_part_that_brings_nothing_ends_in_words_rather_than_never(lake: Lake) -> None:
    step = Step("in_parts", (), (), lambda _: StepResult(is_part=True))
    with pytest.raises(ContractError, match="in_parts: a part brought nothing, and says that there is more"):
        _runner(lake).run([step])


def test_a_missed_gate_is_told_at_the_end_and_again_without_running_again(lake: Lake) -> None:
    runs = []

    def apply(_: Frames) -> StepResult:
        runs.append(1)
        return StepResult(models={"churn": "3"}, gate_failed="churn: AUROC .5")

    step = Step("train_churn", (), (), apply)
    for _ in range(2):
        with pytest.raises(GateFailed, match=r"churn: AUROC \.5") as told:
            _runner(lake).run([step, _add(lake, 1)])
        assert told.value.exit_code == 3
    assert (len(runs), _numbers(lake)) == (1, [1])


def test_a_lake_of_another_contract_version_is_refused(lake: Lake) -> None:
    _runner(lake).run([_add(lake, 1)])
    newer = replace(NUMBERS, version=2, columns=(Column("n", T.LongType(), "it"),))
    with pytest.raises(ContractError) as told:
        Lake(lake.spark, lake.root).ensure(newer)
    assert (
        "contract version 1 in the lake, 2 in this footfall; 'n' is int in the lake, bigint in the contract"
        in told.value.what
    )


def test_a_new_nullable_column_is_added_by_itself(lake: Lake) -> None:
    _runner(lake).run([_add(lake, 1)])
    wider = replace(NUMBERS, columns=(*NUMBERS.columns, Column("note", T.StringType(), "a word")))
    Lake(lake.spark, lake.root).ensure(wider)
    assert [tuple(row) for row in lake.read("refined.numbers").select("n", "note").collect()] == [(1, None)]


def test_a_step_that_fails_before_it_writes_pins_its_input_anew(lake: Lake) -> None:
    def fail(_: Frames) -> StepResult:
        raise DataError("too few numbers")

    step = _sum()
    _runner(lake).run([_add(lake, 1)])
    with pytest.raises(DataError):
        _runner(lake).run([replace(step, apply=fail)])
    _runner(lake).run([_add(lake, 4, version=2), step])
    assert [row["total"] for row in lake.read("results.total").collect()] == [5]
    outcomes = lake.read("books.batches").where("step = 'sum_numbers' AND state = 'closed'").orderBy("batch_id")
    assert [row["outcome"] for row in outcomes.collect()] == ["abandoned: DataError", "done"]


def test_a_step_without_a_champion_after_a_missed_gate_is_told_with_it(lake: Lake) -> None:
    def no_champion(_: Frames) -> StepResult:
        raise DataError("model 'churn' has no champion")

    train = Step("train_churn", (), (), lambda _: StepResult(models={"churn": "1"}, gate_failed="churn: AUROC .5"))
    with pytest.raises(GateFailed, match=r"churn: AUROC \.5; model 'churn' has no champion"):
        _runner(lake).run([train, Step("score_churn", (), (), no_champion)])
