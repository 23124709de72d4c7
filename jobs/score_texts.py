"""Applies the champions that read texts: what documents say, which topics rise, what people think. A part of score; runs alone too."""

import sys
from typing import Any

from footfall.features.opinions import item_opinions, user_opinions
from footfall.models.aspects import model as aspects
from footfall.models.aspects.scoring import aspects_of
from footfall.models.common import documents as insights
from footfall.models.common.documents import DocumentModel
from footfall.models.intents import training as intents
from footfall.models.sentiment import training as sentiment
from footfall.models.topics import training as topics
from footfall.models.topics.rising import text_topics
from footfall.runtime.cli import Job, main
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import (
    CLAUSE_VECTORS,
    IDENTITIES,
    ITEM_OPINIONS,
    TEXT_ASPECTS,
    TEXT_INSIGHTS,
    TEXT_TOPICS,
    TEXT_VECTORS,
    USER_OPINIONS,
)
from jobs.train_texts import RISING, written
from jobs.understand_text import WRITTEN

CODE = ("footfall.models", "footfall.text.normal")
SAYS = {  # of a document; a model without a champion says nothing, and without the first there are no insights
    sentiment.NAME: ("sentiment", *sentiment.PROBABILITIES),
    topics.NAME: ("topic_id", "topic_similarity"),
    intents.NAME: ("intent", "intent_probability"),
}
KINDS = {intents.NAME: (insights.TICKET,)}


def steps(job: Job) -> list[Step]:
    """What each document and clause says, then what that comes to; none where no source brings anything written."""
    makers = (_insights, _aspects, _topics, _opinions)
    return [make(job) for make in makers] if any(job.feeds(table) for table in WRITTEN) else []


def _insights(job: Job) -> Step:
    def apply(frames: Frames) -> StepResult:
        vectors = frames[TEXT_VECTORS.full_name]
        names = [name for name in SAYS if job.registry.champion_version(name)]
        if sentiment.NAME not in names:
            return StepResult()
        champions = {name: job.champion(name, step="text_insights") for name in names}
        first = champions[sentiment.NAME]
        insights.require_read(vectors, first.model, model_version=first.version)
        readers = [
            DocumentModel(found.model, found.version, SAYS[name], KINDS.get(name, insights.KINDS))
            for name, found in champions.items()
        ]
        return StepResult([Output(TEXT_INSIGHTS, insights.text_insights(written(frames), vectors, readers=readers))])

    reads = tuple(Read(table.full_name) for table in (*WRITTEN, TEXT_VECTORS))
    return Step("text_insights", reads, (TEXT_INSIGHTS.full_name,), apply, CODE, models=tuple(SAYS))


def _aspects(job: Job) -> Step:
    def apply(frames: Frames) -> StepResult:
        if not all(job.registry.champion_version(name) for name in (aspects.NAME, sentiment.NAME)):
            return StepResult()
        found, mood = (job.champion(name, step="text_aspects") for name in (aspects.NAME, sentiment.NAME))
        told = aspects_of(
            written(frames), frames[CLAUSE_VECTORS.full_name], aspects=found.model, sentiment=mood.model,
            model_version=found.version,
        )  # fmt: skip
        return StepResult([Output(TEXT_ASPECTS, told)])

    reads = tuple(Read(table.full_name) for table in (*WRITTEN, CLAUSE_VECTORS))
    return Step("text_aspects", reads, (TEXT_ASPECTS.full_name,), apply, CODE, models=(aspects.NAME, sentiment.NAME))


def _topics(job: Job) -> Step:
    asked, dates = job.settings.topics.model_dump(include=set(RISING)), _dates(job)

    def apply(frames: Frames) -> StepResult:
        if not job.registry.champion_version(topics.NAME):
            return StepResult()
        told = text_topics(
            text_insights=frames[TEXT_INSIGHTS.full_name], identities=frames[IDENTITIES.full_name],
            model_version=job.champion(topics.NAME, step="text_topics").version, **asked, **dates,
        )  # fmt: skip
        return StepResult([Output(TEXT_TOPICS, told, as_of=dates["dates"])])

    reads, values = tuple(Read(t.full_name) for t in (TEXT_INSIGHTS, IDENTITIES)), {**asked, **dates}
    return Step(
        "text_topics",
        reads,
        (TEXT_TOPICS.full_name,),
        apply,
        (*CODE, "footfall.features"),
        values,
        models=(topics.NAME,),
    )


def _opinions(job: Job) -> Step:
    tables, dates = (TEXT_INSIGHTS, TEXT_ASPECTS, IDENTITIES), _dates(job)

    def apply(frames: Frames) -> StepResult:
        told = {table.name: frames[table.full_name] for table in tables} | dates
        made = ((USER_OPINIONS, user_opinions), (ITEM_OPINIONS, item_opinions))
        return StepResult([Output(table, make(**told), as_of=dates["dates"]) for table, make in made])

    reads, writes = tuple(Read(t.full_name) for t in tables), (USER_OPINIONS.full_name, ITEM_OPINIONS.full_name)
    return Step("opinions", reads, writes, apply, ("footfall.features",), dates)


def _dates(job: Job) -> dict[str, Any]:
    return {"dates": (job.as_of,), "time_zone": job.settings.shop.time_zone}


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
