"""Two processes by gloo train as one does with twice the batch, and end with one another's weights."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyspark import cloudpickle
from pyspark.ml.torch.distributor import TorchDistributor
from pyspark.sql import SparkSession
from torch import distributed, manual_seed
from torch.nn.init import normal_
from tuning_shared import CLASSES, job_of, ruled, spec_of, tiny_bert

from footfall.inference.compute import NumberType
from footfall.inference.device import Device
from footfall.tuning.checkpoint import Tensors
from footfall.tuning.distributed import Together, in_processes, run_in_processes
from footfall.tuning.job import Learned, TuningJob, train_here
from footfall.tuning.loop import fit
from footfall.tuning.model import learned, load_classifier
from footfall.tuning.tune import tune

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # TorchDistributor leaves a pipe open


def silent(step: int, name: str, value: float) -> None:  # noqa: ARG001 - a Log
    return


def weights_of_both(job: TuningJob) -> list[Tensors]:
    """What each of two processes holds after its training."""
    distributed.init_process_group("gloo")
    model = load_classifier(job.folder, job.spec, classes=job.classes)
    manual_seed(distributed.get_rank())  # unlike starts: the wrapped model takes the first process'
    normal_(model.linear.weight)
    cpu = Device("cpu", NumberType.FP32, "a test")
    fit(model, job.task(), spec=job.spec, device=cpu, log=lambda *point: None, peers=Together())  # noqa: ARG005 - a Log
    gathered: list[Tensors] = [{}, {}]
    distributed.all_gather_object(gathered, learned(model))
    distributed.destroy_process_group()
    return gathered


def farthest(first: Tensors, second: Tensors) -> float:
    return max(float((first[name] - second[name]).abs().max()) for name in first)


def losses(trained: Learned) -> np.ndarray:
    return np.array([value for _, name, value in trained.progress.curve if name == "stopping_loss"])


def test_two_tasks_of_spark_learn_what_one_process_does_with_twice_the_batch(spark: SparkSession, tmp_path: Path):
    assert spark is not None
    job = job_of(tiny_bert(tmp_path), spec_of(batch_texts=4, accumulation=2, dropout=0.0, epochs=1))
    single = train_here(replace(job, spec=replace(job.spec, batch_texts=8)), silent)
    points: list[tuple[int, str, float]] = []
    double = in_processes(2, on_driver=False, use_gpu=False)(
        job, lambda *point: points.append(point), tmp_path / "kept"
    )
    assert double.progress.step == single.progress.step == 6
    assert points == list(double.progress.curve)
    np.testing.assert_allclose(losses(double), losses(single), atol=1e-3)
    assert farthest(single.tensors, double.tensors) < 1e-3


def test_both_processes_end_with_equal_weights(spark: SparkSession, tmp_path: Path):
    assert spark is not None
    job = job_of(tiny_bert(tmp_path), spec_of(batch_texts=4, dropout=0.3, epochs=1))
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the processes do not see the tests' folder
    first, second = TorchDistributor(num_processes=2, local_mode=True, use_gpu=False).run(weights_of_both, job)
    assert farthest(first, second) == 0
    start = learned(load_classifier(job.folder, job.spec, classes=2))
    assert farthest(first, start) > 1e-3


def rank_when_rank_0_has_ended(folder: Path) -> int:
    """The rank of this process; rank 1 returns it only after the process of rank 0 is gone."""
    rank = int(os.environ["RANK"])
    note = folder / "rank_0.pid"
    if rank == 0:
        note.with_suffix(".part").write_text(str(os.getpid()))
        note.with_suffix(".part").rename(note)
        return rank
    while not note.is_file() or _is_running(int(note.read_text())):
        time.sleep(0.05)
    return rank


def _is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody waited for yet is a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_result_of_rank_0_is_taken_though_another_process_ends_last(spark: SparkSession, tmp_path: Path):
    assert spark is not None
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the processes do not see the tests' folder
    result = run_in_processes(rank_when_rank_0_has_ended, tmp_path, count=2, on_driver=True, use_gpu=False)
    assert result == 0


def test_tune_in_two_processes_of_the_driver_writes_the_folder_here(spark: SparkSession, tmp_path: Path):
    assert spark is not None
    texts, labels = ruled(100)
    tuned = tune(
        texts, labels, ["en"] * 100, encoder_dir=tiny_bert(tmp_path), out_dir=tmp_path / "tuned", classes=CLASSES,
        spec=spec_of(epochs=1), log=silent, train=in_processes(2, on_driver=True, use_gpu=False),
    )  # fmt: skip
    assert (tuned.folder / "model.safetensors").is_file()
    assert tuned.metrics["stopping_loss"] == pytest.approx(
        min(v for _, n, v in tuned.curve if n == "stopping_loss"), abs=1e-4
    )
