"""The small example shop as tests run it: where its things lie, and the whole pipeline in the tests' own session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from footfall.runtime.cli import main
from jobs import pipeline


@dataclass(frozen=True)
class SmallShop:
    """The whole pipeline on the small example shop: run it again, look at its lake."""

    raw: Path
    lake: Path
    mlflow: Path
    report: Path

    def run(self, *more: str, stages: str = "") -> int:
        """Runs jobs/pipeline.py's steps in the tests' session; returns the exit code."""
        places = {
            "mlflow.tracking_uri": f"sqlite:///{self.mlflow / 'mlflow.db'}",
            "mlflow.artifact_root": str(self.mlflow / "artifacts"),
            "report.path": str(self.report),
            "training.bootstrap_rounds": "20",
            "segments.min_people": "10",
            "segments.k_max": "4",
            "segments.stability_rounds": "2",
        }
        chosen = [word for key, value in places.items() for word in ("--set", f"{key}={value}")]
        arguments = ["--lake", str(self.lake), "--raw", str(self.raw), "--as-of", "2018-01-01", *chosen, *more]
        arguments += ["--now", "2018-01-02T00:00:00+00:00", *(("--stages", stages) if stages else ())]
        return main(pipeline.__doc__ or "", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments)
