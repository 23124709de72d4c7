"""The process that runs a batch, and whether it is still running. Reads /proc of this machine only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Owner:
    """A process that runs steps: a random token, the machine and process it is, the scheduler's run id if it has one."""

    token: str
    machine: str
    pid: int
    started: str
    run_id: str = ""

    @classmethod
    def this_process(cls, run_id: str = "") -> Owner:
        """The owner that this process is."""
        return cls(secrets.token_hex(8), _machine(), os.getpid(), _start_of(os.getpid()), run_id)

    @classmethod
    def parse(cls, text: str) -> Owner:
        """The owner that `str` wrote."""
        return cls(**json.loads(text))

    def __str__(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    def may_resume(self, other: Owner) -> bool:
        """Whether this process may continue a batch of `other`: the same run, or a process of this machine that has ended."""
        if other.token == self.token or (self.run_id and self.run_id == other.run_id):
            return True
        return other.machine == self.machine and _start_of(other.pid) != other.started


def _machine() -> str:
    """Identifies the boot of this machine and the process name space; two containers differ."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    space = Path("/proc/self/ns/pid")
    if not boot.exists():
        return ""
    return f"{boot.read_text().strip()}/{space.readlink()}"


def _start_of(pid: int) -> str:
    """Start time of a process in clock ticks since boot, so that a reused process id differs; empty: no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
