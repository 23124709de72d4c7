"""A fine-tuned encoder is an encoder like any other: footfall.text reads it, and the head fits its vectors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tuning_shared import CLASSES, job_of, ruled, spec_of, tiny_bert

from footfall.text.weights import PLAIN_FILES
from footfall.tuning.job import TuningJob, train_here
from footfall.tuning.loop import Log
from footfall.tuning.tune import logits, rebuilt, tune
from footfall.tuning.tuned import Tuned, read_head
from text.conftest import load_on_cpu, make_tiny

TEXTS, LABELS = ruled(120)


def silent(step: int, name: str, value: float) -> None:  # noqa: ARG001 - a Log
    return


def tuned_in(folder: Path, *, family: str = "bert", log: Log = silent, **changed: object) -> Tuned:
    return tune(
        TEXTS, LABELS, ["en"] * len(TEXTS), encoder_dir=make_tiny(folder / family, family), out_dir=folder / "tuned",
        classes=CLASSES, spec=spec_of(**changed), log=log,
    )  # fmt: skip


@pytest.mark.parametrize("family", ["bert", "xlm-roberta", "distilbert"])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_the_encoder_of_the_folder_and_the_head_give_the_training_models_logits(
    tmp_path: Path, family: str, pooling: str
):
    tuned = tuned_in(tmp_path, family=family, pooling=pooling, epochs=1)
    source = tmp_path / family
    model = train_again(source, pooling)
    encoder = load_on_cpu(tuned.folder, prefix="", pooling=pooling, max_tokens=32)
    vectors = encoder.encode(TEXTS[:40]).vectors
    np.testing.assert_allclose(tuned.head.logits(vectors), model[:40], atol=2e-3)
    assert encoder.fingerprint != load_on_cpu(source, prefix="", pooling=pooling, max_tokens=32).fingerprint


def train_again(source: Path, pooling: str) -> np.ndarray:
    """Logits of the model as it was trained, without its folder: a run repeats to the bit."""
    scores: list[np.ndarray] = []

    def train(job: TuningJob, log: Log, checkpoints: Path | None):
        learned = train_here(job, log, checkpoints)
        scores.append(logits(rebuilt(job, learned), TEXTS, job))
        return learned

    tune(
        TEXTS, LABELS, ["en"] * len(TEXTS), encoder_dir=source, out_dir=source.parent / "again", classes=CLASSES,
        spec=spec_of(pooling=pooling, epochs=1), log=silent, train=train,
    )  # fmt: skip
    return scores[0]


def test_the_folder_holds_what_is_loaded_fast_and_no_text(tmp_path: Path):
    tuned = tuned_in(tmp_path)
    names = {path.name for path in tuned.folder.iterdir()}
    assert {*PLAIN_FILES, "head.json", "README.md"} <= names
    assert "checkpoints" not in names
    assert len({(tuned.folder / name).stat().st_mode for name in PLAIN_FILES}) == 1
    head, classes = read_head(tuned.folder)
    assert classes == CLASSES
    np.testing.assert_array_equal(head.coefficients, tuned.head.coefficients)
    assert not [text for text in TEXTS if len(text) > 8 and text in (tuned.folder / "README.md").read_text()]
    assert "truncation" not in {k for k, v in json.loads((tuned.folder / "tokenizer.json").read_text()).items() if v}


def test_it_tells_what_it_kept_aside_and_how_it_went(tmp_path: Path):
    points: list[tuple[int, str, float]] = []
    tuned = tuned_in(tmp_path, held_out_share=0.2, log=lambda *point: points.append(point))
    assert not set(tuned.kept_aside) & set(tuned.held_out)
    assert len(tuned.kept_aside) + len(tuned.held_out) + tuned.parameters["texts_fitted"] == len(TEXTS)
    assert tuned.metrics.keys() == {
        "stopping_loss", "stopping_accuracy", "held_out_loss", "held_out_accuracy", "best_step",
    }  # fmt: skip
    assert list(tuned.curve) == points
    assert {name for _, name, _ in points} == {"loss", "rate", "stopping_loss", "stopping_accuracy"}
    assert tuned.texts_by_language == {"en": tuned.parameters["texts_fitted"]}
    whole = next(figure for figure in tuned.card.figures if figure.by == "all")
    assert (whole.texts, whole.value) == (len(tuned.held_out), pytest.approx(tuned.metrics["held_out_accuracy"]))
    assert (tuned.folder / "README.md").read_text() == tuned.card.markdown()


def test_a_call_that_was_killed_ends_as_one_that_was_not(tmp_path: Path):
    class Killed(BaseException):
        pass

    def log(step: int, name: str, value: float) -> None:  # noqa: ARG001 - a Log
        if step == 10:
            raise Killed

    whole = tuned_in(tmp_path / "whole")
    with pytest.raises(Killed):
        tuned_in(tmp_path / "cut", log=log)
    assert list((tmp_path / "cut" / "tuned" / "checkpoints").iterdir())
    resumed = tuned_in(tmp_path / "cut")
    assert (resumed.folder / "model.safetensors").read_bytes() == (whole.folder / "model.safetensors").read_bytes()
    np.testing.assert_array_equal(resumed.head.coefficients, whole.head.coefficients)


def test_a_head_that_is_handed_in_is_where_it_starts(tmp_path: Path):
    spec = spec_of(rate=1e-12, epochs=1)
    start = tuned_in(tmp_path, epochs=1).head
    tuned = tune(
        TEXTS, LABELS, ["en"] * len(TEXTS), encoder_dir=tmp_path / "bert", out_dir=tmp_path / "started",
        classes=CLASSES, spec=spec, log=silent, start=start,
    )  # fmt: skip
    np.testing.assert_allclose(tuned.head.coefficients, start.coefficients, rtol=1e-3, atol=1e-3)


def test_a_model_on_disk_is_left_as_it_was(tmp_path: Path):
    folder = tiny_bert(tmp_path)
    before = (folder / "model.safetensors").read_bytes()
    train_here(job_of(folder, spec_of(epochs=1)), silent)
    assert (folder / "model.safetensors").read_bytes() == before
    assert torch.is_grad_enabled()
