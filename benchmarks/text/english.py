"""English review sentences that people rated, each once, half of the reviews held out. Reads .cache/packages and labels/.

Source: Hutto and Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text (ICWSM 2014).
The reviews are of five electronic goods on Amazon, in lower case; twenty people rated each sentence from -4 to 4.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass
from functools import cache

from benchmarks.text.sentences import ROOT, key_of
from benchmarks.text.table import labels

SDIST = ROOT / ".cache" / "packages" / "vaderSentiment-3.3.2.tar.gz"
RATED = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
RATERS = 20


@dataclass(frozen=True)
class RatedSentence:
    """A sentence with the mean and the standard deviation of its ratings."""

    text: str
    review: str
    mean: float
    deviation: float

    @property
    def label(self) -> str:
        """Negative or positive where the mean is two standard errors from 0, else neutral."""
        error = self.deviation / RATERS**0.5
        return "positive" if self.mean > 2 * error else "negative" if self.mean < -2 * error else "neutral"

    @property
    def is_held_out(self) -> bool:
        """Whether its review belongs to the half on which nothing may be fitted or chosen."""
        return int(hashlib.sha256(f"review {self.review}".encode()).hexdigest(), 16) % 2 == 0


@cache
def english_sentences() -> tuple[RatedSentence, ...]:
    """All that have a letter or digit, in the order of the file."""
    with tarfile.open(SDIST) as sdist, tarfile.open(fileobj=io.BytesIO(_read(sdist, RATED))) as archive:
        texts, ratings = (_lines(archive, of) for of in ("GroundTruth", "anonDataRatings"))
    deviations = {name: float(deviation) for name, _, deviation, _ in ratings}
    by_key: dict[str, RatedSentence] = {}
    for name, mean, text in texts:
        by_key.setdefault(key_of(text), RatedSentence(text, name.split("_")[0], float(mean), deviations[name]))
    by_key.pop(key_of(""), None)
    return tuple(by_key.values())


def training_sentences() -> tuple[list[str], list[str]]:
    """Texts and labels of the sentences that are neither held out nor neutral: rated ones, then our own."""
    labelled = [(s.text, s.label) for s in english_sentences() if not s.is_held_out]
    labelled += [(row["text"], row["label"]) for row in labels("sentiment_en_training.jsonl")]
    texts, sentiments = zip(*((text, label) for text, label in labelled if label != "neutral"), strict=True)
    return list(texts), list(sentiments)


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{name} is no file of its archive")
    return member.read()


def _lines(archive: tarfile.TarFile, of: str) -> list[list[str]]:
    lines = _read(archive, f"hutto_ICWSM_2014/amazonReviewSnippets_{of}.txt").decode("utf-8-sig")
    return [line.split("\t") for line in lines.splitlines()]
