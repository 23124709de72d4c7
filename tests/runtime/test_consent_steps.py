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
from pyspark.sql import SparkSession

from features.shop_rows import happened, line, person, rows
from footfall.contract import Table, Written
from footfall.contract.frames import conform
from footfall.docs.declared import Absent, declaring_job
from footfall.errors import SettingsError
from footfall.models import MODELS
from footfall.privacy.pseudonyms import MintKey
from footfall.runtime import consent
from footfall.runtime.activity import daily_activity_step
from footfall.runtime.cli import Job
from footfall.runtime.consent import People
from footfall.runtime.permissions import consent_of, permissions_step
from footfall.runtime.runner import Runner
from footfall.runtime.training import train_step
from footfall.settings import resolve
from footfall.steps.step import Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import BY_NAME, CONSENTS, DAILY_ACTIVITY, IDENTITIES, ORDER_LINES, PERMISSIONS, USER_FEATURES
from runtime.numbers_shared import Killed

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
        return self.counted()

    def counted(self) -> list[tuple[str, date, int]]:
        """The same of the newest version, whether its batch is closed or not."""
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


def test_what_was_counted_of_who_withdraws_leaves_and_comes_back_with_the_consent(
    shop: ConsentLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = _orders(("web", 9), ("card", 8), ("bob", 7))
    assert shop.count() == everybody

    shop.say("card", 0, is_given=False)
    shop.put(ORDER_LINES, line("o4", "web", happened(3, of=DAY)), line("o5", "bob", happened(2, of=DAY)))
    with monkeypatch.context() as patch:
        patch.setattr(consent, "MOST_KEYS", 0)  # too many to be named
        _die(monkeypatch, shop, is_removed=False)
        assert shop.counted() == sorted([*everybody, *_orders(("bob", 2))])  # what is new was added before
        assert shop.count() == _orders(("bob", 7), ("bob", 2))

    shop.say("web", 1, is_given=True)  # by her other identifier
    shop.say("bob", 24 * 60 + 1, is_given=False)  # a minute after now
    assert shop.count() == sorted([*everybody, *_orders(("web", 3), ("bob", 2))])
    tomorrow = shop.job(NOW + timedelta(days=1))
    assert shop.count(tomorrow) == _orders(("web", 9), ("card", 8), ("web", 3))
    version = shop.lake.version(PERMISSIONS.full_name)

    opt_in = {"consent.analytics": "withheld"}
    shop.put(IDENTITIES, person("eve"))
    shop.say("bob", -59, is_given=True)  # before he withdrew it
    shop.put(ORDER_LINES, line("o6", "eve", happened(1, of=DAY)))
    _die(monkeypatch, shop, shop.job(NOW + timedelta(days=1), **opt_in), is_removed=True)
    assert shop.count(shop.job(NOW + timedelta(days=1), **opt_in)) == _orders(("web", 9), ("card", 8), ("web", 3))
    assert shop.lake.version(PERMISSIONS.full_name) == version  # as they were
    assert shop.count(shop.job(NOW + timedelta(days=1))) == _orders(("web", 9), ("card", 8), ("web", 3), ("eve", 1))


def _die(monkeypatch: pytest.MonkeyPatch, shop: ConsentLake, job: Job | None = None, *, is_removed: bool) -> None:
    """Counts, and dies before rows are removed, or once they are."""
    remove, job = Lake.remove, job or shop.job()
    dead = replace(Owner.this_process(), token="dead", started="1")

    def killed(*values: Any, **options: Any) -> None:
        if is_removed:
            remove(*values, **options)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "remove", killed)
        with pytest.raises(Killed):
            shop.count(replace(job, books=Books(shop.lake, owner=dead, now=job.now)))


def test_permissions_are_looked_at_again_once_who_is_who_begins_or_ends_to_hold(shop: ConsentLake) -> None:
    hour = NOW + timedelta(hours=1)
    shop.put(IDENTITIES, person("app", known_to=hour), person("app", "ann", known_from=hour))
    before, then, later = (
        permissions_step(shop.job(NOW + timedelta(hours=hours))).fingerprint({}) for hours in (0.9, 1, 2)
    )
    assert before != then
    assert then == later


def test_no_model_is_trained_on_rows_of_people_who_withhold_profiling(spark: SparkSession) -> None:
    step, ann = train_step(_declared(), MODELS["churn"]), {"actor_id": "web", "user_id": "ann", "is_former": False}
    frames = {read.name: rows(spark, BY_NAME[read.name]) for read in step.reads}
    frames[USER_FEATURES.full_name] = rows(spark, USER_FEATURES, {"user_id": "ann"}, {"user_id": "bob"})
    frames[PERMISSIONS.full_name] = rows(spark, PERMISSIONS, ann | {"profiling": False})
    consented = People(step, frames).consented[USER_FEATURES.full_name]
    assert [row["user_id"] for row in consented.collect()] == ["bob"]


def test_refine_skips_by_consent_only_where_it_makes_a_table_anew_since_others_are_the_same_in_any_order() -> None:
    steps = importlib.import_module("jobs.refine").steps(_declared())
    reading = {step.name for step in steps if any(read.name == PERMISSIONS.full_name for read in step.reads)}
    assert reading == {"refine_users"}


def _declared() -> Job:
    """A job of the simulated shop, which has consents, without a lake."""
    return replace(declaring_job(CONF), settings=resolve(CONF, "local", SHOP))


def test_a_default_of_withheld_in_a_shop_that_brings_no_consents_is_refused_in_words() -> None:
    job = declaring_job(CONF)
    assert consent_of(job, "text") is None
    assert all(s.consent is None for s in importlib.import_module("jobs.featurize").steps(job))
    never = replace(job, settings=resolve(CONF, "local", {"consent.text": "withheld"}))
    with pytest.raises(SettingsError, match=r"consent\.text is withheld where nobody(.|\n)*docs/consent\.md"):
        consent_of(never, "text")
