"""Steps that declare consent: what is counted by day follows each change exactly, and no model learns from who withholds it."""

from __future__ import annotations

import importlib
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from features.shop_rows import happened, line, person, rows
from footfall.contract import Table, Written
from footfall.contract.frames import conform
from footfall.docs.declared import Absent, declaring_job
from footfall.errors import SettingsError
from footfall.models import MODELS
from footfall.models.common.declaration import imported
from footfall.privacy.pseudonyms import MintKey
from footfall.runtime import consent
from footfall.runtime.activity import daily_activity_step
from footfall.runtime.cli import Job
from footfall.runtime.permissions import consent_of, permissions_step
from footfall.runtime.runner import Runner
from footfall.runtime.training import train_step, training_run
from footfall.settings import resolve
from footfall.steps.step import Frames, Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import CONSENTS, DAILY_ACTIVITY, IDENTITIES, ORDER_LINES, PERMISSIONS, USER_FEATURES

CONF = Path(__file__).resolve().parents[2] / "conf"
DAY = date(2017, 7, 4)
NOW = datetime(2017, 7, 4, 12, tzinfo=UTC)
SHOP = {"sources.mappings": ["conf/sources/simulated.yaml"], "churn.horizon_days": 7}
SHOP |= {"features.training_dates": 1, "features.training_step_weeks": 1}


