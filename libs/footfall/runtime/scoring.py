"""The Steps that apply the champions, from the declarations: one a model, or one a table that several models fill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from pyspark.sql import DataFrame

from footfall.contract import EVERY_ROW, Table, Written
from footfall.contract.frames import no_rows
from footfall.models import MODELS
from footfall.models.common.declaration import Model, TextFeatures, imported
from footfall.models.common.documents import DocumentModel, documents, insights_news, require_read, text_insights
from footfall.models.common.runs import LoadedModel, ScoringRun
from footfall.runtime.cli import Job
from footfall.runtime.consent import as_new, consent_changes
from footfall.runtime.permissions import consent_of
from footfall.runtime.training import last_encoders, purposes_of, settings_of
from footfall.runtime.work import GATE_FAILED
from footfall.steps.step import Frames, Output, Read, Step, StepResult, has_same_definition
from footfall.storage.batch import MODEL, Pin
from footfall.tables import REVIEWS, TEXT_INSIGHTS, TEXT_VECTORS, TICKETS, USER_SCORES

WRITTEN = (REVIEWS, TICKETS)  # by customers
SHARED = {USER_SCORES: "score_people", TEXT_INSIGHTS: "score_documents"}  # exactly one Step writes a table


def score_steps(job: Job) -> list[Step]:
    """One Step a model that has tables of its own, one for the scores of people, one for what documents say."""
    with_texts = any(job.feeds(table) for table in WRITTEN)
    models = [m for m in MODELS.values() if m.score and (with_texts or not set(m.needs) & set(WRITTEN))]
    of_people = [m for m in models if USER_SCORES in m.writes]
    alone = [m for m in models if not set(m.writes) & set(SHARED)]
    steps = [_score_step(job, f"score_{m.name}", [m]) for m in alone if not m.needs]
    steps += [_score_step(job, SHARED[USER_SCORES], of_people)] if of_people else []
    steps += [_documents_step(job)] if with_texts else []
    return [*steps, *(_score_step(job, f"score_{m.name}", [m]) for m in alone if m.needs)]


def _score_step(job: Job, name: str, models: Sequence[Model]) -> Step:
    """Applies the champions of models that write the same tables."""
    settings = {m.name: _scoring_settings(job, m) for m in models}
    reads = list(dict.fromkeys(table for m in models for table in m.score_reads))
    writes = list(dict.fromkeys(table for m in models for table in m.writes))
    used = dict.fromkeys(model for m in models for model in (m.name, *m.score_with))

    consent = consent_of(job, *dict.fromkeys(p for m in models for p in purposes_of(m)))

    def apply(frames: Frames) -> StepResult:
        batch, last = job.books.unfinished(name), job.books.last_closed(name)
        changes = consent_changes(job.lake, consent, frames, batch=batch, last=last)
        by_name = {table.name: frames[table.full_name] for table in (*reads, *writes) if table.full_name in frames}
        has_rows = all(table.name in by_name for table in writes) and not (changes and changes.actors is None)
        read_before = _read_before(job, name, used, reads) if has_rows else None
        by_name |= {t.name: as_new(by_name[t.name], changes) for t in WRITTEN if t.name in by_name}
        runs = [_scoring_run(job, name, m, by_name, settings[m.name], read_before) for m in models]
        outputs = [output for run in runs for output in imported(run.model.score)(run)]
        tables = [_together(table, outputs) for table in writes if any(o.table is table for o in outputs)]
        readers = {run.model.name: run.champion for run in runs if run.champion and not run.model.documents}
        return StepResult(tables, warnings=_unread_warnings(job, readers))

    return Step(
        name,
        tuple(Read(table.full_name) for table in reads),
        tuple(table.full_name for table in writes),
        apply,
        tuple(m.package for m in models),
        {"time_zone": job.settings.shop.time_zone, "settings": settings},
        day_values={"as_of": job.as_of} if any(t.written is Written.REPLACE_AS_OF for t in writes) else {},
        models=tuple(used),
        consent=consent,
        run_values={"no_model_reasons": lambda: no_model_reasons(job, list(used))} if USER_SCORES in writes else {},
    )


def _together(table: Table, outputs: Sequence[Output]) -> Output:
    mine = [output for output in outputs if output.table is table]
    return replace(mine[0], frame=reduce(DataFrame.unionByName, (o.frame for o in mine)))


def _documents_step(job: Job) -> Step:
    """What each review and ticket says, by every champion that reads documents; each reads only the documents that it has not read."""
    name, models = SHARED[TEXT_INSIGHTS], [m for m in MODELS.values() if m.documents]

    def apply(frames: Frames) -> StepResult:
        vectors, rows = frames[TEXT_VECTORS.full_name], frames.get(TEXT_INSIGHTS.full_name)
        unchanged = _unchanged_models(job, name)
        is_unchanged = rows is not None and unchanged >= {m.name for m in models}
        champions = {m.name: champion_of(job, m.name, step=name) for m in models}
        serving = [(m, c) for m in models if m.documents and (c := champions[m.name])]
        if not serving:
            nothing = Output(TEXT_INSIGHTS, no_rows(vectors, TEXT_INSIGHTS), replaces=EVERY_ROW)
            return StepResult([] if is_unchanged else [nothing])
        written = documents(reviews=frames[REVIEWS.full_name], tickets=frames[TICKETS.full_name])
        if not written.isEmpty():
            require_read(vectors, serving[0][1].fitted, model_version=serving[0][1].version)
        read = [
            DocumentModel(c.fitted, c.version, m.documents.columns, m.documents.kinds, m.name in unchanged)
            for m, c in serving
            if m.documents
        ]
        news = insights_news(written, vectors, rows, models=read) if rows is not None and is_unchanged else None
        if news is None or news.old_rows is None:
            insights = [
                Output(TEXT_INSIGHTS, text_insights(written, vectors, models=read, rows=rows), replaces=EVERY_ROW)
            ]
        elif news.is_empty:
            insights = []
        else:
            new_rows = text_insights(news.documents_of(written), news.vectors_of(vectors), models=read)
            insights = [Output(TEXT_INSIGHTS, new_rows, replaces=news.old_rows)]
        return StepResult(insights, warnings=_unread_warnings(job, {m.name: c for m, c in serving}))

    reads = tuple(Read(table.full_name) for table in (*WRITTEN, TEXT_VECTORS))
    packages = (*(m.package for m in models), "footfall.models.common.documents")
    names, consent = tuple(m.name for m in models), consent_of(job, "text")
    return Step(name, reads, (TEXT_INSIGHTS.full_name,), apply, packages, models=names, consent=consent)


def _unchanged_models(job: Job, step: str) -> set[str]:
    """Models of which the version that serves, the code and the settings are those of the step's last closed batch.

    What the step's tables hold of them stays as it is. A model that nobody serves, then and now, is among them.
    """
    batch, last = job.books.unfinished(step), job.books.last_closed(step)
    if batch is None or last is None or not has_same_definition(batch.fingerprint, last.fingerprint):
        return set()
    versions = {key.removeprefix(MODEL): n for key, n in batch.inputs.items() if key.startswith(MODEL)}
    return {name for name, number in versions.items() if last.inputs.get(MODEL + name) == number}


def _read_before(job: Job, step: str, models: Iterable[str], tables: Sequence[Table]) -> dict[str, int] | None:
    """Table -> its newest batch that the step's last closed batch read; None where another version, code or setting read it."""
    last = job.books.last_closed(step)
    if last is None or not _unchanged_models(job, step) >= set(models):
        return None
    pins = {table.name: last.inputs.get(table.full_name, "") for table in tables}
    return {name: Pin.parse(pin).batch_id if pin else 0 for name, pin in pins.items()}


