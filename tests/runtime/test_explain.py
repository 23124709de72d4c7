"""Faults of Spark and the machine in footfall's words; anything else shows whole."""

from __future__ import annotations

import pytest

from footfall.errors import EnvironmentFault, FootfallError, SourceError, TryAgain
from footfall.runtime.explain import explain


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        ("java.io.IOException: No space left on device", EnvironmentFault, "the disk is full"),
        ("java.io.FileNotFoundException: /lake/x (Permission denied)", EnvironmentFault, "no right to write"),
        ("Mkdirs failed to create file:/lake/refined", EnvironmentFault, "no right to write"),
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
def test_a_known_fault_is_told_in_words(message: str, kind: type[FootfallError], words: str) -> None:
    told = explain(RuntimeError(f"An error occurred while calling o1.save.\n: {message}\n\tat java..."))
    assert isinstance(told, kind)
    assert words in told.what
    assert told.fix
    assert "\tat " not in str(told)


def test_the_offending_value_of_a_cast_is_not_repeated() -> None:
    told = explain(RuntimeError("[CAST_INVALID_INPUT] The value 'anna@example.org' of the type \"STRING\""))
    assert "anna" not in str(told)


def test_a_cause_counts_too() -> None:
    fault = RuntimeError("write failed")
    fault.__cause__ = OSError("No space left on device")
    assert isinstance(explain(fault), EnvironmentFault)


def test_an_unknown_fault_stays_as_it_is() -> None:
    assert explain(ValueError("something new")) is None
