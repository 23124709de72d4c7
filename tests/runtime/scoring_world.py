"""A lake with reviews, their vectors and champions, for tests of the Steps that score: who serves, and what is new."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from footfall.contract import Table, Written
from footfall.contract.frames import conform
from footfall.models.common.gates import Role, Verdict
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.common.trained import Served, Trained
from footfall.models.sentiment.model import SentimentModel
from footfall.privacy.pseudonyms import MintKey
from footfall.registry.registry import Registry
from footfall.runtime.cli import Job
from footfall.runtime.runner import Runner
from footfall.runtime.scoring import score_steps
from footfall.settings import MlflowSettings, resolve
from footfall.steps.step import Frames, Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import CLAUSE_VECTORS, REVIEWS, TEXT_INSIGHTS, TEXT_VECTORS
from mlflow_file import fresh_mlflow

ROOT = Path(__file__).resolve().parents[2]
DAY, NOW = date(2018, 1, 1), datetime(2018, 1, 1, 12, tzinfo=UTC)
HEAD = TextHead(("negative", "positive"), Softmax(np.array([[0.0], [1.0]]), np.zeros(2)), None, None)


class World:
    """A lake with reviews, and a registry on a sqlite file; every job has the books as a new process reads them."""

    def __init__(self, lake: Lake, folder: Path) -> None:
        self.lake = lake
        self.mlflow = MlflowSettings(tracking_uri=fresh_mlflow(folder), artifact_root=str(folder), experiment="shop")
        self.registry = Registry.open(self.mlflow)

    def job(self, days_later: int = 0) -> Job:
        """A job of the shop as the base settings have it."""
        now = NOW + timedelta(days=days_later)
        books = Books(self.lake, owner=Owner.this_process(), now=now)
        settings = resolve(ROOT / "conf", "local", {}).model_copy(update={"mlflow": self.mlflow})
        return Job(
            settings, DAY, now, self.lake.spark, self.lake, books, self.registry, MintKey(bytes(32)), Namespace(model=[])
        )  # fmt: skip

    def run(self, *steps: Step, job: Job | None = None) -> list[str]:
        """Runs the steps, and gives what was printed."""
        lines: list[str] = []
        Runner(self.lake, (job or self.job()).books, say=lines.append, champions=self.registry).run(steps)
        return lines

    def score(self, *names: str) -> list[str]:
        """Runs those Steps of jobs/score.py."""
        job = self.job()
        return self.run(*(step for step in score_steps(job) if step.name in names), job=job)

    def put(self, table: Table, *rows: str, step: str, **models: str) -> None:
        """Appends rows, each the columns of a SELECT, by a Step of that name that notes the models."""
        by_date = table.written is Written.REPLACE_AS_OF
        frame = self.lake.spark.sql(" UNION ALL ".join(f"SELECT {row}" for row in rows))

        def apply(_: Frames) -> StepResult:
            dates = [row[0] for row in frame.select("as_of_date").distinct().collect()] if by_date else []
            return StepResult([Output(table, conform(frame, table), as_of=dates)], models=models)

        self.run(Step(step, (), (table.full_name,), apply, values={"rows": rows}))

    def read_by(self, encoder: str, *text_ids: str) -> None:
        """What jobs/understand_text.py leaves behind when that encoder has read the texts."""
        vector = "array(1.0f) AS vector, 3 AS token_count, 1.0f AS norm"
        rows = [f"'{text_id}' AS text_id, '{encoder}' AS encoder_fingerprint, {vector}" for text_id in text_ids]
        self.put(TEXT_VECTORS, *rows, step="understand_text_vectors", text_encoder=encoder)

    def review(self, *text_ids: str) -> None:
        """Reviews, each with the text of that id, which is the text and the review's id, too."""
        clocks = (
            "TIMESTAMP'2017-12-01' AS event_time, DATE'2017-12-01' AS event_date, TIMESTAMP'2017-12-01' AS known_at"
        )
        rows = [f"'{t}' AS review_id, {clocks}, 'a' AS actor_id, '{t}' AS text, '{t}' AS text_id" for t in text_ids]
        self.put(REVIEWS, *rows, step="refine_reviews")

    def clauses_read_by(self, encoder: str, numbers: Mapping[str, Sequence[float]]) -> None:
        """Vectors of one number each, of the clauses of each text; every clause is of two characters."""
        rows = [
            f"'{text_id}' AS text_id, {n} AS clause_number, '{encoder}' AS encoder_fingerprint, "
            f"{2 * n - 2} AS start_char, {2 * n} AS end_char, array({number}f) AS vector"
            for text_id, of_text in numbers.items()
            for n, number in enumerate(of_text, 1)
        ]
        self.put(CLAUSE_VECTORS, *rows, step="understand_clause_vectors")

    def crown(self, name: str, encoder: str, fitted: Any = None) -> None:
        """The model of that name is served by a new version: `fitted`, else a head over that encoder's vectors."""
        version = Trained(
            name=name, model=Served(fitted or SentimentModel("vectors", encoder, HEAD)), features=(("vector", "double"),),
            predictions=(("positive_probability", "double"),), feature_version=encoder, parameters={}, metrics={},
            verdict=Verdict(Role.LEARNER, "vectors", ()), evaluation={},
        )  # fmt: skip
        self.registry.promote(name, self.registry.record(version, tables={}, step=f"train_{name}"))

    def texts_scored(self) -> list[str]:
        """The texts that results.text_insights has a row of."""
        return sorted(row["text_id"] for row in self.lake.read(TEXT_INSIGHTS.full_name).collect())
