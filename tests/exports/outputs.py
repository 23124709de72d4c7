"""What a command of a case printed, and which of the expected words it did not. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST_SIGNS = 300  # of a fault that is shown


@dataclass(frozen=True)
class CommandOutput:
    """How a command ended, and all that it printed."""

    exit_code: int
    text: str
    fault: str


def unprinted(words: Sequence[str], output: CommandOutput) -> str:
    """Those words that a command did not print, each as a word of its own: `ip` is not in `skipped`."""
    patterns = {str(word): re.escape(str(word)) for word in words}
    printed_words = {w for w, p in patterns.items() if re.search(rf"(?<![A-Za-z0-9]){p}(?![A-Za-z0-9])", output.text)}
    return ", ".join(word for word in patterns if word not in printed_words)


def short(text: str) -> str:
    """A fault on one line, without its way out."""
    words = " ".join(text.partition("\nFix:")[0].split())
    return words if len(words) <= MOST_SIGNS else f"{words[:MOST_SIGNS]} ..."
