"""Applies the champions that read texts: what each review and ticket says. A part of jobs/score.py that also runs alone."""

import sys

from footfall.cli import Job, main
from footfall.models import insights, sentiment
from footfall.models.insights import Reader
from footfall.step import Frames, Made, Output, Read, Step
from footfall.tables import REVIEWS, TEXT_INSIGHTS, TEXT_VECTORS, TICKETS

CODE = ("footfall.models",)
WRITTEN = (REVIEWS, TICKETS)


def steps(job: Job) -> list[Step]:
    """Insights first; none where no source brings anything written."""
    return [_insights(job)] if any(job.feeds(table) for table in WRITTEN) else []


def _insights(job: Job) -> Step:
    def apply(frames: Frames) -> Made:
        found, vectors = job.champion(sentiment.NAME, step="text_insights"), frames[TEXT_VECTORS.full_name]
        insights.require_read(vectors, found.model, model_version=found.version)
        readers = [Reader(found.model, found.version, ("sentiment", *sentiment.PROBABILITIES))]
        written = insights.documents(**{table.name: frames[table.full_name] for table in WRITTEN})
        return Made([Output(TEXT_INSIGHTS, insights.text_insights(written, vectors, readers=readers))])

    reads = tuple(Read(table.full_name) for table in (*WRITTEN, TEXT_VECTORS))
    return Step("text_insights", reads, (TEXT_INSIGHTS.full_name,), apply, CODE, models=(sentiment.NAME,))


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
