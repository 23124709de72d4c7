"""The small example shop as tests run it: where its things lie, and the whole pipeline in the tests' own session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from footfall.runtime.cli import main
from jobs import pipeline

AS_OF, NOW = "2018-01-01", "2018-01-02T00:00:00+00:00"
SECRET = "a secret of the tests, long enough"


@dataclass(frozen=True)
class SmallShop:
    """The whole pipeline on the small example shop: run it again, look at its lake."""

    raw: Path
    lake: Path
    mlflow: Path
    report: Path

    @property
    def settings(self) -> dict[str, str]:
        """Where its things lie, and what a small shop needs to train quickly."""
        return {
            "mlflow.tracking_uri": f"sqlite:///{self.mlflow / 'mlflow.db'}",
            "mlflow.artifact_root": str(self.mlflow / "artifacts"),
            "report.path": str(self.report),
            "training.bootstrap_rounds": "20",
            "segments.min_people": "10",
            "segments.k_max": "4",
            "segments.stability_rounds": "2",
        }

    def run(self, *more: str, stages: str = "") -> int:
        """Runs jobs/pipeline.py's steps in the tests' session; returns the exit code."""
        chosen = [word for key, value in self.settings.items() for word in ("--set", f"{key}={value}")]
        arguments = ["--lake", str(self.lake), "--raw", str(self.raw), "--as-of", AS_OF, *chosen, *more]
        arguments += ["--now", NOW, *(("--stages", stages) if stages else ())]
        return main(pipeline.__doc__ or "", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)
