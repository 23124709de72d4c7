"""How a text classifier does on held-out texts: accuracy by language, length and class, and kinds on which it may fail.

Nothing of the texts themselves is in what these functions return.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from footfall.models.common.measures import intervals
from footfall.text.clauses import HAN
from footfall.tuning.card import EncoderCard, FailureCheck, Figure

Flags = npt.NDArray[np.bool_]
LENGTHS = (10, 30, 100)  # characters; the last of each band
NOT_CHECKED = "Not looked for: irony, spelling mistakes, and texts of other shops or languages; only a reader of such texts can tell."
NEGATION = re.compile(
    r"\b(?:not|no|never|nothing|nobody|neither|nor|without|hardly|cannot)\b|n['’]t\b|[不没未]", re.IGNORECASE
)
CONTRAST = re.compile(
    r"\b(?:but|however|although|though|yet|except|unfortunately)\b|但|可是|然而|不过|只是|就是", re.IGNORECASE
)
QUESTION = re.compile(r"[?？؟]|吗")
NUMBER = re.compile(r"\d")
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
HAN_LETTER, LATIN_LETTER = re.compile(f"[{HAN}]"), re.compile(r"[A-Za-z]")
KINDS: dict[str, Callable[[str], bool]] = {
    "with a negation": lambda text: bool(NEGATION.search(text)),
    "with a word of contrast (but, 但是)": lambda text: bool(CONTRAST.search(text)),
    "with a question": lambda text: bool(QUESTION.search(text)),
    "with a number": lambda text: bool(NUMBER.search(text)),
    "with an emoji": lambda text: bool(EMOJI.search(text)),
    "Chinese and Latin letters together": lambda text: bool(HAN_LETTER.search(text) and LATIN_LETTER.search(text)),
    "5 characters or fewer": lambda text: len(text) <= 5,
}


@dataclass(frozen=True)
class HeldOutTexts:
    """n normalised texts that nothing was fitted or chosen on, with their labels and what the model predicts.

    `are_long` marks those of more tokens than the model was trained with.
    """

    texts: Sequence[str]
    languages: Sequence[str]
    labels: Sequence[str]
    predictions: Sequence[str]
    are_long: Sequence[bool]

    @property
    def is_right(self) -> npt.NDArray[np.float64]:
        """float64[n]: 1 where the prediction is the label."""
        pairs = zip(self.labels, self.predictions, strict=True)
        return np.array([float(label == prediction) for label, prediction in pairs])


def evaluated(card: EncoderCard, held_out: HeldOutTexts, *, rounds: int) -> EncoderCard:
    """The card with the figures of the held-out texts and with what was looked for among them."""
    checks = failure_checks(held_out, rounds=rounds)
    return replace(card, figures=figures(held_out, rounds=rounds), failure_checks=checks, not_checked=NOT_CHECKED)


def figures(held_out: HeldOutTexts, *, rounds: int) -> list[Figure]:
    """Accuracy with its interval on all texts, and by language, length and label; groups without texts are left out."""
    right = held_out.is_right
    return [
        _accuracy(by, group, right[members], rounds=rounds) for by, group, members in _groups(held_out) if members.any()
    ]


def failure_checks(held_out: HeldOutTexts, *, rounds: int) -> list[FailureCheck]:
    """One check for each of KINDS, and one for texts of more tokens than the model was trained with."""
    right = held_out.is_right
    kinds = {kind: np.array([holds(text) for text in held_out.texts], dtype=bool) for kind, holds in KINDS.items()}
    kinds["longer than what it was trained with (fine_tune.max_tokens)"] = np.array(held_out.are_long, dtype=bool)
    return [_check(kind, members, right, rounds=rounds) for kind, members in kinds.items()]


def _groups(held_out: HeldOutTexts) -> Iterator[tuple[str, str, Flags]]:
    """(what groups, the group, bool[n] of its texts)."""
    languages, labels = np.array(held_out.languages), np.array(held_out.labels)
    sizes = np.array([len(text) for text in held_out.texts])
    yield "all", "all", np.ones(len(sizes), dtype=bool)
    yield from (("language", name, languages == name) for name in sorted(set(held_out.languages)))
    starts = (0, *(last + 1 for last in LENGTHS))
    for first, last in zip(starts, (*LENGTHS, None), strict=True):
        name = f"{first or 1} to {last} characters" if last else f"{first} characters and more"
        yield "length", name, (sizes >= first) & (sizes <= last if last else True)
    yield from (("label", name, labels == name) for name in sorted(set(held_out.labels)))


def _accuracy(by: str, group: str, right: npt.NDArray[np.float64], *, rounds: int) -> Figure:
    members = np.ones(len(right), dtype=np.int64)
    interval = intervals(members, right, {"accuracy": _mean_within}, rounds=rounds)["accuracy"]
    return Figure(by, group, "accuracy", interval.value, interval.low, interval.high, len(right))


def _check(kind: str, members: Flags, right: npt.NDArray[np.float64], *, rounds: int) -> FailureCheck:
    count = int(members.sum())
    accuracy = float(right[members].mean()) if count else None
    if not 0 < count < len(right):
        return FailureCheck(kind, count, accuracy)
    interval = intervals(members.astype(np.int64), right, {"difference": _difference}, rounds=rounds)["difference"]
    return FailureCheck(kind, count, accuracy, interval.value, interval.low, interval.high)


def _mean_within(members: npt.NDArray[np.int64], right: npt.NDArray[np.float64]) -> float:
    return float(right[members == 1].mean())


def _difference(members: npt.NDArray[np.int64], right: npt.NDArray[np.float64]) -> float:
    """Accuracy of the members minus that of the others; NaN where a resample has none of either."""
    if not 0 < members.sum() < len(members):
        return float("nan")
    return float(right[members == 1].mean() - right[members == 0].mean())
