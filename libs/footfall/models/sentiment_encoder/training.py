"""Fine-tunes the encoder for sentiment and sets it beside the frozen one and its baselines, in one run. torch; no tables.

The result is an encoder like any other: `text.encoder: models:/sentiment_encoder@champion`. The texts that heads are calibrated
and judged on are kept from it, by the same cut as `footfall.models.sentiment` makes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from pyspark.sql import DataFrame

from footfall.models.common import measures
from footfall.models.common.labelled import LabelledTexts, Split, labelled
from footfall.models.common.measures import Interval
from footfall.models.common.trained import Gate, Trained
from footfall.models.sentiment.training import CLASSES, NEUTRAL, POSITIVE, classes_of, fit_variants, positive_score
from footfall.text.device import choose_device
from footfall.text.encoder import Encoder, encoder_of_process
from footfall.text.normal import normalise_text
from footfall.text.spec import EncoderSpec, NumberType, Wanted
from footfall.tuning.data import key_of
from footfall.tuning.job import Train
from footfall.tuning.loop import Log
from footfall.tuning.search import search
from footfall.tuning.spec import TuningSpec
from footfall.tuning.tune import tune
from footfall.tuning.tuned import Tuned, read_head

NAME = "sentiment_encoder"
READS = "reads.json"  # beside the encoder: prefix, pooling and lengths with which it was tuned
DATA = "labelled_texts of the lake that trained it: labels given from outside, of texts that are no customer's."


@dataclass(frozen=True)
class TunedEncoder:
    """The folder of a tuned encoder as MLflow's pyfunc, with the head that it was trained with and how it reads."""

    folder: Path
    text: EncoderSpec

    @classmethod
    def load(cls, folder: Path) -> TunedEncoder:
        """What `save` wrote."""
        return cls(folder, EncoderSpec(**json.loads((folder / READS).read_text(encoding="utf-8"))))

    def save(self, folder: Path) -> None:
        """Copies the encoder; its card goes with it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        (folder / READS).write_text(json.dumps(asdict(replace(self.text, encoder=NAME))), encoding="utf-8")

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """`sentiment` for the column `text`, by the head that it was trained with, uncalibrated."""
        head, classes = read_head(self.folder)
        vectors = _encoder_here(self.text, self.folder).encode(normalise_text(frame["text"]).tolist()).vectors
        said = np.array(classes, dtype=object)[head.logits(vectors).argmax(axis=1)]
        return pd.DataFrame({"sentiment": said}, index=frame.index)


def train(
    labelled_texts: DataFrame,
    text_vectors: DataFrame,
    *,
    fingerprint: str,
    encoder_dir: Path,
    out_dir: Path,
    text: EncoderSpec,
    spec: TuningSpec,
    how: Train,
    trials: int,
    folds: int,
    log: Log,
    judged_share: float,
    neutral_share: float,
    min_auroc_gain: float,
    bootstrap_rounds: int,
) -> Trained:
    """Tunes on what sentiment is fitted on, stops by what it is calibrated on, and judges on the rest.

    `fingerprint` names the vectors of the encoder as it was; with `trials` Optuna looks for better settings first. The gate:
    with n-grams it must beat that encoder with n-grams.
    """
    rows = labelled(
        labelled_texts, text_vectors, fingerprint=fingerprint, label="label", judged_share=judged_share, what=NAME
    )
    classes = classes_of(rows)
    rows = _apart(rows if NEUTRAL in classes else rows.without(NEUTRAL))
    ours = rows.only(Split.FIT, Split.CALIBRATE)
    if trials:  # on the texts to fit on alone, which it parts for itself
        mine = ours.only(Split.FIT)
        spec = search(
            mine.texts, mine.labels, encoder_dir=encoder_dir, classes=classes, spec=spec, trials=trials,
            fold_count=folds, log=log,
        ).spec  # fmt: skip
    tuned = tune(
        ours.texts, ours.labels, ours.languages, encoder_dir=encoder_dir, out_dir=out_dir, classes=classes, spec=spec,
        log=log, kept=ours.is_part(Split.CALIBRATE).tolist(), train=how, data=DATA,
    )  # fmt: skip
    vectors = _encoder_here(text, tuned.folder).encode(rows.texts).vectors
    told = compared(rows, replace(rows, vectors=vectors), neutral_share=neutral_share, rounds=bootstrap_rounds)
    return _trained(tuned, told, text, fingerprint=fingerprint, min_auroc_gain=min_auroc_gain)


def _apart(rows: LabelledTexts) -> LabelledTexts:
    """The rows without those to fit on that differ in punctuation alone from one to calibrate or judge on."""
    aside = {key_of(text) for text, part in zip(rows.texts, rows.parts, strict=True) if part is not Split.FIT}
    judged = {key_of(text) for text in rows.only(Split.JUDGE).texts}
    taken = {Split.FIT: aside, Split.CALIBRATE: judged, Split.JUDGE: set()}
    return rows.at([i for i, part in enumerate(rows.parts) if key_of(rows.texts[i]) not in taken[part]])


def _encoder_here(text: EncoderSpec, folder: Path) -> Encoder:
    """The encoder on this process's first GPU, else on the CPU whatever the settings say of devices."""
    has_gpu = torch.cuda.is_available()
    kind = NumberType.FP32 if text.number_type == NumberType.FP16 and not has_gpu else text.number_type
    spec = replace(text, encoder=str(folder), device=Wanted.AUTO if has_gpu else Wanted.CPU, number_type=kind)
    device = choose_device(spec, addresses=("0",) if has_gpu else (), environ={}, gpu_count=torch.cuda.device_count())
    return encoder_of_process(spec, device)


