"""The head reads vectors of length 1; what is frozen stays, and lower layers learn more slowly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tuning_shared import spec_of, tiny_bert

from footfall.errors import EnvironmentFault, SettingsError
from footfall.inference.compute import NumberType
from footfall.inference.device import Device
from footfall.tuning.job import logistic_head
from footfall.tuning.loop import logits_of
from footfall.tuning.model import Head, groups, layer_of, learned, load_classifier

CPU = Device("cpu", NumberType.FP32, "a test")
IDS = [[1, 4, 5, 2], [1, 9, 2], [1, 4, 5, 6, 7, 8, 2]]


def test_a_text_gives_the_same_logits_in_any_company(tmp_path: Path):
    model = load_classifier(tiny_bert(tmp_path), spec_of(), classes=3)
    torch.nn.init.normal_(model.linear.weight)
    together = logits_of(model, IDS, device=CPU)
    alone = np.concatenate([logits_of(model, [ids], device=CPU) for ids in IDS])
    assert together.shape == (3, 3)
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_the_head_told_over_vectors_gives_the_models_logits(tmp_path: Path, pooling: str):
    model = load_classifier(tiny_bert(tmp_path), spec_of(pooling=pooling), classes=2)
    vectors = logits_of(model, IDS, device=CPU, vectors=True)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    model.set_scale(vectors)
    head = Head(np.random.default_rng(5).normal(size=(2, 16)), np.array([0.5, -0.5]))
    model.set_head(head)
    np.testing.assert_allclose(logits_of(model, IDS, device=CPU), head.logits(vectors), atol=1e-4)
    np.testing.assert_allclose(model.head().coefficients, head.coefficients, rtol=1e-4)
    again = Head.from_json(head.as_json())
    np.testing.assert_array_equal(again.logits(vectors), head.logits(vectors))


@pytest.mark.parametrize("classes", [2, 3])
def test_a_logistic_head_says_what_scikit_learns_says(classes: int):
    draw = np.random.default_rng(7)
    vectors = draw.normal(size=(300, 5)).astype(np.float32) + 3
    labels = (vectors[:, 0] + draw.normal(size=300) > 3).astype(np.int64) + (classes - 2) * (vectors[:, 1] > 3)
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000)).fit(vectors, labels)
    logits = logistic_head(vectors, labels, balanced=False, penalty=0.1).logits(vectors)
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(share, fitted.predict_proba(vectors), atol=1e-3)


def test_word_embeddings_and_lower_layers_stay_where_asked(tmp_path: Path):
    folder = tiny_bert(tmp_path)
    plain = set(learned(load_classifier(folder, spec_of(), classes=2)))
    assert "encoder.embeddings.word_embeddings.weight" not in plain
    assert "encoder.embeddings.position_embeddings.weight" in plain
    frozen = set(learned(load_classifier(folder, spec_of(frozen_layers=1), classes=2)))
    assert frozen == {n for n in plain if ".layer.1." in n} | {"linear.weight", "linear.bias"}
    every = set(learned(load_classifier(folder, spec_of(train_word_embeddings=True), classes=2)))
    assert every - plain == {"encoder.embeddings.word_embeddings.weight"}


def test_rates_fall_with_depth_and_only_weights_decay(tmp_path: Path):
    spec = spec_of(rate=1e-3, layer_decay=0.5, head_rate_factor=4, weight_decay=0.1)
    model = load_classifier(tiny_bert(tmp_path), spec, classes=2)
    names = {id(p): n for n, p in model.named_parameters()}
    by_name = {names[id(p)]: (g["base_rate"], g["weight_decay"]) for g in groups(model, spec) for p in g["params"]}
    assert by_name["linear.weight"] == (4e-3, 0.1)
    assert by_name["linear.bias"] == (4e-3, 0.0)
    assert by_name["encoder.encoder.layer.1.output.dense.weight"] == (pytest.approx(5e-4), 0.1)
    assert by_name["encoder.encoder.layer.0.output.LayerNorm.weight"] == (pytest.approx(2.5e-4), 0.0)
    assert by_name["encoder.embeddings.position_embeddings.weight"] == (pytest.approx(1.25e-4), 0.1)


def test_layers_are_found_in_the_names_of_other_families():
    assert layer_of("encoder.transformer.layer.3.attention.q_lin.weight", layers=6) == 4
    assert layer_of("encoder.embeddings.LayerNorm.weight", layers=6) == 0
    assert layer_of("linear.weight", layers=6) == 7


def test_what_does_not_fit_is_told(tmp_path: Path):
    folder = tiny_bert(tmp_path)
    with pytest.raises(SettingsError, match="frozen_layers is 3, the encoder has 2"):
        load_classifier(folder, spec_of(frozen_layers=3), classes=2)
    with pytest.raises(SettingsError, match="head to start from"):
        load_classifier(folder, spec_of(), classes=2).set_head(Head(np.zeros((2, 9)), np.zeros(2)))
    with pytest.raises(EnvironmentFault, match="cannot be fine-tuned"):
        load_classifier(tmp_path, spec_of(), classes=2)
