"""What a person sees while Spark runs, and what goes to the log instead. Touches the streams it is given."""

from __future__ import annotations

import os
import re
from typing import IO

_TRACE = b"Traceback (most recent call last):"
_CAUSE = re.compile(r"^(?:Caused by: )?((?:[\w$]+\.)*(?P<name>\w*(?:Error|Exception|Fault))\b:? ?(?P<told>.*))$")


def relay(source: IO[bytes], console: IO[bytes], log: IO[bytes]) -> None:
    """Copies what the job says to the console as it comes; from a stack trace on, to the log."""
    held = b""
    sink = console
    while chunk := os.read(source.fileno(), 65536):
        held += chunk
        at = held.find(_TRACE) if sink is console else -1
        if at >= 0:
            console.write(held[:at])
            console.flush()
            held, sink = held[at:], log
        ready = len(held) - (_begun(held) if sink is console else 0)
        sink.write(held[:ready])
        sink.flush()
        held = held[ready:]
    sink.write(held)
    sink.flush()


def last_cause(log: str) -> str | None:
    """The innermost error that a log tells last, without its stack: `FileNotFoundException: ...`."""
    for line in reversed(log.splitlines()):
        found = _CAUSE.match(line.strip()) if not line.startswith((" ", "\t")) else None
        if found and found["told"] and not found["told"].startswith("Traceback"):
            return f"{found['name']}: {found['told']}"
    return None


def driver_exit_code(log: str) -> int | None:
    """With which code the job ended where the driver ran on the cluster, as YARN reports it."""
    found = re.findall(r"User application exited with status (\d+)", log)
    return int(found[-1]) if found else None


def _begun(held: bytes) -> int:
    """How many bytes at the end may be the beginning of a stack trace."""
    return next((n for n in range(len(_TRACE) - 1, 0, -1) if held.endswith(_TRACE[:n])), 0)
