"""Fine-tunes an encoder on labelled texts, from directory to directory. torch; reads and writes those two alone."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from footfall.text.normal import normalise
from footfall.tuning.card import card
from footfall.tuning.data import TuningSplit, TuningTexts, labelled, parted, token_ids, tokenizer_of
from footfall.tuning.job import Learned, Synonyms, Train, TuningJob, device_of, train_here
from footfall.tuning.loop import Log, logits_of
from footfall.tuning.model import Head, TextClassifier, cross_entropy, load_classifier, put_back
from footfall.tuning.spec import TuningSpec
from footfall.tuning.tuned import Tuned, write_card, write_folder

CHECKPOINTS = "checkpoints"


def tune(
    texts: Sequence[str],
    labels: Sequence[str],
    languages: Sequence[str],
    *,
    encoder_dir: Path,
    out_dir: Path,
    classes: Sequence[str],
    spec: TuningSpec,
    log: Log,
    start: Head | None = None,
    synonyms: Synonyms | None = None,
    kept: Sequence[bool] | None = None,
    train: Train = train_here,
    data: str = "Labelled texts that were handed in.",
    licence: str = "That of the encoder and of the labelled texts.",
) -> Tuned:
    """The encoder of `encoder_dir` fine-tuned to tell `classes`, written to `out_dir`.

    Texts are normalised and taken once each, and parted by text. `start` is a head over the encoder's vectors of
    length 1, in the order of `classes`; without it a logistic regression is fitted first (spec.start_from_logistic).
    `kept` marks the rows to stop on, for a caller who keeps them aside for more than that; without it they are a
    share of the texts, by text. `train` says in which processes. A call that was killed goes on from its last checkpoint below `out_dir`.
    """
    parts = parted(
        labelled(texts, labels, classes=classes),
        stopping_share=spec.stopping_share,
        held_out_share=spec.held_out_share,
        kept=kept,
    )
    checkpoints = out_dir / CHECKPOINTS
    fitted, stopping, judged = parts[TuningSplit.FITTED], parts[TuningSplit.STOPPING], parts[TuningSplit.JUDGED]
    job = TuningJob(encoder_dir, fitted, stopping, len(classes), spec, start, synonyms or {})
    found = train(job, log, checkpoints)
    model = rebuilt(job, found)
    tokenizer = tokenizer_of(encoder_dir, max_tokens=spec.max_tokens)
    tokenizer.no_truncation()
    write_folder(out_dir, model=model, source=encoder_dir, tokenizer=tokenizer.to_str(), classes=classes)
    spoken = Counter(languages[row] or "unknown" for row in fitted.rows.tolist())
    parameters = {**asdict(spec), "texts_fitted": len(fitted), "texts_stopping": len(stopping)}
    measures = _measures(found, stopping, "stopping", model, job) | _measures(found, judged, "judged", model, job)
    words = card(
        name=out_dir.name, encoder=encoder_dir.name, classes=classes, data=data, licence=licence,
        parameters=parameters, measures=measures, texts_by_language=spoken,
    )  # fmt: skip
    write_card(out_dir, words)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return Tuned(
        folder=out_dir,
        head=model.head(),
        classes=tuple(classes),
        curve=tuple(found.progress.curve),
        parameters=parameters,
        measures=measures,
        kept_aside=tuple(stopping.rows.tolist()),
        judged=tuple(judged.rows.tolist()),
        texts_by_language=dict(spoken),
        card=words,
    )


def rebuilt(job: TuningJob, found: Learned) -> TextClassifier:
    """The trained model, in this process, wherever it was trained."""
    model = load_classifier(job.folder, job.spec, classes=job.classes)
    put_back(model, found.tensors)
    model.centre.copy_(torch.from_numpy(found.centre))
    model.scale.copy_(torch.from_numpy(found.scale))
    return model.eval()


def logits(model: TextClassifier, texts: Sequence[str], job: TuningJob) -> npt.NDArray[np.float32]:
    """float32[n_texts, classes] of the training model itself."""
    tokenizer = tokenizer_of(job.folder, max_tokens=job.spec.max_tokens)
    spelt = [normalise(text) for text in texts]
    ids = token_ids(tokenizer, spelt, prefix=job.spec.prefix, max_tokens=job.spec.max_tokens)
    device = device_of(job.spec)
    return logits_of(model.to(device.name), ids, device=device)


def _measures(found: Learned, part: TuningTexts, name: str, model: TextClassifier, job: TuningJob) -> dict[str, float]:
    if not len(part):
        return {}
    told = torch.from_numpy(logits(model, part.texts, job))
    labels = torch.from_numpy(part.labels)
    measured = {
        f"{name}_loss": float(cross_entropy(told, labels, 0.0).mean()),
        f"{name}_accuracy": float((told.argmax(dim=1) == labels).float().mean()),
    }
    model.to("cpu")
    return measured if name != "stopping" else {**measured, "best_step": float(found.progress.best_step)}