def champion_of(job: Job, model: str, *, step: str) -> LoadedModel | None:
    """The version that the step's open batch pinned; where it pinned none, the one that there is now; None where nothing serves."""
    batch = job.books.unfinished(step)
    number = (batch.inputs.get(f"model:{model}", "") if batch else "") or job.registry.champion_version(model)
    if not number:
        return None
    champion = job.registry.load(model, number)
    return LoadedModel(champion.model, champion.version, champion.served_by)


def _scoring_run(
    job: Job,
    step: str,
    model: Model,
    frames: Mapping[str, DataFrame],
    settings: Mapping[str, object],
    read_before: Mapping[str, int] | None,
) -> ScoringRun:
    return ScoringRun(
        model=model,
        frames=frames,
        settings=settings,
        as_of=job.as_of,
        time_zone=job.settings.shop.time_zone,
        champion=champion_of(job, model.name, step=step),
        reason=no_model_reason(job, model),
        others={name: champion_of(job, name, step=step) for name in model.score_with},
        read_before=read_before,
    )


def _scoring_settings(job: Job, model: Model) -> dict[str, object]:
    return {key: value for key, value in settings_of(job, model).items() if key in model.score_settings}


def _unread_warnings(job: Job, champions: Mapping[str, LoadedModel]) -> list[str]:
    """Sentences about champions over an encoder that reads new texts no more: those texts are absent from their results.

    Where nobody allows their texts to be read, no encoder is needed.
    """
    encoders = last_encoders(job)
    return [
        f"{champion.version} reads vectors of encoder {champion.fitted.feature_version}, which reads new texts no more, so that "
        f"they are absent from its results. Fix: jobs/train.py --model {model}; until a version passes its gates, put the encoder "
        f"into text.serving and run jobs/understand_text.py."
        for model, champion in champions.items()
        if encoders
        and isinstance(MODELS[model].features, TextFeatures)
        and champion.fitted.feature_version not in encoders
    ]


def no_model_reasons(job: Job, names: Sequence[str]) -> dict[str, str]:
    """Model -> why it gives no results, of the models of these names that lack a champion, of their own or of one they use."""
    reasons: dict[str, str] = {}
    for name in names:
        lacking = [n for n in (name, *MODELS[name].score_with) if not job.registry.champion_version(n)]
        if lacking:
            reason = no_model_reason(job, MODELS[lacking[0]])
            reasons[name] = reason if lacking[0] == name else f"it needs the {lacking[0]} model ({reason})"
    return reasons


def no_model_reason(job: Job, model: Model) -> str:
    """Why nothing serves, as the last training said."""
    last = job.books.last_closed(f"train_{model.name}")
    registration = job.books.last_registration(f"train_{model.name}")
    if registration and registration.promotes.get(model.name):
        return f"version {registration.promotes[model.name]} served and is champion no longer in MLflow"
    if last and last.outcome.startswith(GATE_FAILED):
        return last.outcome.removeprefix(GATE_FAILED).removeprefix(f"{model.name}: ")
    return "no model was trained yet"
