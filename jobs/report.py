"""Puts the results on one web page that needs no network, and tells in words what came of a run."""

import sys
from collections.abc import Mapping
from pathlib import Path

from footfall import __version__
from footfall.errors import SettingsError
from footfall.report.facts import ReportData, ReportShop, TableVersion
from footfall.report.page import looks, render, save
from footfall.report.questions import READS, answers
from footfall.report.summary import summary
from footfall.runtime.cli import Job, main
from footfall.steps.step import Frames, Read, Step, StepResult
from footfall.storage.books import Pin
from footfall.tables import LEDGER

NAME, MODELS = "report", ("segments", "churn", "sentiment")
SENTENCES = 3  # reviews shown of each mood and language


def steps(job: Job) -> list[Step]:
    """One step, which runs again where its page is gone."""
    asked, lake = job.settings.report, job.settings.lake
    if "://" in asked.path:
        raise SettingsError(
            f"report.path is {asked.path}: the page is a local file.", fix="Give a path without scheme."
        )
    page, words = Path(asked.path), _words(job)

    def apply(frames: Frames) -> StepResult:
        facts = _facts(job, frames)
        save(page, render(facts))
        save(words, summary(facts, lake=lake.catalog or lake.root, page=str(page)))
        return StepResult()

    values = {"report": asked, "as_of": job.as_of, "shop": job.settings.shop, "about": _about(job), "looks": looks()}
    reads, makes = tuple(Read(table.full_name) for table in READS), (str(page), str(words))
    return [Step(NAME, reads, (), apply, ("footfall.report",), values, models=MODELS, makes=makes)]


def ending(job: Job) -> None:
    """Says in words what the page says, whether this run made it or found it there."""
    print(f"\n{_words(job).read_text(encoding='utf-8')}")


def _words(job: Job) -> Path:
    return Path(job.settings.report.path).with_suffix(".txt")


def _about(job: Job) -> dict[str, str]:
    return {source.source: source.about for source in job.settings.all_sources}


def _facts(job: Job, frames: Frames) -> ReportData:
    asked, shop = job.settings.report, job.settings.shop
    ledger, sentences = job.lake.read(LEDGER.full_name), SENTENCES if asked.show_texts else 0
    found = answers(
        frames, ledger=ledger, as_of=job.as_of, time_zone=shop.time_zone, portraits=asked.portraits, sentences=sentences
    )
    spoke = [version.split("/") for version in found["model_versions"]["model_version"]]
    batch = job.books.unfinished(NAME)
    return ReportData(
        shop=ReportShop(**shop.model_dump()), as_of=job.as_of, made_at=job.now, horizon_days=job.settings.churn.horizon_days,
        evaluations={model: job.registry.load_evaluation(model, number) for model, number in spoke},
        sources=_about(job), tables=_tables(job, batch.inputs if batch else {}), code_version=__version__,
        batch_id=batch.batch_id if batch else 0, **found,
    )  # fmt: skip


def _tables(job: Job, inputs: Mapping[str, str]) -> list[TableVersion]:
    """The tables as the batch pinned them; those that nothing was written to yet are left out."""
    pinned = {name: Pin.parse(pin) for name, pin in inputs.items() if pin and not name.startswith("model:")}
    held = {name: job.books.pin(name) for name in pinned}
    return [TableVersion(n, p.version, p.batch_id, h.rows if (h := held[n]) else 0) for n, p in sorted(pinned.items())]


if __name__ == "__main__":
    sys.exit(main(__doc__, steps, ending=ending))
