"""The Steps `train_<model>`, from the declarations: what a model is trained on, when it is refitted, who serves afterwards."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.errors import DataError, TooFew
from footfall.features.dates import AsOfDates
from footfall.models import MODELS
from footfall.models.common.card import card
from footfall.models.common.declaration import Model, Stage, TextFeatures, imported
from footfall.models.common.featureset import FeatureSet
from footfall.models.common.gates import Role
from footfall.models.common.runs import LoadedModel, TrainingRun
from footfall.models.common.trained import Trained
from footfall.registry.fetch import encoder_folder
from footfall.registry.place import load
from footfall.registry.registry import PASSED
from footfall.runtime.cli import Job, parser
from footfall.runtime.permissions import consent_of
from footfall.runtime.work import PART
from footfall.steps.code import code_hash
from footfall.steps.step import Frames, Read, Step, StepResult, digest
from footfall.storage.batch import MODEL
from footfall.tables import CLAUSE_VECTORS, TEXT_VECTORS
from footfall.text.spec import ENCODER, encoder_specs, require_weights

TEXTS_READ = f"understand_{TEXT_VECTORS.name}"  # the Step that reads texts


def train_arguments(about: str, stage: Stage) -> argparse.ArgumentParser:
    """What every job takes, and --model, which picks some of the stage's models."""
    arguments = parser(about)
    names = [model.name for model in MODELS.values() if model.stage is stage]
    arguments.add_argument("--model", action="append", choices=names, help="only this one (may be given again)")
    return arguments


def trained_models(job: Job, stage: Stage) -> list[Model]:
    """The models that a stage trains: those named by --model, else those for which some source brings rows."""
    wanted = getattr(job.options, "model", None)
    of_stage = [model for model in MODELS.values() if model.stage is stage]
    if wanted:
        return [model for model in of_stage if model.name in wanted]
    return [model for model in of_stage if _is_enabled(job, model) and _has_rows(job, model)]


def _is_enabled(job: Job, model: Model) -> bool:
    return not model.enabled_by or bool(settings_of(job, model)[model.enabled_by])


def _has_rows(job: Job, model: Model) -> bool:
    return not model.needs or any(job.feeds(table) for table in model.needs)


def train_step(job: Job, model: Model) -> Step:
    """The Step that trains one model.

    It runs again where its code or settings changed, or where its rows changed and its cadence is over; a challenger that was
    trained on the very same rows, by the same code and settings, is not trained again.
    """
    name, settings, dates = f"train_{model.name}", settings_of(job, model), job.dates
    shared = {"training": job.settings.training.model_dump(exclude={"cadence_days"}), "mlflow": job.settings.mlflow}
    definition = digest({"settings": settings, **shared, "code": code_hash(model.package)})

    def apply(frames: Frames) -> StepResult:
        load()
        by_name = {table.name: frames[table.full_name] for table in model.reads}
        try:
            run = training_run(job, model, by_name, dates)
            with job.lake.staged(name, imported(model.population.rows)(run)) as rows:
                fingerprint = rows_fingerprint(rows)
                if known := _known_result(job, model, {"training_rows": fingerprint, "code": definition}):
                    return known
                trained: Trained = imported(model.train)(rows, run)
        except TooFew as fault:
            if model.name in (getattr(job.options, "model", None) or ()):
                raise
            return StepResult(gate_failed=f"{model.name}: not trained, since {fault.what}")
        return _recorded(job, model, trained, {"training_rows": fingerprint, "code": definition})

    cadence = model.cadence_days if model.cadence_days is not None else job.settings.training.cadence_days
    reads_texts = isinstance(model.features, TextFeatures) and model.stage is Stage.TRAIN
    weights = partial(require_weights, encoder_specs(job.settings.text.model_dump())[-1:])
    return Step(
        name, tuple(Read(table.full_name) for table in model.reads), (), apply, (model.package,),
        {"settings": settings, **shared}, day_values={"dates": dates.every}, cadence_days=cadence,
        trains=(model.name,), after=_after(model), consent=consent_of(job, *purposes_of(model)),
        requires=(weights,) if model.stage is Stage.FINE_TUNE else (),
        run_values={
            "encoder": lambda: last_encoders(job)[-1:] if reads_texts else [],
            "is_lost": lambda: job.books.last_registration(name) is not None and not job.registry.latest_number(model.name),
        },
    )  # fmt: skip


def purposes_of(model: Model) -> tuple[str, ...]:
    """What somebody must have consented to for their rows to be used by the model, in training and in scoring."""
    return ("text",) if isinstance(model.features, TextFeatures) else ("analytics", "profiling")


def _after(model: Model) -> tuple[str, ...]:
    """Steps that share the encoder with the training: one fine-tunes it after texts were read by it, and before heads learn."""
    if model.stage is Stage.FINE_TUNE:
        return (TEXTS_READ, f"understand_{CLAUSE_VECTORS.name}")
    is_head = isinstance(model.features, TextFeatures)
    return tuple(f"train_{m.name}" for m in MODELS.values() if m.stage is Stage.FINE_TUNE) if is_head else ()


