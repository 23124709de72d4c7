"""The job: it writes the page once, again only where something is new or the page is gone, and prints the summary."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from footfall.docs.declared import NOW, declaring_job
from footfall.errors import DataError, SettingsError
from footfall.registry.registry import Registry
from footfall.runtime.cli import Job
from footfall.runtime.runner import Runner
from footfall.steps.step import Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import USER_PROFILES
from jobs import report
from mlflow_file import fresh_mlflow

CONF = Path(__file__).resolve().parents[2] / "conf"
DAY = date(2018, 1, 1)


def job_with(page: str, **others: Any) -> Job:
    """A job of conf/base.yaml whose page is in another place."""
    plain = declaring_job(CONF)
    settings = plain.settings.report.model_copy(update={"path": page})
    return dataclasses.replace(plain, settings=plain.settings.model_copy(update={"report": settings}), **others)


def score_somebody(lake: Lake, *, people_count: int = 6) -> Step:
    """A step that writes six portraits; of people who withdrew it writes none."""
    known = {"as_of_date": DAY, "value_class": "loyal", "net_amount_365d": Decimal(9), "order_count_365d": 1,
             "review_count": 0, "model_versions": []}  # fmt: skip
    people = [known | {"user_id": f"person{number}"} for number in range(people_count)]
    rows = [tuple(person.get(name) for name in USER_PROFILES.column_names) for person in people]
    profiles = lake.spark.createDataFrame(rows, USER_PROFILES.schema())
    result = StepResult([Output(USER_PROFILES, profiles, as_of=(DAY,))])
    values = {"people_count": people_count}
    return Step("score", (), (USER_PROFILES.full_name,), lambda _: result, values=values)


def test_the_page_is_made_once_and_again_where_it_is_gone(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    page = tmp_path / "site" / "index.html"
    books = Books(lake, owner=Owner.this_process(), now=NOW)
    place = fresh_mlflow(tmp_path)
    job = job_with(str(page), as_of=DAY, lake=lake, books=books, registry=Registry(place, str(tmp_path), "test"))
    lines: list[str] = []
    runner = Runner(lake, books, say=lines.append, champions=job.registry)
    runner.run([score_somebody(lake), *report.steps(job)])
    first = page.read_text(encoding="utf-8")
    assert "results.user_profiles" in first
    assert "Churn: no results, since no model was trained yet." in first  # portraits and page need no model
    runner.run(report.steps(job))
    page.unlink()
    runner.run(report.steps(job))
    assert page.exists()
    assert ["nothing new" in line for line in lines] == [False, False, True, False]
    report.ending(job)
    assert "example shop, as of 1 January 2018" in capsys.readouterr().out
    assert '<article class="card">' in page.read_text(encoding="utf-8")
    runner.run([score_somebody(lake, people_count=0), *report.steps(job)])
    assert '<article class="card">' not in page.read_text(encoding="utf-8")
    with pytest.raises(DataError, match="nobody is in"):
        runner.run(report.steps(dataclasses.replace(job, as_of=DAY + timedelta(days=1))))


def test_a_page_that_could_not_be_written_is_refused_before_anything_runs():
    with pytest.raises(SettingsError, match=r"report\.path is hdfs://somewhere/index\.html"):
        report.steps(job_with("hdfs://somewhere/index.html"))
