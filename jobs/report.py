"""Puts the results on one web page that needs no network, and prints a summary of the run in words."""

import sys
from collections.abc import Mapping

from footfall import __version__
from footfall.report.data import ReportData, ReportShop, TableVersion
from footfall.report.looks import looks
from footfall.report.questions import READS, answers
from footfall.report.serving import scoring_models, versions_in_use
from footfall.runtime.cli import Job, main
from footfall.runtime.scoring import no_model_reasons
from footfall.steps.step import ALL_BEFORE, Frames, Read, Step, StepResult
from footfall.storage.batch import Pin
from footfall.storage.text_files import read_text, require_writable_kind, with_suffix, write_text
from footfall.tables import LEDGER, USER_PROFILES

NAME, EXAMPLES = "report", 3  # reviews shown of each sentiment and language


def steps(job: Job) -> list[Step]:
    """One step, which runs again where its page is gone."""
    settings, page, text = job.settings, job.settings.report.path, _summary_file(job)
    require_writable_kind(page, setting="report.path")
    about = {source.source: source.about for source in job.settings.all_sources}

    def apply(frames: Frames) -> StepResult:
        from footfall.report.page import render  # plotly and jinja2: half a second, only where a page is made
        from footfall.report.summary import summary

        data = _report_data(job, frames, about)
        write_text(page, render(data))
        write_text(text, summary(data, lake=settings.lake.catalog or settings.lake.root, page=page))
        return StepResult()

    values = {"report": settings.report, "as_of": job.as_of, "shop": settings.shop, "about": about, "looks": looks()}
    reads, files = tuple(Read(table.full_name) for table in READS), (page, text)
    code, after, models = ("footfall.report",), (ALL_BEFORE,), tuple(scoring_models())
    reasons = {"no_model_reasons": lambda: no_model_reasons(job, models)}
    return [Step(NAME, reads, (), apply, code, values, models=models, after=after, makes=files, run_values=reasons)]


def ending(job: Job) -> None:
    """Prints the summary of the page, whether this run made it or it was there before."""
    print(f"\n{read_text(_summary_file(job))}")


def _summary_file(job: Job) -> str:
    return with_suffix(job.settings.report.path, ".txt")


def _report_data(job: Job, frames: Frames, about: Mapping[str, str]) -> ReportData:
    settings, shop = job.settings.report, job.settings.shop
    ledger, examples = job.lake.read(LEDGER.full_name), EXAMPLES if settings.show_texts else 0
    results = answers(
        frames, ledger=ledger, as_of=job.as_of, time_zone=shop.time_zone, portraits=settings.portraits, examples=examples,
        is_scored=job.lake.versions.has_replaced(USER_PROFILES.full_name, job.as_of),
    )  # fmt: skip
    versions, batch = versions_in_use(results["model_versions"]), job.books.unfinished(NAME)
    return ReportData(
        shop=ReportShop(shop.name, shop.time_zone, shop.currency), as_of=job.as_of, created_at=job.now,
        horizon_days=job.settings.churn.horizon_days,
        evaluations={model: job.registry.load_evaluation(model, number) for model, number in versions.items()},
        no_model_reasons=no_model_reasons(job, scoring_models()),
        sources=about, tables=_tables(job, batch.inputs if batch else {}), code_version=__version__,
        batch_id=batch.batch_id if batch else 0, **results,
    )  # fmt: skip


def _tables(job: Job, inputs: Mapping[str, str]) -> list[TableVersion]:
    """The tables as the batch pinned them; tables that nothing was written to yet are left out."""
    pinned = {name: Pin.parse(pin) for name, pin in inputs.items() if pin and not name.startswith("model:")}
    row_counts = {name: pin.rows for name in pinned if (pin := job.books.pin(name))}
    return [TableVersion(n, pin.version, pin.batch_id, row_counts.get(n, 0)) for n, pin in sorted(pinned.items())]


if __name__ == "__main__":
    sys.exit(main(__doc__, steps, ending=ending))
