"""Models and their runs: records, promotes, loads, rolls back. Touches MLflow only, and imports it when it is used."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from footfall.errors import DataError
from footfall.registry.candidate import Candidate
from footfall.registry.place import explained, reached, require_usable, without_password
from footfall.registry.shipped import copy_library, requirements, running_library, schema
from footfall.settings import MlflowSettings

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION, CHALLENGER = "champion", "challenger"
CHAMPION_BEFORE = "champion_before"  # tag of a version: who was champion when it became one
PASSED = "passed"  # tag `gates` of a version that missed none
EVALUATION, CARD = "evaluation.json", "card.md"
SQLITE = "sqlite:///"
MOST_POINTS = 1000  # that MLflow takes at once


@dataclass(frozen=True)
class Champion:
    """The model in use; `version` is `name/number` as result tables show it."""

    model: Any
    version: str
    feature_version: str
    served_by: str
    training_rows: str  # fingerprint of the rows that it was trained on
    code: str  # hash of the code that trained it


@dataclass(frozen=True)
class Registry:
    """MLflow's tracking and registry at one URI; `schema` is where models are registered in Unity Catalog, empty elsewhere."""

    uri: str
    artifact_root: str
    experiment: str
    schema: str = ""

    @classmethod
    def open(cls, settings: MlflowSettings) -> Registry:
        """The registry of the settings; nothing is asked of it yet."""
        return cls(settings.tracking_uri, settings.artifact_root, settings.experiment, settings.registry_schema)

    def name(self, model: str) -> str:
        """The name under which MLflow knows a model: in Unity Catalog catalog.schema.model."""
        return f"{self.schema}.{model}" if self.schema else model

    def champion_version(self, model: str) -> str:
        """Number of the version behind the alias `champion`; empty where there is none."""
        return self._version_of(model, CHAMPION)

    def latest_number(self, model: str) -> str:
        """Number of the version that was trained last; empty where none was."""
        return self._version_of(model, CHALLENGER)

    def latest_tags(self, model: str) -> Mapping[str, str]:
        """Tags of the version that was trained last; empty where none was."""
        number = self.latest_number(model)
        if not number:
            return {}
        with self._reached() as client:
            return dict(client.get_model_version(self.name(model), number).tags)

    def load_champion(self, model: str) -> Champion:
        """The champion as the plain Python object that was saved; raises DataError where there is none."""
        return self.load(model, self.champion_version(model))

    def load(self, model: str, number: str) -> Champion:
        """A version as the plain Python object that was saved; an empty number means that there is no champion."""
        if not number:
            raise DataError(
                f"model '{model}' has no champion in {without_password(self.uri)}.",
                fix="Run jobs/train.py; its warnings name the gates that were missed.",
            )
        with self._reached() as client, running_library():
            import mlflow

            loaded = mlflow.pyfunc.load_model(f"models:/{self.name(model)}/{number}")
            tags = client.get_model_version(self.name(model), number).tags
        kept = {key: tags.get(key, "") for key in ("feature_version", "served_by", "training_rows", "code")}
        return Champion(loaded.get_raw_model(), f"{model}/{number}", **kept)

    def load_evaluation(self, model: str, number: str) -> dict[str, Any]:
        """The numbers behind the plots of a version's run."""
        with self._reached() as client, tempfile.TemporaryDirectory() as folder:
            run = client.get_model_version(self.name(model), number).run_id
            path = client.download_artifacts(run, EVALUATION, folder)
            evaluation: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        return evaluation

    def load_card(self, model: str, number: str) -> str:
        """The card of a version in Markdown."""
        with self._reached() as client, tempfile.TemporaryDirectory() as folder:
            run = client.get_model_version(self.name(model), number).run_id
            return Path(client.download_artifacts(run, CARD, folder)).read_text(encoding="utf-8")

    def record(
        self,
        candidate: Candidate,
        *,
        tables: Mapping[str, str],
        step: str,
        tags: Mapping[str, str] | None = None,
        card: str = "",
        plots: Mapping[str, Any] | None = None,
    ) -> str:
        """Logs the run and registers a version, which becomes `challenger`; returns the version's number.

        `tables` are the pinned versions of what the model was fitted on, `tags` go onto the version, `card` is Markdown,
        `plots` are plotly figures by name. The alias `champion` moves later, by `promote`, when the step's batch is closed.
        """
        verdict = candidate.verdict
        with self._reached() as client:
            import mlflow

            with mlflow.start_run(experiment_id=self._experiment(client), run_name=step) as run:
                self._log_run(client, run.info.run_id, candidate, tables)
                if card:
                    client.log_text(run.info.run_id, card, CARD)
                for name, figure in (plots or {}).items():
                    client.log_figure(run.info.run_id, figure, f"plots/{name}.html")
                version_tags = {
                    "feature_version": candidate.feature_version,
                    "gates": candidate.missed or PASSED,
                    "served_by": verdict.served_by,
                    **(tags or {}),
                }
                number = self._register(client, run.info.run_id, candidate, version_tags)
            client.set_registered_model_alias(self.name(candidate.name), CHALLENGER, number)
        return number

    def promote(self, model: str, number: str) -> None:
        """Moves the alias `champion` to a version, or takes it away where `number` is empty; nothing where it is there."""
        before = self.champion_version(model)
        if number == before:
            return
        with self._reached() as client:
            if not number:
                client.delete_registered_model_alias(self.name(model), CHAMPION)
                return
            if before:
                client.set_model_version_tag(self.name(model), number, CHAMPION_BEFORE, before)
            client.set_registered_model_alias(self.name(model), CHAMPION, number)

    def rollback(self, model: str) -> str:
        """Makes the version before the champion champion again; returns its number."""
        number = self.champion_version(model)
        with self._reached() as client:
            before = client.get_model_version(self.name(model), number).tags.get(CHAMPION_BEFORE, "") if number else ""
            if not before:
                raise DataError(
                    f"model '{model}' has no champion before {number or 'the first'}.",
                    fix="Set another version by hand in MLflow's own page: give it the alias 'champion'.",
                )
            client.set_registered_model_alias(self.name(model), CHAMPION, before)
        return before

    def _log_run(self, client: MlflowClient, run: str, candidate: Candidate, tables: Mapping[str, str]) -> None:
        from mlflow.entities import Metric, Param, RunTag

        shown = {"feature_version": candidate.feature_version, **candidate.parameters}
        client.log_batch(
            run,
            metrics=[Metric(key, float(value), 0, 0) for key, value in candidate.metrics.items()],
            params=[Param(key, str(value)) for key, value in shown.items()],
            tags=[RunTag(f"table.{name}", version) for name, version in tables.items()]
            + [RunTag("gates", candidate.missed or PASSED)],
        )
        points = [Metric(f"curve_{name}", float(value), 0, at) for at, name, value in candidate.curve]
        for at in range(0, len(points), MOST_POINTS):
            client.log_batch(run, metrics=points[at : at + MOST_POINTS])
        client.log_dict(run, {**candidate.evaluation, "verdict": candidate.verdict.as_json()}, EVALUATION)

    def _register(self, client: MlflowClient, run: str, candidate: Candidate, tags: Mapping[str, str]) -> str:
        """Saves the model as a pyfunc without pickles and without a row of data; returns the number of its version."""
        import mlflow
        from mlflow.exceptions import MlflowException
        from mlflow.models import ModelSignature

        inputs, outputs = (schema(side) for side in (candidate.features, candidate.predictions))
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "model"
            data.mkdir()
            candidate.model.save(data)
            logged = mlflow.pyfunc.log_model(
                name=candidate.name,
                loader_module=candidate.loader,
                data_path=str(data),
                signature=ModelSignature(inputs=inputs, outputs=outputs),
                code_paths=[str(copy_library(Path(folder)))],
                pip_requirements=requirements(candidate.loader),
            )
        with suppress(MlflowException):  # it is there from the second version on
            client.create_registered_model(self.name(candidate.name))
        version = client.create_model_version(
            self.name(candidate.name), logged.model_uri, run, tags=dict(tags), model_id=logged.model_id
        )
        return str(version.version)

    def _version_of(self, model: str, alias: str) -> str:
        if self._is_new():
            return ""
        with self._reached() as client:
            from mlflow.exceptions import MlflowException

            try:
                return str(client.get_model_version_by_alias(self.name(model), alias).version)
            except MlflowException as fault:
                # no such alias is INVALID_PARAMETER_VALUE, no such model RESOURCE_DOES_NOT_EXIST
                if fault.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                    return ""
                raise

    def _experiment(self, client: MlflowClient) -> str:
        experiment = client.get_experiment_by_name(self.experiment)
        if experiment is not None:
            return str(experiment.experiment_id)
        place = None
        if not self.uri.startswith(("http", "databricks")):  # a server has a place of its own
            folder = self.artifact_root
            place = folder if "://" in folder else Path(folder).resolve().as_uri()
        return str(client.create_experiment(self.experiment, artifact_location=place))

    @property
    def _file(self) -> Path | None:
        return Path(self.uri.removeprefix(SQLITE)) if self.uri.startswith(SQLITE) else None

    def _is_new(self) -> bool:
        """Whether nothing was ever recorded; then MLflow need not be imported to know that there is no champion."""
        return self._file is not None and not self._file.exists()

    @contextmanager
    def _reached(self) -> Iterator[MlflowClient]:
        """A client while the block runs; MLflow out of reach becomes one of footfall's own errors."""
        if self._file is not None:
            require_usable(self._file)
        with reached(self.uri) as mlflow:
            try:
                yield mlflow.MlflowClient()
            except (mlflow.MlflowException, OSError, ImportError) as fault:
                explanation = explained(fault, uri=self.uri)
                if explanation is None:
                    raise
                raise explanation from fault
