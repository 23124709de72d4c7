"""A withdrawal takes a person out of every table of results, of past dates too, and nobody else; giving consent brings them back."""

from __future__ import annotations

import importlib
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import functions as F

from features.shop_rows import happened, item, line, person, rows
from footfall.contract import Table
from footfall.contract.frames import conform
from footfall.models.aspects.model import AspectModel
from footfall.models.common.gates import Role, Verdict
from footfall.models.common.text_head import Softmax, TextHead
from footfall.models.common.trained import Served, Trained
from footfall.models.sentiment.model import SentimentModel
from footfall.privacy.pseudonyms import MintKey
from footfall.registry.registry import Registry
from footfall.runtime.cli import Job
from footfall.runtime.permissions import permissions_step
from footfall.runtime.runner import Runner
from footfall.runtime.training import encoder_fingerprint
from footfall.settings import MlflowSettings, resolve
from footfall.steps.step import Output, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import (
    CLAUSE_VECTORS,
    CONSENTS,
    DAILY_ACTIVITY,
    IDENTITIES,
    ITEM_FEATURES,
    ITEM_OPINIONS,
    ITEMS,
    ORDER_LINES,
    REVIEWS,
    TEXT_ASPECTS,
    TEXT_INSIGHTS,
    TEXT_VECTORS,
    USER_FEATURES,
    USER_OPINIONS,
    USER_PROFILES,
    USER_SCORES,
)  # fmt: skip
from mlflow_file import fresh_mlflow
from runtime.numbers_shared import Killed
from runtime.test_scoring_news import ASPECTS
from text.conftest import make_tiny

ROOT = Path(__file__).resolve().parents[2]
TUESDAY = date(2017, 7, 4)
SHOP = {"churn.horizon_days": 7, "features.training_dates": 1, "features.training_step_weeks": 1}
SHOP |= {"sources.mappings": ["conf/sources/simulated.yaml"], "run.at_once": 1}
TINY = {"prefix": "", "max_tokens": 16, "max_parts": 1, "overlap_tokens": 0, "tokens_per_batch": 64, "tasks": 1}
BY_PERSON = (USER_FEATURES, USER_SCORES, USER_PROFILES, USER_OPINIONS)
BY_ACTOR = (DAILY_ACTIVITY, TEXT_INSIGHTS, TEXT_ASPECTS)
BY_TEXT = (TEXT_VECTORS, CLAUSE_VECTORS)
BY_ITEM = (ITEM_FEATURES, ITEM_OPINIONS)
STAGES = ("featurize", "understand_text", "score")
FEW_MODELS = ("score_segments", "score_topics", "score_text_topics")  # nothing serves for them in this shop
SOME: dict[str, Any] = {"string": "some", "int": 1, "boolean": False, "decimal(18,4)": Decimal(1)}
PURPOSES = ("analytics", "profiling", "text")
ANN = ("web", "card")  # her two identifiers


