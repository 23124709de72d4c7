"""The tuned encoder as a model of the registry: beside its baselines in one run, fetched by its alias, read as any encoder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import DataFrame, SparkSession
from tuning_shared import ruled, spec_of, tiny_bert

from footfall.models.common.measures import Interval
from footfall.models.common.trained import Trained
from footfall.models.sentiment_encoder import training as sentiment_encoder
from footfall.models.sentiment_encoder.model import TunedEncoder
from footfall.registry.fetch import encoder_folder, fetched_model
from footfall.registry.registry import Registry
from footfall.settings import MlflowSettings
from footfall.text.device import Device
from footfall.text.encoder import load_encoder
from footfall.text.spec import EncoderSpec, NumberType
from footfall.tuning.distributed import ignore, trained_in

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow warns of its own parts
CPU = Device("cpu", NumberType.FP32, "a test")
READ = {"prefix": "", "pooling": "mean", "max_tokens": 16, "max_parts": 1, "overlap_tokens": 0, "tokens_per_batch": 512}
ASKED = {
    "held_out_share": 0.25,
    "neutral_share": 0.1,
    "min_auroc_gain": -1.0,
    "bootstrap_rounds": 20,
    "trials": 0,
    "folds": 1,
}


@pytest.fixture(scope="module")
def trained(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("tuning")
    texts, labels = ruled(400)
    before = EncoderSpec(encoder=str(tiny_bert(folder)), number_type="fp32", device="cpu", **READ)
    vectors = load_encoder(before, CPU).encode(texts).vectors.tolist()
    return sentiment_encoder.train(
        _frame(spark, texts, labels), _vectors(spark, vectors), fingerprint="before", encoder_dir=before.path,
        out_dir=folder / "tuned", text=before, spec=spec_of(epochs=4), how=trained_in(1, on_driver=True), log=ignore,
        **ASKED,
    )  # fmt: skip


def _frame(spark: SparkSession, texts: list[str], labels: list[str]) -> DataFrame:
    rows = [(f"t{n}", text, "en", label) for n, (text, label) in enumerate(zip(texts, labels, strict=True))]
    return spark.createDataFrame(rows, "text_id string, text string, language string, label string")


def _vectors(spark: SparkSession, vectors: list[list[float]]) -> DataFrame:
    rows = [(f"t{n}", "before", vector) for n, vector in enumerate(vectors)]
    return spark.createDataFrame(rows, "text_id string, encoder_fingerprint string, vector array<float>")


def test_it_is_judged_beside_the_majority_and_the_encoder_as_it_was_in_one_run(trained: Trained) -> None:
    told = trained.metrics
    assert told["accuracy_sum_tuned"] > told["accuracy_majority"] + 0.3
    assert told["auroc_vectors_tuned"] > 0.98
    assert {"accuracy_majority", "accuracy_ngrams", "accuracy_sum", "accuracy_sum_tuned"} <= told.keys()
    assert any(name == "stopping_loss" for _, name, _ in trained.curve)


def test_the_gate_passes_what_gains_enough_and_stops_what_does_not(trained: Trained) -> None:
    told = {name: Interval(**interval) for name, interval in trained.evaluation["metrics"].items()}
    gain = told["auroc_gain"].value
    passed, stopped = (
        sentiment_encoder.beats_the_frozen_encoder(told, min_auroc_gain=least) for least in (gain, gain + 1e-6)
    )
    assert (passed.passed, stopped.passed) == (True, False)
    assert "must exceed the best of the encoder as it was" in trained.gates[0].words


def test_the_champion_is_fetched_from_mlflow_and_reads_as_the_folder_did(trained: Trained, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    settings = MlflowSettings(tracking_uri=uri, artifact_root=str(tmp_path / "files"), experiment="tuning")
    Registry.open(settings).record(trained, tables={}, step="train_sentiment_encoder")

    there = EncoderSpec(encoder="models:/sentiment_encoder@champion", number_type="fp32", device="cpu", **READ)
    fetched = load_encoder(there, CPU, lambda name: fetched_model(name, tracking_uri=uri))
    assert isinstance(trained.model, TunedEncoder)
    here = load_encoder(EncoderSpec(**{**asdict(there), "encoder": str(trained.model.folder)}), CPU)
    assert fetched.fingerprint == here.fingerprint
    np.testing.assert_array_equal(fetched.encode(["abc"]).vectors, here.encode(["abc"]).vectors)

    frame = pd.DataFrame({"text": ["abcdef", "xyzuvw"]})
    loaded = Registry.open(settings)
    client = MlflowClient(uri, uri)
    run = client.get_model_version("sentiment_encoder", loaded.champion_version("sentiment_encoder")).run_id
    assert len(client.get_metric_history(run, "curve_stopping_loss")) > 1
    assert trained.model.predict(frame)["sentiment"].tolist() == ["positive", "negative"]
    with encoder_folder("models:/sentiment_encoder@champion", tracking_uri=uri) as folder:
        assert (folder / "README.md").is_file()  # the card travels with it
