"""Fine-tunes the encoder for sentiment and sets it beside the frozen one and its baselines, in one run. torch; no tables.

The result is an encoder like any other: `text.encoder: models:/sentiment_encoder@champion`. The texts that heads are calibrated
and evaluated on are kept from it, by the same cut as `footfall.models.sentiment` makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from pyspark.sql import DataFrame

from footfall.models.common import measures
from footfall.models.common.gates import Contenders, Role, Verdict, decide
from footfall.models.common.labelled import LabelledTexts, Split, collected
from footfall.models.common.measures import Interval
from footfall.models.common.runs import TrainingRun
from footfall.models.common.trained import Trained
from footfall.models.sentiment import CLASSES, NEUTRAL, POSITIVE
from footfall.models.sentiment.training import BOTH, METRICS, classes_of, fit_variants, positive_score
from footfall.models.sentiment_encoder.model import NAME, TunedEncoder, encoder_at
from footfall.text.encoder import Encoded
from footfall.text.spec import EncoderSpec, encoder_specs
from footfall.tuning.card import Figure
from footfall.tuning.data import key_of
from footfall.tuning.distributed import ignore, trained_in
from footfall.tuning.held_out import HeldOutTexts, evaluated
from footfall.tuning.search import search
from footfall.tuning.spec import TuningSpec
from footfall.tuning.tune import tune
from footfall.tuning.tuned import Tuned, write_card

LEARNER = "fine-tuned vectors + n-grams"
OF_FROZEN = {"n-grams": "n-grams", "vectors": "frozen vectors", "vectors + n-grams": "frozen vectors + n-grams"}
OF_TUNED = {"vectors": "fine-tuned vectors", "vectors + n-grams": LEARNER}
BASELINES = tuple(OF_FROZEN.values())
DATA = "labelled_texts of the lake that trained it: labels given from outside, of texts that are no customer's."


def train(frame: DataFrame, run: TrainingRun) -> Trained:
    """Tunes on what sentiment is fitted on, stops by what it is calibrated on, and evaluates on the rest.

    With fine_tune.search_trials Optuna looks for better settings first.
    """
    settings, sentiment = run.settings, run.settings["sentiment"]
    rows = collected(frame, held_out_share=sentiment["held_out_share"], name=NAME)
    classes = classes_of(rows)
    rows = _apart(rows if NEUTRAL in classes else rows.without(NEUTRAL))
    ours = rows.only(Split.FIT, Split.CALIBRATE)
    spec, text = TuningSpec.of(settings, run.text), encoder_specs(run.text)[-1]
    with run.encoder_folder() as encoder_dir:
        if settings["search_trials"]:  # on the texts to fit on alone, of which it holds some out itself
            mine = ours.only(Split.FIT)
            spec = search(
                mine.texts, mine.labels, encoder_dir=encoder_dir, classes=classes, spec=spec,
                trials=settings["search_trials"], fold_count=settings["search_folds"], log=ignore,
            ).spec  # fmt: skip
        tuned = tune(
            ours.texts, ours.labels, ours.languages, encoder_dir=encoder_dir, out_dir=Path(settings["folder"]),
            classes=classes, spec=spec, log=ignore, kept=ours.is_in(Split.CALIBRATE).tolist(),
            train=trained_in(settings["processes"], on_driver=settings["on_driver"]), data=DATA,
            bootstrap_rounds=run.bootstrap_rounds,
        )  # fmt: skip
    encoded = encoder_at(text, tuned.folder).encode(rows.texts)
    scores, outcomes = contending_scores(
        rows, replace(rows, vectors=encoded.vectors), neutral_share=sentiment["neutral_share"]
    )
    of_champion = champion_scores(rows, run, neutral_share=sentiment["neutral_share"])
    metrics = intervals_of(scores, outcomes, rounds=run.bootstrap_rounds)
    held_out = held_out_texts(rows, encoded, tuned, max_tokens=spec.max_tokens)
    tuned = with_card(tuned, held_out, metrics, outcomes=len(outcomes), rounds=run.bootstrap_rounds)
    verdict = judge(scores, outcomes, run, of_champion=of_champion)
    return _trained(tuned, verdict, metrics, text, run)


def _apart(rows: LabelledTexts) -> LabelledTexts:
    """The rows without those to fit on that differ in punctuation alone from one to calibrate or evaluate on."""
    kept = {key_of(text) for text, split in zip(rows.texts, rows.splits, strict=True) if split is not Split.FIT}
    held_out = {key_of(text) for text in rows.only(Split.HELD_OUT).texts}
    taken = {Split.FIT: kept, Split.CALIBRATE: held_out, Split.HELD_OUT: set()}
    return rows.at([i for i, split in enumerate(rows.splits) if key_of(rows.texts[i]) not in taken[split]])


def contending_scores(
    frozen: LabelledTexts, tuned: LabelledTexts, *, neutral_share: float
) -> tuple[dict[str, Any], Any]:
    """Scores float64[n] of heads over both encoders' vectors by contender, on the held-out texts that are not neutral; int64[n]."""
    held_out = frozen.only(Split.HELD_OUT).without(NEUTRAL)
    outcomes = np.array([label == POSITIVE for label in held_out.labels], dtype=np.int64)
    scores: dict[str, Any] = {}
    for texts, names in ((frozen, OF_FROZEN), (tuned, OF_TUNED)):
        heads = fit_variants(texts, neutral_share=neutral_share, names=tuple(names))
        mine = texts.only(Split.HELD_OUT).without(NEUTRAL)
        scores |= {names[variant]: positive_score(head, mine) for variant, head in heads.items()}
    return scores, outcomes


