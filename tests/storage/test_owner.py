"""Who may go on with a batch: its own process and run, and whoever finds the owner gone on the same machine."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from footfall.storage.owner import Owner


def test_an_owner_survives_being_written_down() -> None:
    me = Owner.this_process("run-1")
    assert Owner.parse(str(me)) == me


def test_a_living_process_keeps_its_batch() -> None:
    me = Owner.this_process()
    assert not replace(me, token="other").may_resume(me)


def test_a_dead_process_of_this_machine_loses_its_batch() -> None:
    code = "from footfall.storage.owner import Owner; print(Owner.this_process())"
    dead = Owner.parse(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert Owner.this_process().may_resume(dead)


def test_a_reused_process_number_is_not_taken_for_the_old_process() -> None:
    me = Owner.this_process()
    assert replace(me, token="other").may_resume(replace(me, started="1"))


def test_a_process_elsewhere_may_live() -> None:
    me = Owner.this_process()
    assert not me.may_resume(replace(me, token="other", machine="elsewhere", started="1"))


def test_a_retry_of_the_same_run_resumes_from_anywhere() -> None:
    me = Owner.this_process("dag-7")
    assert me.may_resume(replace(me, token="other", machine="elsewhere"))