class Shop:
    """A lake whose refined tables a test fills itself, and the jobs behind them as one run."""

    def __init__(self, lake: Lake, folder: Path) -> None:
        self.lake, self.encoder = lake, make_tiny(folder / "bert", "bert")
        self.mlflow = MlflowSettings(tracking_uri=fresh_mlflow(folder), artifact_root=str(folder), experiment="shop")
        self.registry = Registry.open(self.mlflow)

    def job(self, as_of: date = TUESDAY, **changed: Any) -> Job:
        """A job on the day; `changed` are settings."""
        text = {f"text.{key}": value for key, value in TINY.items()} | {"text.encoder": str(self.encoder)}
        settings = resolve(ROOT / "conf", "local", {**SHOP, **text, "text.number_type": "fp32", **changed})
        now = datetime(as_of.year, as_of.month, as_of.day, 12, tzinfo=UTC)
        books = Books(self.lake, owner=Owner.this_process(), now=now)
        return Job(
            settings.model_copy(update={"mlflow": self.mlflow}), as_of, now, self.lake.spark, self.lake, books,
            self.registry, MintKey(bytes(32)), Namespace(model=[]),
        )  # fmt: skip

    def put(self, table: Table, *new: dict[str, Any]) -> None:
        """Adds rows to a refined table, as refine does."""
        filled = [{c.name: SOME.get(c.type) for c in table.columns if c.required} | row for row in new]
        output = Output(table, conform(rows(self.lake.spark, table, *filled).drop("batch_id"), table))
        step = Step(f"refine_{table.name}", (), (table.full_name,), lambda _: StepResult([output]), values={"r": new})
        self._run(self.job(), [step])

    def consents(self, is_given: bool, *purposes: str, minute: int, actor: str = "card") -> None:
        """Ann says so by her card, for which she is known, or another actor."""
        at = happened(1, of=TUESDAY)
        at["event_time"] = at["known_at"] = at["event_time"] + timedelta(minutes=minute)
        self.put(CONSENTS, *({"actor_id": actor, "purpose": p, "is_given": is_given, **at} for p in purposes))

    def run(self, *stages: str, as_of: date = TUESDAY, owner: Owner | None = None) -> None:
        """Runs the steps behind refine, in this process or as another one."""
        job = self.job(as_of)
        job = replace(job, books=Books(self.lake, owner=owner or Owner.this_process(), now=job.now))
        steps = [step for stage in stages or STAGES for step in importlib.import_module(f"jobs.{stage}").steps(job)]
        self._run(job, [permissions_step(job), *(s for s in steps if s.name not in FEW_MODELS)])

    def _run(self, job: Job, steps: Sequence[Step]) -> None:
        Runner(self.lake, job.books, say=print, champions=self.registry).run(steps)

    def crown(self, name: str, fitted: Any) -> None:
        """The model serves from now on."""
        version = Trained(
            name=name, model=Served(fitted), features=(("vector", "double"),), predictions=(("p", "double"),),
            feature_version=fitted.feature_version, parameters={}, metrics={},
            verdict=Verdict(Role.LEARNER, "vectors", ()), evaluation={},
        )  # fmt: skip
        self.registry.promote(name, self.registry.record(version, tables={}, step=f"train_{name}"))

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """The rows that readers see, less the batch; daily_activity summed, since a day may be written anew."""
        frame = self.lake.read(table.full_name).drop("batch_id")
        return sorted((row.asDict(recursive=True) for row in frame.collect()), key=repr)

    def state(self) -> Mapping[str, list[dict[str, Any]]]:
        """The rows of all tables of results, by the table's name."""
        return {table.name: self.rows(table) for table in (*BY_PERSON, *BY_ACTOR, *BY_TEXT, *BY_ITEM)}

    def ledger(self, step: str) -> list[tuple[int, dict[str, int] | None]]:
        """(rows skipped, reasons) of the step's newest lines."""
        ledger = self.lake.read("books.ledger").where(F.col("step") == step)
        newest = ledger.agg(F.max("batch_id")).collect()[0][0]
        kept = ledger.where(F.col("batch_id") == newest).collect()
        return [(row["rows_skipped"], row["skipped_reasons"]) for row in kept]


def review(name: str, actor: str, days_before: int, text: str) -> dict[str, Any]:
    return {"review_id": name, "actor_id": actor, "item_id": "milk", "text": text, "text_id": text.strip().lower(),
            **happened(days_before, of=TUESDAY)}  # fmt: skip