def champion_scores(rows: LabelledTexts, run: TrainingRun, *, neutral_share: float) -> Any:
    """Scores float64[n] of a head over the champion's vectors and n-grams, on the same held-out texts; None without champion."""
    if run.champion is None:
        return None
    champion: TunedEncoder = run.champion.fitted
    read = replace(rows, vectors=encoder_at(champion.text, champion.folder).encode(rows.texts).vectors)
    head = fit_variants(read, neutral_share=neutral_share, names=(BOTH,))[BOTH]
    return positive_score(head, read.only(Split.HELD_OUT).without(NEUTRAL))


def judge(scores: Mapping[str, Any], outcomes: Any, run: TrainingRun, *, of_champion: Any = None) -> Verdict:
    """Whether with n-grams the tuned encoder is surely better than the encoder as it was, n-grams, and both.

    With `of_champion`, the champion's scores, also whether it is surely no worse than the champion.
    """
    contenders = Contenders(
        outcomes=outcomes,
        learner=LEARNER,
        predictions={name: scores[name] for name in (LEARNER, *BASELINES)},
        baselines=BASELINES,
        trivial=np.full(len(outcomes), 0.5),
        champion=of_champion,
        champion_name=run.champion.version if run.champion else "",
    )
    settings = {**run.settings, "min_auroc_gain": run.settings["sentiment"]["min_auroc_gain"]}
    verdict = decide(
        contenders, gates=run.model.gates, metrics=METRICS, settings=settings,
        max_champion_loss=run.max_champion_loss, rounds=run.bootstrap_rounds,
    )  # fmt: skip
    if verdict.role is Role.BASELINE:  # the encoder as it was goes on reading, without a version of its own
        return replace(verdict, role=Role.CHAMPION, name="the encoder as it was")
    return verdict


def intervals_of(scores: Mapping[str, Any], outcomes: Any, *, rounds: int) -> dict[tuple[str, str], Interval]:
    """(metric, contender) -> its value with interval, on the held-out texts that are not neutral."""
    measured = {"accuracy": measures.accuracy, "auroc": measures.auroc}
    return {
        (metric, name): interval
        for name, score in scores.items()
        for metric, interval in measures.intervals(outcomes, score, measured, rounds=rounds).items()
    }


def held_out_texts(rows: LabelledTexts, encoded: Encoded, tuned: Tuned, *, max_tokens: int) -> HeldOutTexts:
    """The held-out texts of `rows`, of which `encoded` has the tuned vectors, with what the tuned head predicts."""
    places = np.flatnonzero(rows.is_in(Split.HELD_OUT))
    held_out = rows.only(Split.HELD_OUT)
    classes = tuned.head.logits(encoded.vectors[places]).argmax(axis=1)
    return HeldOutTexts(
        texts=held_out.texts,
        languages=held_out.languages,
        labels=held_out.labels,
        predictions=[tuned.classes[place] for place in classes],
        are_long=(encoded.token_counts[places] > max_tokens).tolist(),
    )


def with_card(
    tuned: Tuned, held_out: HeldOutTexts, metrics: Mapping[tuple[str, str], Interval], *, outcomes: int, rounds: int
) -> Tuned:
    """The same with the card that the held-out texts give: beside its baselines, by group, and where it fails."""
    card = evaluated(tuned.card, held_out, rounds=rounds)
    contenders = [
        Figure("method", name, metric, interval.value, interval.low, interval.high, outcomes)
        for (metric, name), interval in metrics.items()
    ]
    card = replace(card, figures=(*contenders, *card.figures))
    write_card(tuned.folder, card)
    return replace(tuned, card=card)


def _trained(
    tuned: Tuned,
    verdict: Verdict,
    metrics: Mapping[tuple[str, str], Interval],
    text: EncoderSpec,
    run: TrainingRun,
) -> Trained:
    figures = {
        f"{metric}_{name.replace(' + ', '_').replace(' ', '_').replace('-', '')}": interval
        for (metric, name), interval in metrics.items()
    }
    fingerprint = run.encoder_fingerprint()
    return Trained(
        name=NAME,
        model=TunedEncoder(tuned.folder, text),
        features=(("text", "string"),),
        predictions=(("sentiment", "string"),),
        feature_version=fingerprint,
        parameters={**tuned.parameters, "classes": ",".join(tuned.classes), "encoder_before": fingerprint},
        metrics=measures.flat(figures) | {f"tuning_{name}": value for name, value in tuned.metrics.items()},
        verdict=verdict,
        evaluation={
            "metrics": {name: asdict(interval) for name, interval in figures.items()},
            "classes": list(CLASSES),
            "figures": [asdict(figure) for figure in tuned.card.figures],
            "failure_checks": [asdict(check) | {"result": check.verdict} for check in tuned.card.failure_checks],
        },
        curve=tuned.curve,
        loader="footfall.models.sentiment_encoder.model",
    )
