"""Texts are read slice by slice: what a killed run read is read, and an encoder that still serves goes on beside the new one."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from footfall.contract.frames import conform
from footfall.errors import EnvironmentFault, TooFew
from footfall.inference import slices
from footfall.inference.unread import unread_rows
from footfall.privacy.pseudonyms import MintKey
from footfall.registry.registry import Registry
from footfall.runtime.cli import Job
from footfall.runtime.runner import Runner
from footfall.runtime.training import encoder_fingerprint
from footfall.settings import MlflowSettings, resolve
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.storage.books import Books
from footfall.storage.lake import Lake
from footfall.storage.owner import Owner
from footfall.tables import LABELLED_TEXTS
from footfall.text.spec import encoder_specs, require_weights
from jobs import understand_text
from text.conftest import make_tiny

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2024, 3, 1, tzinfo=UTC)
TINY = {"prefix": "", "max_tokens": 16, "max_parts": 1, "overlap_tokens": 0, "tokens_per_batch": 64, "tasks": 1}


DEAD = replace(Owner.this_process(), token="dead", started="1")


class Killed(BaseException):
    """What a test raises in place of kill -9."""


class World:
    """A lake with texts, and jobs over it, each as a process of its own would see the books."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def job(self, encoder: Path, *, owner: Owner | None = None, mapping: str = "", **changed: Any) -> Job:
        """A job whose settings differ from the base in `text` only, and in the source where `mapping` names another."""
        overrides = {f"text.{key}": value for key, value in {**TINY, "number_type": "fp32", **changed}.items()}
        overrides |= {"sources.mappings": [mapping]} if mapping else {}
        settings = resolve(ROOT / "conf", "local", {"text.encoder": str(encoder), **overrides})
        mlflow = MlflowSettings(tracking_uri=f"sqlite:///{self.lake.root}.db", artifact_root="", experiment="texts")
        return Job(
            settings=settings, as_of=date(2024, 3, 1), now=NOW, spark=self.lake.spark, lake=self.lake,
            books=self.books(owner), registry=Registry.open(mlflow), key=MintKey(bytes(32)), options=Namespace(),
        )  # fmt: skip

    def books(self, owner: Owner | None = None) -> Books:
        """The books as a process that starts now sees them."""
        return Books(self.lake, owner=owner or Owner.this_process(), now=NOW)

    def run(self, job: Any, *, kill_after: int = 0) -> list[str]:
        """Runs the step that reads texts; with `kill_after` it dies when so many batches are closed."""
        lines: list[str] = []

        def say(line: str) -> None:
            lines.append(line)
            if len(lines) == kill_after:
                raise Killed

        Runner(self.lake, job.books, say=say).run(understand_text.steps(job)[:1])
        return lines

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
    new_world = World(lake)
    new_world.add(*(letter * (1 + n % 4) for n, letter in enumerate("abcdefghijklmnopqrstuvwxyz")))
    return new_world


