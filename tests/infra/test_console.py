"""What a person sees while Spark runs: no stack trace, no record of pyspark's, and no value of a row."""

from __future__ import annotations

import io

import pytest
from infra.submit.console import driver_exit_code, last_cause, relay


def relayed(*chunks: bytes) -> tuple[bytes, bytes]:
    """What reaches the console and the log, when the job's output comes in these pieces."""
    console, log = io.BytesIO(), io.BytesIO()
    relay(chunks, console, log)
    return console.getvalue(), log.getvalue()


def test_stack_traces_and_pysparks_records_go_to_the_log() -> None:
    record, trace = (
        b'{"ts": "2018", "msg": "refused"}\n',
        b"Traceback (most recent call last):\n  File\nValueError: x\n",
    )
    assert relayed(b"refine: 5 rows\n" + record + b"score: 3 rows\n" + trace) == (
        b"refine: 5 rows\nscore: 3 rows\n",
        record + trace,
    )


def test_a_progress_bar_and_an_unfinished_line_reach_the_console() -> None:
    assert relayed(b"10%\r20%\r", b"T", b"hat is all") == (b"10%\r20%\rThat is all", b"")


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        (
            "x.SparkException: Job aborted\n\tat org.x\nCaused by: java.io.IOException: disk gone\n\tat y",
            "IOException: disk gone",
        ),
        (
            "Traceback (most recent call last):\n  File x\nValueError: too few\n\tat org.x\n18/01/01 WARN Utils: x",
            "ValueError",
        ),
        (
            "SparkRuntimeException: [CANNOT_DECODE_URL] The URL cannot be decoded: 100%zz anna@x.example. SQLSTATE: 22546\n\tat y",
            "SparkRuntimeException: [CANNOT_DECODE_URL] SQLSTATE: 22546",
        ),
        (
            "SparkRuntimeException: [DUPLICATED_MAP_KEY] Duplicate map key anna, see\nthe policy. SQLSTATE: 23505\n\tat y",
            "SparkRuntimeException: [DUPLICATED_MAP_KEY] SQLSTATE: 23505",
        ),
        ('Caused by: java.lang.NumberFormatException: For input string: "anna"', "NumberFormatException"),
        ("ModuleNotFoundError: No module named 'torch'", "ModuleNotFoundError: No module named 'torch'"),
        ("18/01/01 00:00:00 WARN Utils: nothing of note", None),
    ],
)
def test_the_last_cause_is_the_innermost_error_without_its_stack_and_without_a_value_of_a_row(
    log: str, cause: str | None
) -> None:
    assert last_cause(log) == cause


def test_the_cause_of_a_job_that_cannot_be_loaded_is_whole_for_it_read_no_rows() -> None:
    assert last_cause("ValueError: bad default", has_rows=False) == "ValueError: bad default"


def test_the_exit_code_of_a_driver_on_yarn_is_read_from_its_report() -> None:
    assert driver_exit_code("diagnostics: User application exited with status 75") == 75
    assert driver_exit_code("final status: SUCCEEDED") is None
