"""What a person sees while Spark runs, and what goes to the log instead. Touches the streams of its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO

_TRACE = b"Traceback (most recent call last):"
_RECORD = b'{"ts": "'  # pyspark writes each refused query as a line of JSON, with Java's stack in it
_CAUSE = re.compile(r"^(?:Caused by: )?((?:[\w$]+\.)*(?P<name>\w*(?:Error|Exception|Fault))\b:? ?(?P<message>.*))$")

_CONDITION = re.compile(r"\[[A-Z][A-Z0-9_.]*\]")
# Errors that speak of files, servers, rights and code; the message of any other may repeat a value of a row.
_WITHOUT_VALUES = re.compile(
    r"File|Path|Directory|IO|Connect|Host|Socket|Timeout|Class|Module|Import|NoSuchMethod|Memory|Permission|Access|Syntax|Fault"
    r"|SettingsError"
)


def relay(chunks: Iterable[bytes], console: IO[bytes], log: IO[bytes]) -> None:
    """Copies the job's output to the console; pyspark's records, and all from a stack trace on, to the log."""
    pending, sink, is_start, is_over = b"", console, True, False
    for chunk in chunks:
        pieces = (pending + chunk).splitlines(keepends=True)
        begins_line = is_start or len(pieces) > 1
        pending = pieces.pop() if begins_line and _is_undecided(pieces[-1]) else b""
        for piece in pieces:
            if is_start:
                is_over = is_over or piece.startswith(_TRACE)
                sink = log if is_over or piece.startswith(_RECORD) else console
            sink.write(piece)
            is_start = piece.endswith((b"\n", b"\r"))
        console.flush()
        log.flush()
    console.write(pending)
    console.flush()


def last_cause(log: str, *, has_rows: bool = True) -> str | None:
    """The innermost error that a log shows last, without its stack: `FileNotFoundException: ...`.

    With `has_rows`, of an error whose message may repeat a row's value only the kind, and Spark's condition: [CAST_INVALID_INPUT].
    """
    lines = log.splitlines()
    for i, line in reversed(list(enumerate(lines))):
        cause = _CAUSE.match(line.strip()) if not line.startswith((" ", "\t")) else None
        if cause and cause["message"] and not cause["message"].startswith("Traceback"):
            is_safe = not has_rows or _WITHOUT_VALUES.search(cause["name"])
            return f"{cause['name']}: {cause['message']}" if is_safe else _kind(cause, "\n".join(lines[i:]))
    return None


def _kind(cause: re.Match[str], log: str) -> str:
    """The error's kind, with Spark's condition and SQLSTATE where it has them."""
    condition = _CONDITION.match(cause["message"])
    if condition is None:
        return str(cause["name"])
    state = re.search(r"SQLSTATE: (\w{5})\b", log.partition("\n\tat ")[0])
    return f"{cause['name']}: {condition[0]}" + (f" SQLSTATE: {state[1]}" if state else "")


def driver_exit_code(log: str) -> int | None:
    """With which code the job ended where the driver ran on the cluster, as YARN reports it."""
    codes = re.findall(r"User application exited with status (\d+)", log)
    return int(codes[-1]) if codes else None


def refused_option(log: str) -> str | None:
    """The option that Spark's spark-submit does not know."""
    refusal = re.search(r"^Error: Unrecognized option: (\S+)", log, re.MULTILINE)
    return refusal[1] if refusal else None


def _is_undecided(piece: bytes) -> bool:
    """Whether the beginning of a line may yet become one for the log."""
    return any(mark.startswith(piece) for mark in (_TRACE, _RECORD))
