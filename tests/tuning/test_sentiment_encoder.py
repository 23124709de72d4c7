"""The tuned encoder as a model of the registry: beside its baselines in one run, with an honest card, read as any encoder."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import DataFrame, SparkSession
from tuning_shared import ruled, spec_of, tiny_bert

from footfall.docs.declared import declaring_job
from footfall.errors import EnvironmentFault
from footfall.features.dates import AsOfDates
from footfall.inference.compute import NumberType
from footfall.inference.device import Device
from footfall.models.common.gates import Role
from footfall.models.common.labelled import Split, collected, labelled_rows
from footfall.models.common.runs import LoadedModel, TrainingRun
from footfall.models.common.trained import Trained
from footfall.models.sentiment_encoder import MODEL
from footfall.models.sentiment_encoder import training as sentiment_encoder
from footfall.models.sentiment_encoder.model import TunedEncoder
from footfall.registry.fetch import encoder_folder, fetched_model
from footfall.registry.registry import Registry
from footfall.settings import MlflowSettings, resolve
from footfall.text.encoder import load_encoder
from footfall.text.spec import EncoderSpec
from footfall.tuning.card import NOT_EVALUATED
from footfall.tuning.held_out import KINDS, NOT_CHECKED
from jobs import fine_tune
from mlflow_file import fresh_mlflow

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow warns of its own parts
CONF = Path(__file__).resolve().parents[2] / "conf"
CPU = Device("cpu", NumberType.FP32, "a test")
READ = {"prefix": "", "pooling": "mean", "max_tokens": 16, "max_parts": 1, "overlap_tokens": 0, "tokens_per_batch": 512}
DAY = date(2024, 3, 1)
HELD_OUT_SHARE = 0.25
ROUNDS = 20


@pytest.fixture(scope="module")
def rows(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """400 labelled texts with the vectors of a tiny encoder, which lies in `encoder_of(rows)`."""
    texts, labels = ruled(400)
    vectors = load_encoder(encoder_before(tmp_path_factory), CPU).encode(texts).vectors.tolist()
    return labelled_rows(_frame(spark, texts, labels), _vectors(spark, vectors), fingerprint="before", label="label")


def encoder_before(tmp_path_factory: pytest.TempPathFactory) -> EncoderSpec:
    """A tiny encoder, the same whenever it is made."""
    folder = tiny_bert(tmp_path_factory.mktemp("before"))
    return EncoderSpec(encoder=str(folder), number_type="fp32", device="cpu", **READ)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    """The run that jobs/fine_tune.py would hand in, over a tiny encoder and with quick settings."""
    before = encoder_before(tmp_path_factory)
    settings: dict[str, Any] = resolve(CONF, "local", {}).fine_tune.model_dump()
    settings |= {name: value for name, value in asdict(spec_of(epochs=4, max_tokens=10)).items() if name in settings}
    settings |= {"folder": str(tmp_path_factory.mktemp("tuned") / "tuned")}
    sentiment = {"held_out_share": HELD_OUT_SHARE, "neutral_share": 0.1, "min_auroc_gain": 0.0}
    return TrainingRun(
        model=MODEL, frames={}, settings={**settings, "sentiment": sentiment}, as_of=DAY,
        dates=AsOfDates(DAY, DAY, ()), time_zone="UTC", bootstrap_rounds=ROUNDS, max_champion_loss=0.01,
        champion=None, former=None, encoder_fingerprint=lambda: "before",
        encoder_folder=lambda: nullcontext(before.path), text={**asdict(before), "serving": ()},
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(rows: DataFrame, run: TrainingRun) -> Trained:
    return sentiment_encoder.train(rows, run)


@pytest.fixture(scope="module")
def held_out(rows: DataFrame, trained: Trained) -> pd.DataFrame:
    """The held-out texts, their labels, and what the trained model predicts of them."""
    texts = collected(rows, held_out_share=HELD_OUT_SHARE, name="test").only(Split.HELD_OUT)
    frame = pd.DataFrame({"text": texts.texts, "label": texts.labels})
    return frame.assign(prediction=trained.model.predict(frame)["sentiment"])


def _frame(spark: SparkSession, texts: list[str], labels: list[str]) -> DataFrame:
    rows = [(f"t{n}", text, "en", label) for n, (text, label) in enumerate(zip(texts, labels, strict=True))]
    return spark.createDataFrame(rows, "text_id string, text string, language string, label string")


def _vectors(spark: SparkSession, vectors: list[list[float]]) -> DataFrame:
    rows = [(f"t{n}", "before", vector) for n, vector in enumerate(vectors)]
    return spark.createDataFrame(rows, "text_id string, encoder_fingerprint string, vector array<float>")


def test_it_is_evaluated_beside_its_baselines_in_one_run(trained: Trained) -> None:
    assert trained.metrics["auroc_finetuned_vectors"] > 0.98
    assert trained.metrics["accuracy_finetuned_vectors_ngrams"] > 0.9
    assert {"auroc_ngrams", "auroc_frozen_vectors", "auroc_frozen_vectors_ngrams"} <= trained.metrics.keys()
    assert any(name == "stopping_loss" for _, name, _ in trained.curve)


def test_the_card_has_the_held_out_figures_by_language_length_and_label(
    trained: Trained, held_out: pd.DataFrame
) -> None:
    card = card_of(trained)
    is_right = held_out["label"] == held_out["prediction"]
    sizes = held_out["text"].str.len()
    groups = {
        ("all", "all"): is_right,
        ("language", "en"): is_right,
        ("length", "1 to 10 characters"): is_right[sizes <= 10],
        ("length", "11 to 30 characters"): is_right[sizes > 10],
        ("label", "negative"): is_right[held_out["label"] == "negative"],
        ("label", "positive"): is_right[held_out["label"] == "positive"],
    }
    lines = re.findall(
        r"^\| (\w+) \| ([^|]+) \| accuracy \| ([\d.]+) \(([\d.]+) to ([\d.]+)\) \| (\d+) \|$", card, re.MULTILINE
    )
    shown = {(by, group): (value, int(count)) for by, group, value, _, _, count in lines if by != "method"}
    assert shown == {place: (f"{right.mean():.3f}", len(right)) for place, right in groups.items()}
    assert all(float(low) <= float(value) <= float(high) for _, _, value, low, high, _ in lines)
    assert {group for by, group, *_ in lines if by == "method"} == {
        "n-grams", "frozen vectors", "frozen vectors + n-grams", "fine-tuned vectors", sentiment_encoder.LEARNER,
    }  # fmt: skip


def test_the_card_names_the_failures_that_were_looked_for(trained: Trained, held_out: pd.DataFrame) -> None:
    card = card_of(trained)
    rows = {cells[0]: cells[1:] for line in card.splitlines() if (cells := [c.strip() for c in line.split("|")[1:-1]])}
    is_long = held_out["text"].str.len() + 2 > 10  # a token a letter, and two special ones
    right = held_out["label"] == held_out["prediction"]
    count, accuracy, difference, _ = rows["longer than what it was trained with (fine_tune.max_tokens)"]
    assert (count, accuracy) == (str(is_long.sum()), f"{right[is_long].mean():.3f}")
    assert difference.split(" (")[0] == f"{right[is_long].mean() - right[~is_long].mean():+.3f}"
    for kind in KINDS:
        assert rows[kind][0] == str(sum(map(KINDS[kind], held_out["text"])))
    assert rows["with a negation"] == ["0", "-", "-", "too few texts to tell"]
    assert NOT_CHECKED in card
    assert NOT_EVALUATED not in card


def test_no_text_of_the_data_stands_in_the_card_or_the_evaluation(trained: Trained) -> None:
    written = card_of(trained) + repr(trained.evaluation)
    assert [text for text in ruled(400)[0] if text in written] == []
    assert len(trained.evaluation["failure_checks"]) == len(KINDS) + 1


def card_of(trained: Trained) -> str:
    assert isinstance(trained.model, TunedEncoder)
    return (trained.model.folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("gain", "role"), [(0.3, Role.LEARNER), (-0.05, Role.CHAMPION)])
def test_the_gate_passes_what_gains_and_keeps_the_encoder_as_it_was_else(
    run: TrainingRun, gain: float, role: Role
) -> None:
    draw = np.random.default_rng(3)
    outcomes = draw.integers(0, 2, 400)
    noise = draw.normal(size=400)
    frozen = 1 / (1 + np.exp(-(outcomes - 0.5 + noise)))
    scores = dict.fromkeys(sentiment_encoder.BASELINES, frozen)
    scores[sentiment_encoder.LEARNER] = 1 / (1 + np.exp(-((outcomes - 0.5) * (1 + 10 * gain) + noise)))
    verdict = sentiment_encoder.judge(scores, outcomes, run)
    assert verdict.role is role


def test_an_encoder_that_is_worse_than_the_champion_does_not_serve(run: TrainingRun) -> None:
    draw = np.random.default_rng(3)
    outcomes = draw.integers(0, 2, 400)
    noise = draw.normal(size=400)
    better, worse, frozen = (1 / (1 + np.exp(-((outcomes - 0.5) * slope + noise))) for slope in (6, 2, 0.5))
    scores = {**dict.fromkeys(sentiment_encoder.BASELINES, frozen), sentiment_encoder.LEARNER: worse}
    with_champion = replace(run, champion=LoadedModel(None, "sentiment_encoder/1", sentiment_encoder.LEARNER))
    roles = [sentiment_encoder.judge(scores, outcomes, with_champion, of_champion=of).role for of in (worse, better)]
    assert roles == [Role.LEARNER, Role.CHAMPION]


def test_the_champion_is_read_and_evaluated_on_the_same_texts(
    trained: Trained, run: TrainingRun, rows: DataFrame
) -> None:
    texts = collected(rows, held_out_share=HELD_OUT_SHARE, name="test")
    champion = LoadedModel(trained.model, "sentiment_encoder/1", sentiment_encoder.LEARNER)
    scores = sentiment_encoder.champion_scores(texts, replace(run, champion=champion), neutral_share=0.1)
    held_out = texts.only(Split.HELD_OUT).without("neutral")
    assert scores.shape == (len(held_out),)
    right = (scores > 0.5) == np.array([label == "positive" for label in held_out.labels])
    assert right.mean() > 0.8


def test_a_missing_encoder_is_reported_before_anything_is_read(tmp_path: Path) -> None:
    changes = {"text.encoder": str(tmp_path / "absent"), "fine_tune.enabled": True}
    [step] = fine_tune.steps(replace(declaring_job(CONF), settings=resolve(CONF, "local", changes)))
    with pytest.raises(EnvironmentFault, match=r"absent' cannot be loaded: no such directory"):
        step.requires[0]()


def test_the_champion_is_fetched_from_mlflow_and_reads_as_the_folder_did(trained: Trained, tmp_path: Path) -> None:
    uri = fresh_mlflow(tmp_path)
    settings = MlflowSettings(tracking_uri=uri, artifact_root=str(tmp_path / "files"), experiment="tuning")
    registry = Registry.open(settings)
    number = registry.record(trained, tables={}, step="train_sentiment_encoder")
    registry.promote("sentiment_encoder", number)

    remote = EncoderSpec(encoder="models:/sentiment_encoder@champion", number_type="fp32", device="cpu", **READ)
    fetched = load_encoder(remote, CPU, lambda name: fetched_model(name, tracking_uri=uri))
    assert isinstance(trained.model, TunedEncoder)
    local = load_encoder(replace(remote, encoder=str(trained.model.folder)), CPU)
    assert fetched.fingerprint == local.fingerprint
    np.testing.assert_array_equal(fetched.encode(["abc"]).vectors, local.encode(["abc"]).vectors)

    client = MlflowClient(uri, uri)
    version = client.get_model_version("sentiment_encoder", number)
    assert len(client.get_metric_history(version.run_id, "curve_stopping_loss")) > 1
    frame = pd.DataFrame({"text": ["abcdef", "xyzuvw"]})
    assert trained.model.predict(frame)["sentiment"].tolist() == ["positive", "negative"]
    champion = registry.load_champion("sentiment_encoder")
    assert champion.model.predict(frame)["sentiment"].tolist() == ["positive", "negative"]
    with encoder_folder("models:/sentiment_encoder@champion", tracking_uri=uri) as folder:
        assert (folder / "README.md").read_text(encoding="utf-8") == card_of(trained)  # the card travels with it