@pytest.fixture
def shop(lake: Lake, tmp_path: Path) -> Shop:
    """Ann, who is web and card, and Bob bought and wrote; one text is both theirs."""
    own = Shop(lake, tmp_path)
    own.put(IDENTITIES, *(person(actor, "ann") for actor in ANN), person("bob"))
    own.put(ITEMS, item("milk", "DAIRY", "MILK"))
    sales = [("a1", "web", 40), ("a2", "card", 12), ("a3", "web", 3), ("b1", "bob", 30), ("b2", "bob", 2)]
    own.put(ORDER_LINES, *(line(order, actor, happened(days, of=TUESDAY)) for order, actor, days in sales))
    own.put(
        REVIEWS, review("r1", "web", 25, "ok hers"), review("r2", "card", 5, "ok"), review("r3", "bob", 6, "ok"),
        review("r4", "bob", 4, "no"),
    )  # fmt: skip
    own.put(CONSENTS, {"actor_id": "bob", "purpose": "text", "is_given": True, **happened(9, of=TUESDAY)})
    own.run("understand_text")
    encoder = encoder_fingerprint(own.job())
    head = TextHead(("negative", "positive"), Softmax(np.vstack([np.zeros(16), np.ones(16)]), np.zeros(2)), None, None)
    own.crown("sentiment", SentimentModel("vectors", encoder, head))
    own.crown("aspects", _aspects(encoder))
    return own


def _aspects(encoder: str) -> AspectModel:
    return replace(ASPECTS, feature_version=encoder, of_vectors=Softmax(np.zeros((1, 16)), np.zeros(1)))


@pytest.mark.slow
def test_who_withdraws_is_gone_from_all_results_of_all_dates_and_comes_back_with_a_new_consent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run(as_of=TUESDAY - timedelta(days=1))
    shop.run()
    before = shop.state()
    assert {row["user_id"] for table in BY_PERSON for row in before[table.name]} == {"ann", "bob"}
    assert {row["as_of_date"] for row in before["user_scores"]} == {TUESDAY - timedelta(days=1), TUESDAY}

    shop.consents(False, *PURPOSES, minute=0)
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "remove", lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):  # between the two commits of daily_activity
            shop.run(owner=replace(Owner.this_process(), token="dead", started="1"))
    shop.run()
    after = shop.state()
    for table in BY_PERSON:  # bit for bit, past dates too
        others = [row for row in before[table.name] if row["user_id"] != "ann" and _stays(table, row["as_of_date"])]
        changed = {"spending_power", "price_sensitivity", "value_class", "interests"}  # beside what others do
        assert _less(after[table.name], changed) == _less(others, changed), table.name
    for table in BY_ACTOR:
        assert after[table.name] == [row for row in before[table.name] if row["actor_id"] not in ANN], table.name
    for table in BY_TEXT:
        assert after[table.name] == [row for row in before[table.name] if row["text_id"] != "ok hers"], table.name
    buyers = {(row["as_of_date"], row["buyer_count_90d"]) for row in after["item_features"]}
    assert {count for _, count in buyers} == {1}
    assert shop.ledger("daily_activity") == [(0, None)]
    assert shop.ledger("user_features") == [(2, {"no_consent": 2})]  # identifiers
    assert shop.ledger("score_documents") == [(2, {"no_consent": 2})]  # reviews

    shop.consents(True, *PURPOSES, minute=1)
    shop.run()
    again = shop.state()
    today = {name: [row for row in state if row.get("as_of_date") in (None, TUESDAY)] for name, state in again.items()}
    for name, state in before.items():
        assert today[name] == [row for row in state if row.get("as_of_date") in (None, TUESDAY)], name
    wanted = [row for row in before["user_features"] if row["as_of_date"] != TUESDAY - timedelta(days=1)]
    assert (
        again["user_features"] == wanted
    )  # what she did on Monday's date is news, and nobody wants that date any more

    for actor in ("card", "bob"):
        shop.consents(False, *PURPOSES, minute=2, actor=actor)
    shop.run()
    assert {name: state for name, state in shop.state().items() if state} == {}  # nobody is left


def _stays(table: Table, as_of: date) -> bool:
    """Opinions about items count everybody, and are made with those of people: a date that nobody wants is dropped."""
    return table is not USER_OPINIONS or as_of == TUESDAY


def _less(states: Sequence[Mapping[str, Any]], columns: set[str]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key not in columns} for row in states]
