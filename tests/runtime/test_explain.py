"""Faults of Spark and the machine in footfall's words; anything else shows whole."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from footfall import errors
from footfall.errors import DataError, EnvironmentFault, FootfallError, GateFailed, SourceError, TooFew, TryAgain
from footfall.runtime.cli import guarded
from footfall.runtime.explain import explain

WORKER = """Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: Lost task 0.3:
org.apache.spark.api.python.PythonException: [PYTHON_EXCEPTION] An exception was thrown from the Python worker: \
Traceback (most recent call last):
  File "rows.py", line 3, in read
ValueError: anna@example.org

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "rows.py", line 5, in read
    raise {raised}
{raised}
 SQLSTATE: 38000
\tat org.apache.spark.api.python.BasePythonRunner
Caused by: java.net.ConnectException: Connection refused
"""


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        ("java.io.IOException: No space left on device", EnvironmentFault, "the disk is full"),
        ("java.io.FileNotFoundException: /lake/x (Permission denied)", EnvironmentFault, "no right to write"),
        ("Mkdirs failed to create file:/lake/refined", EnvironmentFault, "no right to write"),
        ("[DELTA_CANNOT_CREATE_LOG_PATH] Cannot create file:/x", EnvironmentFault, "the lake's folder cannot be made"),
        ("org.apache.hadoop.fs.ParentNotDirectoryException: x", EnvironmentFault, "the lake's folder cannot be made"),
        (
            "Call From a to b:8020 failed: java.net.ConnectException: Connection refused",
            TryAgain,
            "a server does not answer",
        ),
        ("[DELTA_CONCURRENT_APPEND] Files were added", TryAgain, "another writer"),
        ("[CAST_INVALID_INPUT] The value 'x' of the type", FootfallError, "fails on a value"),
        ("Could not read footer for file: file:/raw/a.parquet", SourceError, "a.parquet"),
    ],
)
def test_a_known_fault_is_explained_in_words(message: str, kind: type[FootfallError], words: str) -> None:
    fault = explain(RuntimeError(f"An error occurred while calling o1.save.\n: {message}\n\tat java..."))
    assert isinstance(fault, kind)
    assert words in fault.what
    assert fault.fix
    assert "\tat " not in str(fault)


def test_the_offending_value_of_a_cast_is_not_repeated() -> None:
    fault = explain(RuntimeError("[CAST_INVALID_INPUT] The value 'anna@example.org' of the type \"STRING\""))
    assert "anna" not in str(fault)


@pytest.mark.parametrize(
    ("sql", "condition"),
    [
        ("url_decode(value)", "CANNOT_DECODE_URL, SQLSTATE 22546"),
        ("map(value, 1, value, 2)", "DUPLICATED_MAP_KEY, SQLSTATE 23505"),
        ("raise_error(value)", "USER_RAISED_EXCEPTION, SQLSTATE P0001"),
        ("to_timestamp(value, 'yyyy')", "CANNOT_PARSE_TIMESTAMP, SQLSTATE 22007"),
    ],
)
def test_an_expression_that_fails_on_a_value_ends_with_2_and_without_the_value(
    spark: SparkSession, capsys: pytest.CaptureFixture[str], sql: str, condition: str
) -> None:
    rows = spark.createDataFrame([("100%zz anna@example.org",)], "value string")
    assert guarded(lambda: print(rows.select(F.expr(sql)).collect())) == 2
    printed = capsys.readouterr().err
    assert (
        f"footfall stopped (data error): an expression fails on a value ({condition}), which is not repeated" in printed
    )
    assert "anna" not in printed


def test_the_condition_of_a_failed_task_is_named_and_no_value_that_looks_like_one() -> None:
    failure = "Job aborted due to stage failure: [CANNOT_DECODE_URL] The URL cannot be decoded: [ANNA]%zz. SQLSTATE: 22546\n\tat x"
    fault = explain(RuntimeError(failure))
    assert isinstance(fault, DataError)
    assert "(CANNOT_DECODE_URL, SQLSTATE 22546)" in fault.what
    assert "ANNA" not in str(fault)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("pieces", "an expression names the column `pieces`, which is not there (near: `bon`, `unit.price`)."),
        (
            "till.pieces",
            "an expression names the column `till`.`pieces`, which is not there (near: `unit.price`, `bon`).",
        ),
    ],
)
def test_a_misspelt_column_is_named_with_those_that_are_near(spark: SparkSession, column: str, words: str) -> None:
    rows = spark.createDataFrame([], "`unit.price` string, bon string")
    with pytest.raises(AnalysisException) as refusal:
        rows.select(column).collect()
    fault = explain(refusal.value)
    assert isinstance(fault, SourceError)
    assert fault.what == words


def test_what_went_wrong_before_is_not_the_cause() -> None:
    fault = ValueError("something new")
    fault.__context__ = OSError("No space left on device")
    assert explain(fault) is None


def test_a_cause_counts_too() -> None:
    fault = RuntimeError("write failed")
    fault.__cause__ = OSError("No space left on device")
    assert isinstance(explain(fault), EnvironmentFault)


def test_an_unknown_fault_stays_as_it_is() -> None:
    assert explain(ValueError("something new")) is None


@pytest.mark.parametrize(("kind", "exit_code"), [("EnvironmentFault", 2), ("TryAgain", 75)])
def test_a_fault_that_footfall_raises_on_a_worker_ends_the_job_with_its_own_code_and_words(
    spark: SparkSession, capsys: pytest.CaptureFixture[str], kind: str, exit_code: int
) -> None:
    def read(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            if batch["id"].max() >= 0:
                raise getattr(errors, kind)("a GPU is wanted,\nbut there is none.", fix="Set text.device to cpu.")
            yield batch

    rows = spark.range(4).mapInPandas(read, "id long")
    assert guarded(lambda: print(rows.collect())) == exit_code
    printed = capsys.readouterr().err
    assert "): a GPU is wanted,\nbut there is none.\nFix: Set text.device to cpu.\n" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("kind", [EnvironmentFault, GateFailed, SourceError, TooFew, TryAgain])
def test_every_kind_of_fault_is_read_from_a_traceback_whatever_stands_around_it(kind: type[FootfallError]) -> None:
    raised = f"footfall.errors.{kind.__name__}: no encoder.\nFix: Run make setup."
    fault = explain(RuntimeError(WORKER.format(raised=raised)))
    assert isinstance(fault, FootfallError)
    assert (type(fault), fault.exit_code) == (kind, kind.exit_code)
    assert (fault.what, fault.fix, str(fault)) == (
        "no encoder.",
        "Run make setup.",
        "no encoder.\nFix: Run make setup.",
    )


def test_a_fault_without_a_fix_and_one_of_a_class_that_is_defined_elsewhere_are_read_too() -> None:
    class LateFault(TryAgain):
        """A kind of fault that its own module defines."""

    raised = f"{LateFault.__module__}.{LateFault.__qualname__}: the server is away."
    fault = explain(RuntimeError(WORKER.format(raised=raised)))
    assert isinstance(fault, LateFault)
    assert (fault.what, fault.fix, fault.exit_code) == ("the server is away.", "", 75)


def test_a_worker_fault_that_is_not_footfalls_stays_as_it_is() -> None:
    worker = WORKER.partition("Caused by")[0]
    assert explain(RuntimeError(worker.format(raised="ValueError: something new"))) is None
