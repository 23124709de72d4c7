"""The card and the settings of fine-tuning say everything, and all faults at once; a process finds its device."""

from __future__ import annotations

from pathlib import Path

import pytest
from tuning_shared import CLASSES, spec_of

from footfall.errors import EnvironmentFault, SettingsError
from footfall.settings import resolve
from footfall.tuning.card import Figure, card
from footfall.tuning.job import device_of
from footfall.tuning.spec import TuningSpec

CONF = Path(__file__).resolve().parents[2] / "conf"


def test_a_card_has_data_licence_figures_by_group_and_failures():
    figures = [
        Figure("length", "1 to 20", "accuracy", 0.81, 0.79, 0.83, 900),
        Figure("language", "zh", "accuracy", 0.87, 0.86, 0.88, 3445),
    ]
    told = card(
        name="sentiment", encoder="small", classes=CLASSES, data="Sentences.", licence="MIT", parameters={"rate": 5e-5},
        measures={"stopping_loss": 0.31}, texts_by_language={"zh": 13_000}, figures=figures, failures=["Irony."],
    )  # fmt: skip
    rows = [line for line in told.splitlines() if line.startswith("| l")]
    assert rows == [
        "| language | zh | accuracy | 0.870 (0.860 to 0.880) | 3445 |",
        "| length | 1 to 20 | accuracy | 0.810 (0.790 to 0.830) | 900 |",
    ]
    assert "## Licence\n\nMIT" in told
    assert "- Irony." in told
    assert "zh 13000" in told
    assert "| rate | 5e-05 |" in told


def test_a_card_without_figures_says_so():
    told = card(
        name="x", encoder="y", classes=CLASSES, data="", licence="", parameters={}, measures={}, texts_by_language={}
    )
    assert "Not judged on texts of their own yet." in told


def test_faults_of_the_spec_are_told_together():
    with pytest.raises(SettingsError, match=r"epochs is 0(.|\n)*dropout is 2(.|\n)*rate is -1(.|\n)*threads is -1"):
        spec_of(epochs=0, dropout=2, rate=-1, threads=-1)
    with pytest.raises(SettingsError, match="nothing to fit on"):
        spec_of(stopping_share=0.5, held_out_share=0.5)


def test_another_spec_has_another_version():
    assert spec_of().version == spec_of().version != spec_of(rate=1e-3).version


def test_the_settings_make_a_spec_and_are_off_by_default():
    settings = resolve(CONF, "local", {})
    told = TuningSpec.of(settings.fine_tune.model_dump(), settings.text.model_dump())
    assert settings.fine_tune.enabled is False
    assert (told.prefix, told.pooling, told.rate, told.max_tokens) == ("query: ", "mean", 5e-5, 64)


def test_each_process_of_a_machine_takes_a_gpu_of_its_own():
    spec = spec_of(device="auto", number_type="bf16")
    seen = {"CUDA_VISIBLE_DEVICES": "1,2"}
    names = [device_of(spec, environ={**seen, "LOCAL_RANK": rank}, gpu_count=2).name for rank in ("0", "1")]
    assert names == ["cuda:0", "cuda:1"]
    assert device_of(spec, environ={}, gpu_count=1).name == "cuda:0"
    assert device_of(spec, environ={}, gpu_count=0).name == "cpu"
    assert device_of(spec_of(), environ=seen, gpu_count=2).name == "cpu"
    with pytest.raises(EnvironmentFault, match="a GPU was asked for"):
        device_of(spec_of(device="gpu"), environ={}, gpu_count=0)