def test_a_run_killed_between_slices_is_gone_on_with_and_no_text_is_read_twice(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []  # at all texts, to find those that are unread

    def counted(*arguments: Any, **named: Any) -> Any:
        looks.append(1)
        return unread_rows(*arguments, **named)

    monkeypatch.setattr(slices, "unread_rows", counted)
    tiny = make_tiny(tmp_path / "bert", "bert")
    with pytest.raises(Killed):
        world.run(world.job(tiny, texts_per_batch=10, owner=DEAD), kill_after=1)
    kept = {row["text_id"]: row["batch_id"] for row in world.read()}
    assert 0 < len(kept) <= 10
    assert world.outcomes() == ["part"]
    looks.clear()

    lines = world.run(world.job(tiny, texts_per_batch=10))
    rows = world.read()
    assert len(rows) == len({row["text_id"] for row in rows}) == 26
    assert {row["text_id"]: row["batch_id"] for row in rows}.items() >= kept.items()  # as the first run wrote them
    sizes = Counter(row["batch_id"] for row in rows)
    assert max(sizes.values()) <= 10
    assert world.outcomes() == ["part"] * len(lines) + ["done"]
    assert len(sizes) == len(lines) + 1
    assert len(lines) >= 2
    assert len(looks) == 1
    assert world.lake.spark.read.parquet(world.lake.path("stage.understand_text_vectors")).isEmpty()
    assert world.run(world.job(tiny, texts_per_batch=10))[0].split()[1:] == ["nothing", "new"]


def test_a_slice_that_was_written_and_not_closed_is_not_read_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = make_tiny(tmp_path / "bert", "bert")

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    killed = world.job(tiny, texts_per_batch=10, owner=DEAD)
    with monkeypatch.context() as patch:
        patch.setattr(Books, "close", die)
        with pytest.raises(Killed):
            world.run(killed)
    assert world.read() == []
    world.run(world.job(tiny, texts_per_batch=10))
    rows = world.read()
    assert len(rows) == len({row["text_id"] for row in rows}) == 26


@pytest.mark.slow
def test_an_encoder_that_still_serves_reads_todays_texts_before_the_new_one_reads_all_again(
    world: World, tmp_path: Path
) -> None:
    old, new = make_tiny(tmp_path / "bert", "bert"), make_tiny(tmp_path / "roberta", "roberta")
    world.run(world.job(old))
    served = encoder_fingerprint(world.job(old))
    world.add("today", "now")

    changed = world.job(new, texts_per_batch=20, serving=[{"encoder": str(old)}], owner=DEAD)
    with pytest.raises(Killed):
        world.run(changed, kill_after=1)
    assert Counter(row["encoder_fingerprint"] for row in world.read()) == {served: 28}

    world.run(world.job(new, texts_per_batch=20, serving=[{"encoder": str(old)}]))
    wanted = encoder_fingerprint(world.job(new))
    assert Counter(row["encoder_fingerprint"] for row in world.read()) == {served: 28, wanted: 28}

    world.add("tomorrow")
    world.run(world.job(new))
    assert Counter(row["encoder_fingerprint"] for row in world.read()) == {served: 28, wanted: 29}


def test_a_missing_weights_folder_is_one_error_before_any_step_of_the_run(world: World, tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    job = world.job(absent, serving=[{"encoder": str(tmp_path / "gone")}])
    applied: list[str] = []

    def apply(_: Frames) -> StepResult:
        applied.append("refined")
        return StepResult()

    before = Step("refine_more_texts", (Read("refined.reviews"),), (), apply)
    lines: list[str] = []
    with pytest.raises(EnvironmentFault, match=rf"'{tmp_path / 'gone'}', '{absent}' cannot be loaded(.|\n)*make setup"):
        Runner(world.lake, job.books, say=lines.append).run([before, *understand_text.steps(job)])
    assert (applied, lines, world.outcomes()) == ([], [], [])


@pytest.mark.parametrize("encoder", ["/no/such/folder", "no/such/folder"])
def test_the_driver_of_a_cluster_looks_for_a_relative_folder_only(encoder: str) -> None:
    specs = encoder_specs(resolve(ROOT / "conf", "local", {"text.encoder": encoder}).text.model_dump())
    with nullcontext() if encoder.startswith("/") else pytest.raises(EnvironmentFault, match="no such directory"):
        require_weights(specs, workers_elsewhere=True)


def test_a_lake_without_texts_loads_no_encoder_and_trains_nothing_on_them(lake: Lake, tmp_path: Path) -> None:
    """The folder holds no weights: a worker that looked into it would end the run."""
    world = World(lake)
    job = world.job(tmp_path)
    Runner(lake, job.books, say=lambda _: None).run(understand_text.steps(job))
    assert world.outcomes() == ["done"]
    assert world.read() == []
    with pytest.raises(TooFew, match="no text was read"):
        encoder_fingerprint(world.job(tmp_path))


def test_a_shop_without_texts_has_no_text_stage(world: World, tmp_path: Path) -> None:
    clicks = str(ROOT / "conf" / "sources" / "clickstream.yaml")
    assert understand_text.steps(world.job(tmp_path, mapping=clicks)) == []
    assert [step.name for step in understand_text.steps(world.job(tmp_path, mapping=labels_only(tmp_path)))] == [
        "understand_text_vectors"
    ]


def labels_only(folder: Path) -> str:
    """A mapping that brings labelled texts, and nothing that customers wrote."""
    mapping = folder / "labels.yaml"
    columns = "{text: text, label: label, language: \"'en'\"}"
    feed = f"{{files: x.csv, format: csv, known: {{delay: 0 hours}}, into: {{labelled_texts: {{columns: {columns}}}}}}}"
    mapping.write_text(f"source: labels\nabout: invented\nfeeds:\n  texts: {feed}\n")
    return str(mapping)


def test_declaring_the_stages_of_a_shop_without_texts_imports_no_torch() -> None:
    code = (
        "import importlib, sys; from dataclasses import replace; from pathlib import Path;"
        "from footfall.docs.declared import declaring_job; from footfall.settings import resolve;"
        "from jobs.pipeline import STAGES;"
        "clicks = {'sources.mappings': ['conf/sources/clickstream.yaml']};"
        "job = replace(declaring_job(Path('conf')), settings=resolve(Path('conf'), 'local', clicks));"
        "names = [step.name for stage in STAGES for step in importlib.import_module(f'jobs.{stage}').steps(job)];"
        "print('understand' in ' '.join(names), 'train_churn' in names, sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "libs"), str(ROOT)])}
    printed = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert printed.stdout.split("\n")[0] == "False True []"


def test_a_blank_text_is_nobodys_work_and_ends_no_loop(world: World, tmp_path: Path) -> None:
    world.add("\u3000", "today")
    old, new = make_tiny(tmp_path / "bert", "bert"), make_tiny(tmp_path / "roberta", "roberta")
    world.run(world.job(new, serving=[{"encoder": str(old)}]))
    assert Counter(Counter(row["text_id"] for row in world.read()).values()) == {2: 27}
