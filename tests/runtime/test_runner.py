"""The runner: batches are the commit point; a run killed anywhere and started again gives the same tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from footfall.contract import Column
from footfall.errors import ContractError, DataError, TryAgain
from footfall.runtime.quarantine import QuarantineWriter
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.journal import Journal
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import BATCHES, QUARANTINE
from runtime.numbers_shared import NUMBERS, TOTAL, Killed, add_numbers, ledger_of, numbers_in, runner_of, sum_numbers


def test_rows_go_to_table_quarantine_and_ledger_and_balance(lake: Lake) -> None:
    runner_of(lake).run([add_numbers(lake, 1, 2, 2, 500)])
    assert numbers_in(lake) == [1, 2]
    aside = lake.read(QUARANTINE.full_name).first()
    assert aside is not None
    assert (aside["rules"], aside["raw_row"], aside["feed"], aside["position"]) == (["small"], '{"n":500}', "feed", 3)
    (line,) = ledger_of(lake)
    assert (line["rows_read"], line["rows_valid"], line["rows_quarantined"], line["rows_duplicate"]) == (4, 2, 1, 1)
    assert line["broken_rules"] == {"small": 1}


def test_a_second_run_without_news_writes_nothing(lake: Lake) -> None:
    runner_of(lake).run([add_numbers(lake, 1, 2), sum_numbers()])
    before = {t: lake.version(t) for t in ("refined.numbers", "results.total", "books.batches", "books.ledger")}
    runner_of(lake).run([add_numbers(lake, 1, 2), sum_numbers()])
    assert {t: lake.version(t) for t in before} == before


def test_new_input_makes_only_what_hangs_on_it_run(lake: Lake) -> None:
    runner_of(lake).run([add_numbers(lake, 1, 2), sum_numbers()])
    runner_of(lake).run([add_numbers(lake, 2, 3, version=2), sum_numbers()])
    assert numbers_in(lake) == [1, 2, 3]
    assert [row["total"] for row in lake.read("results.total").collect()] == [6]
    assert ledger_of(lake)[1]["rows_duplicate"] == 1


@pytest.mark.parametrize("at", ["before the write", "after the write", "after the quarantine", "after the ledger"])
def test_a_run_killed_anywhere_and_started_again_gives_the_same_tables(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    killed = runner_of(lake, owner=replace(Owner.this_process(), token="dead", started="1"))
    where = {
        "before the write": (Lake, "write", lambda _, table, *__, **___: table is NUMBERS),
        "after the write": (QuarantineWriter, "bring", lambda *_: True),
        "after the quarantine": (Books, "close", lambda *_, **__: True),
        "after the ledger": (
            Journal,
            "_append",
            lambda _, table, group: table is BATCHES and group[0].state == "closed",
        ),
    }
    owner, name, applies = where[at]
    real = getattr(owner, name)

    def kill(*arguments: Any, **named: Any) -> Any:
        if applies(*arguments, **named):
            raise Killed
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, kill)
        with pytest.raises(Killed):
            killed.run([add_numbers(lake, 1, 2, 2, 500)])
    runner_of(lake).run([add_numbers(lake, 1, 2, 2, 500)])
    assert numbers_in(lake) == [1, 2]
    assert lake.read(QUARANTINE.full_name).count() == 1
    lines = ledger_of(lake)
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
            runner_of(lake, owner=elsewhere).run([add_numbers(lake, 1)])
    with pytest.raises(TryAgain) as fault:
        runner_of(lake).run([add_numbers(lake, 1)])
    assert fault.value.exit_code == 75
    assert "--take-over" in fault.value.fix
    runner_of(lake, take_over=True).run([add_numbers(lake, 1)])
    assert numbers_in(lake) == [1]


def test_two_processes_that_open_the_same_batch_do_not_both_get_it(lake: Lake) -> None:
    first, second = runner_of(lake), runner_of(lake, owner=replace(Owner.this_process(), token="second"))
    for runner in (first, second):
        runner.books.open("add_numbers", inputs={}, fingerprint="x")
    assert first.books.commit() == {}
    lost = second.books.commit()
    assert "opened batch 1 first" in lost["add_numbers"].what
    assert lost["add_numbers"].exit_code == 75
    third = runner_of(lake, owner=replace(Owner.this_process(), token="third"))
    held = third.books.open_batch("add_numbers")
    assert held is not None
    assert held.owner == first.books.open_batch("add_numbers").owner


def test_a_computed_row_that_breaks_its_contract_stops_the_step_and_readers_keep_what_they_had(lake: Lake) -> None:
    runner = runner_of(lake)
    runner.run([add_numbers(lake, 5), sum_numbers()])
    with pytest.raises(Exception, match=r"CONTRACT results\.total broken: positive"):
        runner_of(lake).run([add_numbers(lake, -9, version=2), sum_numbers()])
    assert [row["total"] for row in lake.read("results.total").collect()] == [5]


def test_all_columns_that_a_step_gets_wrong_are_named_at_once(lake: Lake) -> None:
    def apply(_: Frames) -> StepResult:
        return StepResult([Output(TOTAL, lake.spark.createDataFrame([("1", 2)], "total string, extra int"))])

    with pytest.raises(ContractError, match=r"'total' is string, expected bigint; 'extra' is not in the contract"):
        runner_of(lake).run([Step("wrong", (), ("results.total",), apply)])


def test_a_part_that_brings_nothing_ends_in_words_rather_than_never(lake: Lake) -> None:
    step = Step("in_parts", (), (), lambda _: StepResult(is_part=True))
    with pytest.raises(ContractError, match="in_parts: a part brought nothing, and says that there is more"):
        runner_of(lake).run([step])


def test_a_missed_gate_is_a_warning_and_again_without_running_again(lake: Lake) -> None:
    runs: list[int] = []

    def apply(_: Frames) -> StepResult:
        runs.append(1)
        return StepResult(models={"churn": "3"}, gate_failed="churn: AUROC .5")

    step = Step("train_churn", (), (), apply)
    for _ in range(2):
        lines: list[str] = []
        missed_gates = runner_of(lake, lines=lines).run([step, add_numbers(lake, 1)])
        assert missed_gates == ["churn: AUROC .5"]
        assert lines[-1] == "warning: churn: AUROC .5"
    assert (len(runs), numbers_in(lake)) == (1, [1])


def test_a_lake_of_another_contract_version_is_refused(lake: Lake) -> None:
    runner_of(lake).run([add_numbers(lake, 1)])
    newer = replace(NUMBERS, version=2, columns=(Column("n", "bigint", "it"),))
    with pytest.raises(ContractError) as fault:
        Lake(lake.spark, lake.root).ensure(newer)
    assert (
        "contract version 1 in the lake, 2 in this footfall; 'n' is int in the lake, bigint in the contract"
        in fault.value.what
    )


def test_a_new_nullable_column_is_added_by_itself(lake: Lake) -> None:
    runner_of(lake).run([add_numbers(lake, 1)])
    wider = replace(NUMBERS, columns=(*NUMBERS.columns, Column("note", "string", "a word")))
    Lake(lake.spark, lake.root).ensure(wider)
    assert [tuple(row) for row in lake.read("refined.numbers").select("n", "note").collect()] == [(1, None)]


def test_a_step_that_fails_before_it_writes_pins_its_input_anew(lake: Lake) -> None:
    def fail(_: Frames) -> StepResult:
        raise DataError("too few numbers")

    step = sum_numbers()
    runner_of(lake).run([add_numbers(lake, 1)])
    with pytest.raises(DataError):
        runner_of(lake).run([replace(step, apply=fail)])
    runner_of(lake).run([add_numbers(lake, 4, version=2), step])
    assert [row["total"] for row in lake.read("results.total").collect()] == [5]
    outcomes = lake.read("books.batches").where("step = 'sum_numbers' AND state = 'closed'").orderBy("batch_id")
    assert [row["outcome"] for row in outcomes.collect()] == ["abandoned: DataError", "done"]


def test_a_missed_gate_is_printed_also_where_a_later_step_fails(lake: Lake) -> None:
    def fail(_: Frames) -> StepResult:
        raise DataError("too few numbers")

    train = Step("train_churn", (), (), lambda _: StepResult(models={"churn": "1"}, gate_failed="churn: AUROC .5"))
    lines: list[str] = []
    with pytest.raises(DataError, match="too few numbers"):
        runner_of(lake, lines=lines).run([train, Step("score_churn", (), (), fail)])
    assert lines[-1] == "warning: churn: AUROC .5"


def test_a_step_that_writes_nothing_does_not_hide_the_table_that_it_wrote_before(lake: Lake) -> None:
    runner_of(lake).run([add_numbers(lake, 5), sum_numbers()])
    silent = replace(sum_numbers(), apply=lambda _: StepResult(), values={"champion": "none"})
    frames_read: list[list[int]] = []

    def look(frames: Frames) -> StepResult:
        frames_read.append([row["total"] for row in frames["results.total"].collect()])
        return StepResult()

    for _ in range(2):  # in the process that wrote nothing, and in the next one
        runner = runner_of(lake)
        runner.run([silent])
        reader = Step("look", (Read("results.total"),), (), look, values={"run": len(frames_read)})
        runner.run([reader])
    assert frames_read == [[5], [5]]
    assert str(runner_of(lake).books.pin("results.total")) == f"{lake.version('results.total')}@1"


def test_a_value_that_only_the_run_knows_makes_a_step_run_again(lake: Lake) -> None:
    known = ["first"]
    step = Step("ask", (), (), lambda _: StepResult(warnings=[f"saw {known[0]}"]), run_values={"it": lambda: known[0]})
    lines: list[str] = []
    for known[0] in ("first", "first", "second"):
        runner_of(lake, lines=lines).run([step])
    assert [
        line.partition(" ")[2].strip() for line in lines if "nothing new" in line or line.startswith("warning")
    ] == [
        "saw first",
        "nothing new",
        "saw second",
    ]


def test_a_batch_of_another_day_or_other_settings_that_a_kill_left_open_is_undone_and_not_passed_on(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner_of(lake).run([add_numbers(lake, 1), sum_numbers()])
    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            runner_of(lake, owner=dead).run([add_numbers(lake, 2, 500, version=2)])
    assert numbers_in(lake) == [1, 2]
    lines: list[str] = []
    runner_of(lake, lines=lines).run([add_numbers(lake, 3, 600, 700, version=3), sum_numbers()])
    assert "begins anew" in lines[0]
    assert numbers_in(lake) == [1, 3]
    assert [row["total"] for row in lake.read("results.total").collect()] == [4]
    aside = lake.read(QUARANTINE.full_name).orderBy("raw_row").collect()
    assert [row["raw_row"] for row in aside] == ['{"n":600}', '{"n":700}']
    lines_of_facts = [line for line in ledger_of(lake) if line["step"] == "add_numbers"]
    assert [(line["batch_id"], line["rows_read"]) for line in lines_of_facts] == [(1, 1), (3, 3)]


def test_a_first_batch_that_is_undone_leaves_an_empty_table(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            runner_of(lake, owner=dead).run([add_numbers(lake, 1, 2)])
    runner_of(lake).run([add_numbers(lake, 2, version=2)])
    assert numbers_in(lake) == [2]


def test_what_is_new_since_a_kill_is_done_in_the_same_run(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    runner_of(lake).run([add_numbers(lake, 1)])
    dead = replace(Owner.this_process(), token="dead", started="1")
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            runner_of(lake, owner=dead).run([sum_numbers()])
    runner_of(lake).run([add_numbers(lake, 2, version=2)])
    lines: list[str] = []
    runner_of(lake, lines=lines).run([sum_numbers()])
    assert [line.split()[0] for line in lines] == ["sum_numbers", "sum_numbers"]
    assert [row["total"] for row in lake.read("results.total").collect()] == [3]
