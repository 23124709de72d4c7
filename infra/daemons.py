"""Starts, watches and ends processes of a try-out cluster on one machine. Touches its folder and its own processes."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
_PR_SET_PDEATHSIG = 1


class ClusterError(Exception):
    """A process of the try-out cluster did not start, or something that it needs is missing."""


class Daemons:
    """The processes of one cluster; their logs and `processes.json` lie in `folder`.

    Each is a process group of its own, so that ending it ends what it started. With `tied=True` they also end when
    the starting process dies, however it dies (Linux); otherwise they stay until `stop(folder)`.
    """

    def __init__(self, folder: Path, *, tied: bool) -> None:
        self.folder = folder.resolve()
        self.tied = tied
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / "processes.json").exists():
            raise ClusterError(f"{self.folder} already holds a cluster: stop it first, or choose another --dir.")

    def start(self, name: str, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        """Starts one process; the command line must name `folder`, by which `stop` recognises it."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                env={**os.environ, **(env or {})},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent if self.tied else None,
            )
        pids = {key: process.pid for key, process in self._running.items()}
        (self.folder / "processes.json").write_text(json.dumps(pids), encoding="utf-8")

    def wait(self, what: str, is_ready: Callable[[], bool], *, seconds: float = 60) -> None:
        """Returns when `is_ready()`; raises ClusterError when a process died or the time is up."""
        end = time.monotonic() + seconds
        while not is_ready():
            dead = [name for name, process in self._running.items() if process.poll() is not None]
            if dead or time.monotonic() > end:
                reason = f"{', '.join(dead)} ended" if dead else f"not within {seconds:.0f} s"
                raise ClusterError(f"waiting for {what}: {reason}. See the logs in {self.folder}.")
            time.sleep(0.25)

    def stop(self) -> None:
        """Ends all processes, the last started first."""
        stop(self.folder)
        for process in self._running.values():
            process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """After a failure nothing is left running; after success tied processes end, others stay."""
        if kind is not None:
            self.stop()


def stop(folder: Path) -> list[str]:
    """Ends the processes that `folder` names and that are still ours; returns their names."""
    book = folder.resolve() / "processes.json"
    if not book.exists():
        return []
    pids: dict[str, int] = json.loads(book.read_text(encoding="utf-8"))
    ended = [name for name, pid in reversed(pids.items()) if _end(pid, marker=str(folder.resolve()))]
    book.unlink()
    return ended


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for listener in sockets:
            listener.bind((LOOPBACK, 0))
        return [int(listener.getsockname()[1]) for listener in sockets]


def java() -> str:
    """The Java that JAVA_HOME names, else the first on the path."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else "java"


def _end(pid: int, *, marker: str) -> bool:
    if not _is_ours(pid, marker):
        return False
    for sign, seconds in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
        os.killpg(pid, sign)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not _is_ours(pid, marker):
                return True
            time.sleep(0.1)
    return True


def _is_ours(pid: int, marker: str) -> bool:
    """Whether the process runs and is the one that was started: process numbers are used again."""
    process = subprocess.run(
        ["ps", "-ww", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return marker in process.stdout and not process.stdout.lstrip().startswith("Z")


def end_with_parent() -> None:
    """For `preexec_fn`: the new process gets SIGTERM when the one that started it dies, however it dies (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
