"""Texts are read slice by slice: what a killed run read is read, and an encoder that still serves goes on beside the new one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import functions as F

from footfall.contract.frames import conform
from footfall.runtime.runner import Runner
from footfall.settings import resolve
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import LABELLED_TEXTS
from jobs import train_texts, understand_text
from text.conftest import make_tiny

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2024, 3, 1, tzinfo=UTC)
TINY = {"prefix": "", "max_tokens": 16, "max_parts": 1, "overlap_tokens": 0, "tokens_per_batch": 64, "tasks": 1}


class Killed(BaseException):
    """What a test raises in place of kill -9."""


class World:
    """A lake with texts, and jobs over it, each as a process of its own would see the books."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def job(self, encoder: Path, *, owner: Owner | None = None, **changed: Any) -> Any:
        """A job whose settings differ from the base in `text` only."""
        told = {f"text.{key}": value for key, value in {**TINY, "number_type": "fp32", **changed}.items()}
        settings = resolve(ROOT / "conf", "local", {"text.encoder": str(encoder), **told})
        return SimpleNamespace(settings=settings, books=self.books(owner))

    def books(self, owner: Owner | None = None) -> Books:
        """The books as a process that starts now sees them."""
        return Books(self.lake, owner=owner or Owner.this_process(), now=NOW)

    def run(self, job: Any, *, kill_after: int = 0) -> list[str]:
        """Runs the step that reads texts; with `kill_after` it dies when so many batches are closed."""
        said: list[str] = []

        def say(line: str) -> None:
            said.append(line)
            if len(said) == kill_after:
                raise Killed

        Runner(self.lake, job.books, say=say).run(understand_text.steps(job)[:1])
        return said

    def add(self, *texts: str) -> None:
        """A batch of new texts."""

        def apply(_: Frames) -> StepResult:
            rows = self.lake.spark.createDataFrame([(text,) for text in texts], "text string").select(
                "text", F.md5("text").alias("text_id"), F.lit("positive").alias("label"), F.lit(NOW).alias("known_at")
            )
            columns = {c.name: c.type for c in LABELLED_TEXTS.columns}
            rest = [F.lit(None).cast(t).alias(n) for n, t in columns.items() if n not in rows.columns]
            return StepResult([Output(LABELLED_TEXTS, conform(rows.select("*", *rest), LABELLED_TEXTS))])

        step = Step("refine_texts", (Read("refined.reviews"),), (LABELLED_TEXTS.full_name,), apply, values={"t": texts})
        Runner(self.lake, self.books(), say=lambda _: None).run([step])

    def read(self) -> list[Any]:
        """The rows of text_vectors that readers see."""
        pin = self.books().pin("results.text_vectors")
        return self.lake.read("results.text_vectors", pin.version).collect() if pin else []

    def outcomes(self) -> list[str]:
        """How the batches ended that read texts."""
        rows = self.lake.read("books.batches").where("step = 'understand_text_vectors' AND state = 'closed'")
        return [row["outcome"] for row in rows.orderBy("batch_id").collect()]


@pytest.fixture
def world(lake: Lake) -> World:
    made = World(lake)
    made.add(*(letter * (1 + n % 4) for n, letter in enumerate("abcdefghijklmnopqrstuvwxyz")))
    return made


def test_a_run_killed_between_slices_is_gone_on_with_and_no_text_is_read_twice(world: World, tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "bert", "bert")
    with pytest.raises(Killed):
        world.run(world.job(tiny, texts_per_batch=10), kill_after=1)
    kept = {row["text_id"]: row["batch_id"] for row in world.read()}
    assert 0 < len(kept) <= 10
    assert world.outcomes() == ["part"]

    said = world.run(world.job(tiny, texts_per_batch=10))
    rows = world.read()
    assert len(rows) == len({row["text_id"] for row in rows}) == 26
    assert {row["text_id"]: row["batch_id"] for row in rows}.items() >= kept.items()  # as the first run wrote them
    sizes = Counter(row["batch_id"] for row in rows)
    assert max(sizes.values()) <= 10
    assert world.outcomes() == ["part"] * len(said) + ["done"]
    assert len(sizes) == len(said) + 1
    assert world.run(world.job(tiny, texts_per_batch=10))[0].split()[1:] == ["nothing", "new"]


def test_a_slice_that_was_written_and_not_closed_is_not_read_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = make_tiny(tmp_path / "bert", "bert")

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    killed = world.job(tiny, texts_per_batch=10, owner=replace(Owner.this_process(), token="dead", started="1"))
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", die)
        with pytest.raises(Killed):
            world.run(killed)
    assert world.read() == []
    world.run(world.job(tiny, texts_per_batch=10))
    rows = world.read()
    assert len(rows) == len({row["text_id"] for row in rows}) == 26


def test_an_encoder_that_still_serves_reads_todays_texts_before_the_new_one_reads_all_again(
    world: World, tmp_path: Path
) -> None:
    old, new = make_tiny(tmp_path / "bert", "bert"), make_tiny(tmp_path / "roberta", "roberta")
    world.run(world.job(old))
    served = train_texts.encoder_fingerprint(world.job(old))
    world.add("today", "now")

    changed = world.job(new, texts_per_batch=20, serving=[{"encoder": str(old)}])
    with pytest.raises(Killed):
        world.run(changed, kill_after=1)
    assert Counter(row["encoder_fingerprint"] for row in world.read()) == {served: 28}

    world.run(world.job(new, texts_per_batch=20, serving=[{"encoder": str(old)}]))
    wanted = train_texts.encoder_fingerprint(world.job(new))
    assert Counter(row["encoder_fingerprint"] for row in world.read()) == {served: 28, wanted: 28}

    world.add("tomorrow")
    world.run(world.job(new))
    assert Counter(row["encoder_fingerprint"] for row in world.read()) == {served: 28, wanted: 29}


def test_a_blank_text_is_nobodys_work_and_ends_no_loop(world: World, tmp_path: Path) -> None:
    world.add("\u3000", "today")
    old, new = make_tiny(tmp_path / "bert", "bert"), make_tiny(tmp_path / "roberta", "roberta")
    world.run(world.job(new, serving=[{"encoder": str(old)}]))
    assert Counter(Counter(row["text_id"] for row in world.read()).values()) == {2: 27}
