"""The card and the settings of fine-tuning say everything, and all faults at once; a process finds its device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tuning_shared import CLASSES, spec_of

from footfall.errors import EnvironmentFault, SettingsError
from footfall.settings import resolve
from footfall.tuning.card import NOT_EVALUATED, EncoderCard, FailureCheck, Figure
from footfall.tuning.job import device_of
from footfall.tuning.spec import TuningSpec

CONF = Path(__file__).resolve().parents[2] / "conf"


PLAIN: dict[str, Any] = {
    "name": "sentiment", "encoder": "small", "classes": CLASSES, "data": "Sentences.", "licence": "MIT",
    "parameters": {"rate": 5e-5}, "training_metrics": {"stopping_loss": 0.31}, "texts_by_language": {"zh": 13_000},
}  # fmt: skip


def test_a_card_has_data_licence_figures_by_group_and_failures():
    card = EncoderCard(
        **PLAIN,
        figures=[
            Figure("language", "zh", "accuracy", 0.87, 0.86, 0.88, 3445),
            Figure("length", "1 to 10 characters", "accuracy", 0.81, 0.79, 0.83, 900),
        ],
        failure_checks=[
            FailureCheck("with a negation", 300, 0.7, -0.18, -0.24, -0.11),
            FailureCheck("with a question", 30, 0.9, 0.02, -0.05, 0.09),
            FailureCheck("with a number", 200, 0.95, 0.08, 0.02, 0.13),
            FailureCheck("with an emoji", 29, 0.1, -0.8, -0.9, -0.7),
            FailureCheck("5 characters or fewer", 0),
        ],
        not_checked="Not looked for: irony.",
    ).markdown()
    assert [line for line in card.splitlines() if line.startswith(("| l", "| w", "| 5"))] == [
        "| language | zh | accuracy | 0.870 (0.860 to 0.880) | 3445 |",
        "| length | 1 to 10 characters | accuracy | 0.810 (0.790 to 0.830) | 900 |",
        "| with a negation | 300 | 0.700 | -0.180 (-0.240 to -0.110) | fails more often |",
        "| with a question | 30 | 0.900 | +0.020 (-0.050 to +0.090) | no difference shown |",
        "| with a number | 200 | 0.950 | +0.080 (+0.020 to +0.130) | fails less often |",
        "| with an emoji | 29 | 0.100 | -0.800 (-0.900 to -0.700) | too few texts to tell |",
        "| 5 characters or fewer | 0 | - | - | too few texts to tell |",
    ]
    assert "## Licence\n\nMIT" in card
    assert "Not looked for: irony." in card
    assert "zh 13000" in card
    assert "| rate | 5e-05 |" in card
    assert NOT_EVALUATED not in card


def test_a_card_without_held_out_texts_says_so():
    assert EncoderCard(**PLAIN).markdown().count(NOT_EVALUATED) == 2


def test_faults_of_the_spec_are_told_together():
    with pytest.raises(SettingsError, match=r"epochs is 0(.|\n)*dropout is 2(.|\n)*rate is -1(.|\n)*threads is -1"):
        spec_of(epochs=0, dropout=2, rate=-1, threads=-1)
    with pytest.raises(SettingsError, match="nothing to fit on"):
        spec_of(stopping_share=0.5, held_out_share=0.5)


def test_another_spec_has_another_version():
    assert spec_of().version == spec_of().version != spec_of(rate=1e-3).version


def test_the_settings_make_a_spec_and_are_off_by_default():
    settings = resolve(CONF, "local", {})
    spec = TuningSpec.of(settings.fine_tune.model_dump(), settings.text.model_dump())
    assert settings.fine_tune.enabled is False
    assert (spec.prefix, spec.pooling, spec.rate, spec.max_tokens) == ("query: ", "mean", 5e-5, 64)


def test_each_process_of_a_machine_takes_a_gpu_of_its_own():
    spec = spec_of(device="auto", number_type="bf16")
    environment = {"CUDA_VISIBLE_DEVICES": "1,2"}
    names = [device_of(spec, environ={**environment, "LOCAL_RANK": rank}, gpu_count=2).name for rank in ("0", "1")]
    assert names == ["cuda:0", "cuda:1"]
    assert device_of(spec, environ={}, gpu_count=1).name == "cuda:0"
    assert device_of(spec, environ={}, gpu_count=0).name == "cpu"
    assert device_of(spec_of(), environ=environment, gpu_count=2).name == "cpu"
    with pytest.raises(EnvironmentFault, match="a GPU was asked for"):
        device_of(spec_of(device="gpu"), environ={}, gpu_count=0)