def compared(frozen: LabelledTexts, tuned: LabelledTexts, *, neutral_share: float, rounds: int) -> dict[str, Interval]:
    """Accuracy and AUROC of the majority and of heads over both encoders' vectors, on the judged texts with a mood."""
    scores = {
        f"{name}{suffix}": positive_score(head, told.only(Split.JUDGE).without(NEUTRAL))
        for told, suffix in ((frozen, ""), (tuned, "_tuned"))
        for name, head in fit_variants(told, neutral_share=neutral_share).items()
    }
    fitted, judged = frozen.only(Split.FIT).labels, frozen.only(Split.JUDGE).without(NEUTRAL).labels
    truth = np.array([label == POSITIVE for label in judged], dtype=np.int64)
    scores["majority"] = np.full(len(truth), float(2 * fitted.count(POSITIVE) >= len(fitted) - fitted.count(NEUTRAL)))
    measured = {"accuracy": measures.accuracy, "auroc": measures.auroc}
    found = {
        f"{measure}_{name}": interval
        for name, score in scores.items()
        for measure, interval in measures.intervals(truth, score, measured, rounds=rounds).items()
    }
    others = {name: scores[name] for name in ("ngrams", "vectors", "sum")}
    return {**found, "auroc_gain": measures.gain(truth, scores["sum_tuned"], others, rounds=rounds)}


def beats_the_frozen_encoder(told: Mapping[str, Interval], *, min_auroc_gain: float) -> Gate:
    """The gate, by what `compared` told."""
    words = (
        f"with n-grams AUROC {told['auroc_sum_tuned'].value:.3f} must exceed the best of the encoder as it was "
        f"({told['auroc_vectors'].value:.3f}), n-grams ({told['auroc_ngrams'].value:.3f}) and both "
        f"({told['auroc_sum'].value:.3f}) by {min_auroc_gain}"
    )
    return Gate("beats_the_frozen_encoder", bool(told["auroc_gain"].value >= min_auroc_gain), words)


def _trained(
    tuned: Tuned, told: Mapping[str, Interval], text: EncoderSpec, *, fingerprint: str, min_auroc_gain: float
) -> Trained:
    return Trained(
        name=NAME,
        model=TunedEncoder(tuned.folder, text),
        features=(("text", "string"),),
        predictions=(("sentiment", "string"),),
        feature_version=fingerprint,
        parameters={**tuned.parameters, "classes": ",".join(tuned.classes), "encoder_before": fingerprint},
        metrics=measures.flat(told) | {f"tuning_{name}": value for name, value in tuned.measures.items()},
        gates=[beats_the_frozen_encoder(told, min_auroc_gain=min_auroc_gain)],
        evaluation={"metrics": {name: asdict(interval) for name, interval in told.items()}, "classes": list(CLASSES)},
        curve=tuned.curve,
        loader="footfall.models.sentiment_encoder.served",
    )
