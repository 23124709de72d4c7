"""A task takes what it owns; a GPU that was asked for and is not there stops the job."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
import torch

from footfall.errors import EnvironmentFault
from footfall.inference import cpu
from footfall.inference.device import Device, choose_device, claim, memory_fraction


@dataclass(frozen=True)
class Spec:
    """What somebody settled, in a section of the settings that is called `images`."""

    number_type: str = "fp32"
    device: str = "auto"
    section: str = "images"


def choose(*, addresses=(), visible=None, gpus=0, **changed) -> Device:
    environ = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    return choose_device(Spec(**changed), addresses=addresses, environ=environ, gpu_count=gpus)


def test_sparks_address_comes_first() -> None:
    assert choose(addresses=["1"], gpus=2).name == "cuda:1"


def test_an_address_is_counted_within_the_visible_devices() -> None:
    assert choose(addresses=["3"], visible="2,3", gpus=2).name == "cuda:1"
    assert choose(addresses=["GPU-b"], visible="GPU-a,GPU-b", gpus=2).name == "cuda:1"


def test_visible_devices_come_second() -> None:
    assert choose(visible="5", gpus=1).name == "cuda:0"


def test_a_gpu_that_the_task_does_not_own_is_left_alone() -> None:
    assert choose(gpus=4).name == "cpu"
    assert choose(visible="", gpus=0).name == "cpu"
    assert choose(visible="-1", gpus=0).name == "cpu"


def test_the_setting_cpu_wins_over_an_address() -> None:
    assert choose(addresses=["0"], gpus=1, device="cpu").name == "cpu"


@pytest.mark.parametrize(
    "owned",
    [
        {"device": "gpu"},
        {"device": "gpu", "gpus": 1},
        {"device": "gpu", "visible": "0"},
        {"visible": "0"},
        {"addresses": ["0"]},
        {"addresses": ["2"], "gpus": 2},
        {"addresses": ["GPU-x"], "gpus": 1},
    ],
)
def test_a_gpu_asked_for_and_absent_is_a_fault_with_its_mend(owned: dict) -> None:
    with pytest.raises(EnvironmentFault, match=r"a GPU was asked for and there is none(.|\n)*images\.device"):
        choose(**owned)


def test_fp16_is_for_gpus() -> None:
    assert choose(addresses=["0"], gpus=1, number_type="fp16").number_type == "fp16"
    with pytest.raises(EnvironmentFault, match=r"fp16 was asked for on a CPU(.|\n)*images\.number_type"):
        choose(number_type="fp16")


def test_a_number_type_asked_for_by_name_is_kept() -> None:
    assert choose(number_type="bf16").number_type == "bf16"
    assert choose(number_type="fp32").number_type == "fp32"


@pytest.mark.parametrize(
    ("flags", "expected", "named"),
    [
        ({"avx2", "fma"}, "fp32", "avx2"),
        ({"avx2", "avx512f"}, "fp32", "avx512"),
        ({"avx2", "avx512f", "avx512_bf16"}, "bf16", "avx512_bf16"),
        ({"avx2", "avx512f", "avx512_bf16", "amx_bf16"}, "bf16", "amx_bf16"),
        ({"asimd"}, "fp32", "asimd"),
        ({"asimd", "bf16"}, "bf16", "bf16"),
    ],
)
def test_auto_takes_bf16_only_where_the_cpu_has_it(monkeypatch, flags: set[str], expected: str, named: str) -> None:
    lines = "processor : 0\nflags : " + " ".join(flags) + "\nprocessor : 1\nflags : none\n"
    with_info(monkeypatch, lines)
    device = choose(number_type="auto")
    assert device.number_type == expected
    assert str(device) == f"cpu in {expected} (this task owns no GPU; one thread a task, {named})"


def test_without_flags_a_trial_decides(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(cpu, "CPU_INFO", tmp_path / "absent")
    forget(monkeypatch)
    assert choose(number_type="auto").number_type in ("fp32", "bf16")


def with_info(monkeypatch, lines: str) -> None:
    class Info:
        def is_file(self) -> bool:
            return True

        def read_text(self) -> str:
            return lines

    monkeypatch.setattr(cpu, "CPU_INFO", Info())
    forget(monkeypatch)


def forget(monkeypatch) -> None:
    """Both answers are kept once a process; ask anew, and keep nothing of it."""
    for name in ("cpu_flags", "has_fast_bf16"):
        plain = getattr(cpu, name).__wrapped__
        monkeypatch.setattr(cpu, name, plain)
        monkeypatch.setattr(f"footfall.inference.device.{name}", plain)


@pytest.mark.parametrize(("gpu_share", "expected"), [(1.0, 0.9), (0.5, 0.45), (0.25, 0.225)])
def test_tasks_that_share_a_gpu_leave_each_other_memory(gpu_share: float, expected: float) -> None:
    assert memory_fraction(gpu_share) == pytest.approx(expected)


def test_a_cpu_task_keeps_to_one_thread_whatever_cores_it_has(monkeypatch) -> None:
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        claim(choose(), threads=4)
        assert (torch.get_num_threads(), os.environ["TOKENIZERS_PARALLELISM"]) == (1, "false")
    finally:
        torch.set_num_threads(before)
