"""Fine-tunes an encoder on labelled texts, from one directory into another. torch; reads and writes only these two."""

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
from footfall.tuning.card import EncoderCard
from footfall.tuning.data import TuningSplit, TuningTexts, labelled, split_texts, token_ids, tokenizer_of
from footfall.tuning.held_out import HeldOutTexts, evaluated
from footfall.tuning.job import Learned, Train, TuningJob, device_of, train_here
from footfall.tuning.loop import Log, logits_of
from footfall.tuning.model import Head, TextClassifier, cross_entropy, load_classifier, put_back
from footfall.tuning.spec import TuningSpec
from footfall.tuning.tuned import Tuned, write_card, write_folder

CHECKPOINTS = "checkpoints"
UNKNOWN = "unknown"  # a text's language


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
    kept: Sequence[bool] | None = None,
    train: Train = train_here,
    data: str = "Labelled texts that were handed in.",
    licence: str = "That of the encoder and of the labelled texts.",
    bootstrap_rounds: int = 200,
) -> Tuned:
    """Fine-tunes the encoder of `encoder_dir` to predict `classes`, and writes it to `out_dir` with its card.

    Texts are normalised and taken once each, and split by text. `start` is a head over the encoder's vectors of
    length 1, in the order of `classes`; without it a logistic regression is fitted first (spec.start_from_logistic).
    `kept` marks the rows to stop on, for a caller who also uses them otherwise; without it they are a share of the
    texts, by text. `train` runs the training, in one process or several. A call that was killed continues from its last
    checkpoint below `out_dir`. `bootstrap_rounds` resamples give the card's intervals on the held-out texts, if any.
    """
    splits = split_texts(
        labelled(texts, labels, classes=classes),
        stopping_share=spec.stopping_share,
        held_out_share=spec.held_out_share,
        kept=kept,
    )
    checkpoints = out_dir / CHECKPOINTS
    fitted, stopping, held_out = (splits[name] for name in TuningSplit)
    job = TuningJob(encoder_dir, fitted, stopping, len(classes), spec, start)
    learned = train(job, log, checkpoints)
    model = rebuilt(job, learned)
    tokenizer = tokenizer_of(encoder_dir, max_tokens=spec.max_tokens)
    tokenizer.no_truncation()
    write_folder(out_dir, model=model, source=encoder_dir, tokenizer=tokenizer.to_str(), classes=classes)
    languages_fitted = Counter(languages[row] or UNKNOWN for row in fitted.rows.tolist())
    parameters = {**asdict(spec), "texts_fitted": len(fitted), "texts_stopping": len(stopping)}
    metrics = {**_metrics("stopping", stopping, model, job), "best_step": float(learned.progress.best_step)}
    card = EncoderCard(
        name=out_dir.name, encoder=encoder_dir.name, classes=tuple(classes), data=data, licence=licence,
        parameters=parameters, training_metrics=metrics, texts_by_language=dict(languages_fitted),
    )  # fmt: skip
    if len(held_out):
        metrics |= _metrics("held_out", held_out, model, job)
        card = evaluated(card, _predicted(held_out, languages, classes, model, job), rounds=bootstrap_rounds)
    write_card(out_dir, card)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return Tuned(
        folder=out_dir,
        head=model.head(),
        classes=tuple(classes),
        curve=tuple(learned.progress.curve),
        parameters=parameters,
        metrics=metrics,
        kept_aside=tuple(stopping.rows.tolist()),
        held_out=tuple(held_out.rows.tolist()),
        texts_by_language=dict(languages_fitted),
        card=card,
    )


def rebuilt(job: TuningJob, learned: Learned) -> TextClassifier:
    """The trained model in this process, wherever it was trained."""
    model = load_classifier(job.folder, job.spec, classes=job.classes)
    put_back(model, learned.tensors)
    model.centre.copy_(torch.from_numpy(learned.centre))
    model.scale.copy_(torch.from_numpy(learned.scale))
    return model.eval()


def logits(model: TextClassifier, texts: Sequence[str], job: TuningJob) -> npt.NDArray[np.float32]:
    """float32[n_texts, classes] of the training model itself."""
    device = device_of(job.spec)
    scores = logits_of(model.to(device.name), _token_ids(texts, job, job.spec.max_tokens), device=device)
    model.to("cpu")
    return scores


def _token_ids(texts: Sequence[str], job: TuningJob, max_tokens: int) -> list[list[int]]:
    tokenizer = tokenizer_of(job.folder, max_tokens=max_tokens)
    return token_ids(tokenizer, [normalise(text) for text in texts], prefix=job.spec.prefix, max_tokens=max_tokens)


def _predicted(
    held_out: TuningTexts, languages: Sequence[str], classes: Sequence[str], model: TextClassifier, job: TuningJob
) -> HeldOutTexts:
    longest = job.spec.max_tokens
    return HeldOutTexts(
        texts=held_out.texts,
        languages=[languages[row] or UNKNOWN for row in held_out.rows.tolist()],
        labels=[classes[label] for label in held_out.labels],
        predictions=[classes[place] for place in logits(model, held_out.texts, job).argmax(axis=1)],
        are_long=[len(ids) > longest for ids in _token_ids(held_out.texts, job, longest + 1)],
    )


def _metrics(name: str, texts: TuningTexts, model: TextClassifier, job: TuningJob) -> dict[str, float]:
    """Loss (nats a text) and accuracy of the model on one split."""
    scores, labels = torch.from_numpy(logits(model, texts.texts, job)), torch.from_numpy(texts.labels)
    return {
        f"{name}_loss": float(cross_entropy(scores, labels, 0.0).mean()),
        f"{name}_accuracy": float((scores.argmax(dim=1) == labels).float().mean()),
    }
