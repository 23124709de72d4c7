"""The command line of all jobs: a missed gate is a warning, and with --strict an exit code after everything else ran."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from footfall.runtime.cli import Job, main
from footfall.steps.step import Frames, Step, StepResult
from footfall.storage.lake import Lake

CONF = Path(__file__).resolve().parents[2] / "conf"


def test_a_missed_gate_is_a_warning_and_with_strict_exit_code_3_after_all_steps_and_the_ending(
    spark: SparkSession,
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert spark is not None
    monkeypatch.setenv("FOOTFALL_PSEUDONYM_SECRET", "a secret of the tests, long enough")
    done: list[str] = []

    def portrait(_: Frames) -> StepResult:
        done.append("portraits")
        return StepResult()

    def steps(_: Job) -> list[Step]:
        train = Step(
            "train_churn", (), (), lambda _: StepResult(gate_failed="churn: the AUROC ties with recency alone")
        )
        return [train, Step("portraits", (), (), portrait, values={"run": len(done)})]

    arguments = ["--conf-dir", str(CONF), "--lake", lake.root, "--now", "2024-03-01T00:00:00+00:00"]
    arguments += ["--set", f"mlflow.tracking_uri=sqlite:///{tmp_path / 'mlflow.db'}"]
    codes = [
        main("", steps, arguments=[*arguments, *strict], ending=lambda _: done.append("ending"))
        for strict in ([], ["--strict"])
    ]
    assert codes == [0, 3]
    assert done == ["portraits", "ending", "portraits", "ending"]
    printed = capsys.readouterr()
    assert printed.out.count("warning: churn: the AUROC ties with recency alone") == 2
    assert (
        "footfall stopped (gate failed): churn: the AUROC ties with recency alone\nFix: For a model look at the gates"
        in printed.err
    )