class ConsentLake:
    """A lake whose refined tables a test fills itself."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def job(self, now: datetime = NOW, **settings: Any) -> Job:
        """A job at that moment."""
        books, registry = Books(self.lake, owner=Owner.this_process(), now=now), _NoModels()
        own: Any = resolve(CONF, "local", {**SHOP, **settings})
        spark, lake = self.lake.spark, self.lake
        return Job(own, DAY, now, spark, lake, books, registry, MintKey(bytes(32)), Namespace(model=[]))  # type: ignore[arg-type]

    def run(self, job: Job, *steps: Step) -> list[str]:
        """Runs the steps; returns their lines."""
        lines: list[str] = []
        Runner(self.lake, job.books, say=lines.append).run(steps)
        return lines

    def put(self, table: Table, *new: dict[str, Any]) -> None:
        """Adds rows, as the step that writes the table does."""
        usual: dict[str, Any] = {"string": "some", "bigint": 0, "double": 0.0, "boolean": False}
        filled = [{c.name: usual.get(c.type, Decimal(0)) for c in table.columns if c.required} | row for row in new]
        frame = conform(rows(self.lake.spark, table, *filled).drop("batch_id"), table)
        dates = sorted({row["as_of_date"] for row in new}) if table.written is Written.REPLACE_AS_OF else ()
        output = StepResult([Output(table, frame, as_of=dates)])
        self.run(self.job(), Step(f"put_{table.name}", (), (table.full_name,), lambda _: output, values={"r": new}))

    def say(self, actor: str, minute: int, *, is_given: bool, purposes: Sequence[str] = ("analytics",)) -> None:
        """The actor gives or withdraws consent, so many minutes before noon of the day before now if below 0, else after it."""
        at = NOW - timedelta(days=1) + timedelta(minutes=minute)
        clocks = {"event_time": at, "event_date": at.date(), "known_at": at}
        self.put(CONSENTS, *({"actor_id": actor, "purpose": p, "is_given": is_given, **clocks} for p in purposes))

    def count(self, job: Job | None = None) -> list[tuple[str, date, int]]:
        """Runs the steps up to daily_activity; (actor, day, orders) of all its rows."""
        job = job or self.job()
        self.run(job, permissions_step(job), daily_activity_step(job))
        rows_now = self.lake.read(DAILY_ACTIVITY.full_name).collect()
        return sorted((row["actor_id"], row["event_date"], row["order_count"]) for row in rows_now)


class _NoModels(Absent):
    def __init__(self) -> None:
        super().__init__("registry")

    def champion_version(self, _: str) -> str:
        """None serves."""
        return ""


@pytest.fixture
def shop(lake: Lake) -> ConsentLake:
    """Ann, who is web and card, and Bob, who bought on three days."""
    own = ConsentLake(lake)
    own.put(IDENTITIES, person("web", "ann"), person("card", "ann"), person("bob"))
    sales = [("o1", "web", 9), ("o2", "card", 8), ("o3", "bob", 7)]
    own.put(ORDER_LINES, *(line(order, actor, happened(days, of=DAY)) for order, actor, days in sales))
    own.say("bob", -60, is_given=True)
    return own


def _orders(*sales: tuple[str, int]) -> list[tuple[str, date, int]]:
    return sorted((actor, DAY - timedelta(days=days), 1) for actor, days in sales)


@pytest.mark.parametrize("most_keys", [1000, 0])
def test_what_was_counted_of_who_withdraws_leaves_and_comes_back_with_the_consent(
    shop: ConsentLake, monkeypatch: pytest.MonkeyPatch, most_keys: int
) -> None:
    monkeypatch.setattr(consent, "MOST_KEYS", most_keys)
    everybody = _orders(("web", 9), ("card", 8), ("bob", 7))
    assert shop.count() == everybody

    shop.say("card", 0, is_given=False)
    shop.put(ORDER_LINES, line("o4", "web", happened(3, of=DAY)), line("o5", "bob", happened(2, of=DAY)))
    assert shop.count() == _orders(("bob", 7), ("bob", 2))
    assert shop.run(shop.job(), permissions_step(shop.job()), daily_activity_step(shop.job()))[1].endswith(
        "nothing new"
    )

    shop.say("web", 1, is_given=True)  # by her other identifier
    shop.say("bob", 24 * 60 + 1, is_given=False)  # a minute after now
    assert shop.count() == sorted([*everybody, *_orders(("web", 3), ("bob", 2))])
    tomorrow = shop.job(NOW + timedelta(days=1))
    assert shop.count(tomorrow) == _orders(("web", 9), ("card", 8), ("web", 3))
    opt_in = shop.job(NOW + timedelta(days=1), **{"consent.analytics": "withheld"})
    shop.put(IDENTITIES, person("eve"))
    shop.put(ORDER_LINES, line("o6", "eve", happened(1, of=DAY)))
    assert shop.count(opt_in) == _orders(("web", 9), ("card", 8), ("web", 3))
    assert shop.count(tomorrow) == _orders(("web", 9), ("card", 8), ("web", 3), ("eve", 1))


def test_permissions_that_are_as_they_were_are_not_written_again(shop: ConsentLake) -> None:
    shop.count()
    version = shop.lake.version(PERMISSIONS.full_name)
    shop.put(IDENTITIES, person("eve"))
    shop.say("bob", -59, is_given=True)
    shop.count()
    assert shop.lake.version(PERMISSIONS.full_name) == version


def test_no_model_is_trained_on_rows_of_people_who_withhold_profiling(shop: ConsentLake) -> None:
    trained: list[str] = []
    shop.say("web", 0, is_given=False, purposes=("profiling",))
    job = shop.job()
    known = {"recency_days": 3.0, "as_of_date": job.dates.evaluation}
    shop.put(USER_FEATURES, *({"user_id": user, **known} for user in ("ann", "bob")))
    shop.count()

    def apply(frames: Frames) -> StepResult:
        model = MODELS["churn"]
        run = training_run(job, model, {t.name: frames[t.full_name] for t in model.reads}, job.dates)
        trained.extend(row["user_id"] for row in imported(model.population.rows)(run).collect())
        return StepResult()

    shop.run(shop.job(), replace(train_step(job, MODELS["churn"]), apply=apply))
    assert trained == ["bob"]


def test_a_default_of_withheld_in_a_shop_that_brings_no_consents_is_refused_in_words() -> None:
    job = declaring_job(CONF)
    assert consent_of(job, "text") is None
    assert all(s.consent is None for s in importlib.import_module("jobs.featurize").steps(job))
    never = replace(job, settings=resolve(CONF, "local", {"consent.text": "withheld"}))
    with pytest.raises(SettingsError, match=r"consent\.text is withheld where nobody(.|\n)*docs/consent\.md"):
        consent_of(never, "text")
