"""Sentiment of a clause by a list of good and bad words: a baseline that a model must beat. Reads polarity.yaml."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

WORD_LISTS = yaml.safe_load((Path(__file__).parent / "polarity.yaml").read_text(encoding="utf-8"))
GOOD, BAD = frozenset(WORD_LISTS["good"]), frozenset(WORD_LISTS["bad"])
CHINESE = r"[\u4e00-\u9fff]"
NEGATION = re.compile(
    r"(?:不是很|不怎么|不太|不够|不是|并不|不|没有|没|无|别|\bnot |n't |\bno |\bnever |\bhardly )(?:\w{0,6} )?$",
    re.IGNORECASE,
)
WORDS = re.compile(
    "|".join(
        re.escape(word) if re.match(CHINESE, word) else rf"\b{word}\b"
        for word in sorted({*GOOD, *BAD}, key=len, reverse=True)
    ),
    re.IGNORECASE,
)


def polarity(clause: str) -> int:
    """Number of good words less that of bad ones; a negated word counts for the other side."""
    score = 0
    for match in WORDS.finditer(clause):
        sign = 1 if match.group().lower() in GOOD else -1
        score += -sign if NEGATION.search(clause[: match.start()]) else sign
    return score


def sentiment_by_words(clause: str) -> str:
    """negative, neutral or positive."""
    score = polarity(clause)
    return "positive" if score > 0 else "negative" if score < 0 else "neutral"