def settings_of(job: Job, model: Model) -> dict[str, Any]:
    """The model's own section of the settings, and below their names the other sections that it uses."""
    sections = job.settings.model_dump()
    own = dict(sections[model.settings]) if model.settings else {}
    return own | {section: sections[section] for section in model.uses_settings}


def training_run(job: Job, model: Model, frames: Mapping[str, DataFrame], dates: AsOfDates) -> TrainingRun:
    """What the model's functions are given."""
    former = _champion(job, model)
    training = job.settings.training

    def folder() -> AbstractContextManager[Path]:
        return encoder_folder(job.settings.text.encoder, tracking_uri=job.settings.mlflow.tracking_uri)

    return TrainingRun(
        model=model,
        frames=frames,
        settings=settings_of(job, model),
        as_of=job.as_of,
        dates=dates,
        time_zone=job.settings.shop.time_zone,
        bootstrap_rounds=training.bootstrap_rounds,
        max_champion_loss=training.max_champion_loss,
        champion=former if former and _is_comparable(job, model, former) else None,
        former=former.fitted if former else None,
        encoder_fingerprint=lambda: encoder_fingerprint(job),
        encoder_folder=folder,
        text=job.settings.text.model_dump(),
    )


def encoder_fingerprint(job: Job) -> str:
    """The encoder with which the texts were last read; raises DataError where they are not all read, TooFew where none was."""
    last, encoders = job.books.last_closed(TEXTS_READ), last_encoders(job)
    if last and last.outcome == PART:
        raise DataError("the texts are not all read yet.", fix="Run jobs/understand_text.py to its end.")
    if not encoders:
        raise TooFew("no text was read by an encoder yet.", fix="Run jobs/understand_text.py first.")
    return encoders[-1]


def last_encoders(job: Job) -> list[str]:
    """Fingerprints of the encoders that read texts last: those that still serve, then the wanted one; empty where none did."""
    last = job.books.last_closed(TEXTS_READ)
    by_key = {key: value for key, value in last.outputs.items() if key.startswith(MODEL + ENCODER)} if last else {}
    return [by_key[key] for key in sorted(by_key, reverse=True)]


def rows_fingerprint(rows: DataFrame) -> str:
    """Names the rows whatever their order: their number, and the sum of their hashes."""
    hash_sum = F.sum(F.xxhash64(*(f"`{c}`" for c in sorted(rows.columns))).cast("decimal(38,0)")).alias("hash_sum")
    row = rows.agg(F.count(F.lit(1)).alias("rows"), hash_sum).collect()[0]
    return f"{row['rows']} rows, {row['hash_sum'] or 0}"


def _known_result(job: Job, model: Model, tags: Mapping[str, str]) -> StepResult | None:
    """What came of the version trained last where it has these tags, so that it is not trained again; else None.

    A run that is killed between the version and the end of its batch has promoted nothing: then that is left to do.
    """
    latest = job.registry.latest_tags(model.name)
    if any(latest.get(key) != value for key, value in tags.items()):
        return None
    number, missed = job.registry.latest_number(model.name), latest.get("gates", "")
    missed = "" if missed == PASSED else missed
    if job.books.has_registered(f"train_{model.name}", model.name, number):
        return StepResult(gate_failed=missed)
    return _result(model, number, Role(latest["role"]), missed)


def _champion(job: Job, model: Model) -> LoadedModel | None:
    number = job.registry.champion_version(model.name)
    if not number:
        return None
    try:
        champion = job.registry.load(model.name, number)
    except (KeyError, DataError):  # written by an older footfall in another form
        print(
            f"  {model.name}: the champion, version {number}, cannot be read by this footfall and is not compared with"
        )
        return None
    return LoadedModel(champion.model, champion.version, champion.served_by)


def _is_comparable(job: Job, model: Model, former: LoadedModel) -> bool:
    """Whether the champion can predict the rows of today: an encoder reads texts itself, others need the features they know."""
    return model.stage is Stage.FINE_TUNE or former.fitted.feature_version in _feature_versions(job, model)


def _feature_versions(job: Job, model: Model) -> set[str]:
    if not isinstance(model.features, FeatureSet):
        return {encoder_fingerprint(job)}
    learners = (*model.learners, *model.baselines)
    return {x.features.version if x.features else model.features.version for x in learners}


def _recorded(job: Job, model: Model, trained: Trained, tags: Mapping[str, str]) -> StepResult:
    from footfall.models.common import plots  # plotly: half a second, only where something was trained

    step = f"train_{model.name}"
    batch = job.books.unfinished(step)
    role = trained.verdict.role
    number = job.registry.record(
        trained, tables=batch.inputs if batch else {}, step=step, tags={**tags, "role": role.value}, card=card(model, trained),
        plots={name: plots.drawn(kind, trained.evaluation) for name, kind in model.plots.items()},
    )  # fmt: skip
    return _result(model, number, role, trained.missed)


def _result(model: Model, number: str, role: Role, missed: str) -> StepResult:
    """The new version, and who is champion when the batch has closed: it, nobody, or as before."""
    serves = role in {Role.LEARNER, Role.BASELINE}
    promotes = {model.name: number} if serves else {model.name: ""} if role is Role.NOBODY else {}
    return StepResult(models={model.name: number}, gate_failed=missed, promotes=promotes)
