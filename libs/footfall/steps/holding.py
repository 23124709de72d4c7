"""When what a feed brought for a table is held back whole, since too large a share of it is broken. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from footfall.errors import HeldBack

MOST_NAMED = 5  # rules


@dataclass(frozen=True)
class Limit:
    """More than this share of a feed's new rows, and at least so many `rows`, must not go to quarantine."""

    share: float
    rows: int

    def is_exceeded(self, *, broken: int, checked: int) -> bool:
        """Whether so many broken rows of those that were neither skipped nor wait are too many."""
        return broken >= self.rows and broken > self.share * checked


@dataclass(frozen=True)
class BrokenRows:
    """How many of a feed's new rows for a table are broken, and by which rules; with `taken_at` of one delivery among them."""

    feed: str
    broken: int
    checked: int
    rules: Mapping[str, int] = field(default_factory=dict)
    taken_at: str = ""

    def in_words(self, limit: Limit) -> str:
        """The feed, the share and the commonest rules."""
        commonest = sorted(self.rules.items(), key=lambda rule: (-rule[1], rule[0]))[:MOST_NAMED]
        rules = ", ".join(f"{name} {rows:,}" for name, rows in commonest)
        taken = f" that were taken at {self.taken_at} UTC" if self.taken_at else ""
        of_all = f"{self.broken:,} of {self.checked:,} rows{taken} ({self.broken / self.checked:.1%})"
        return f"of {self.feed} {of_all} go to quarantine, more than {limit.share:.1%}: {rules}"


def held_back(target: str, feeds: list[BrokenRows], limits: Mapping[str, Limit], reads: Mapping[str, str]) -> HeldBack:
    """The fault that these feeds' batch for a table is held back; `reads` gives the table that each is read from."""
    what = "; ".join(rows.in_words(limits[rows.feed]) for rows in feeds)
    accept = " ".join(f"--accept {rows.feed}" for rows in feeds)
    return HeldBack(
        f"{target}: {what}. They are held back: nothing new of them is in the table, and they wait.",
        fix=(
            "Look at the raw rows, and correct the mapping (jobs/ingest.py --check shows what becomes of them) or have the files "
            f"delivered again under new names. To let them in as they are, the broken rows into quarantine, start with {accept}; "
            "for good, give the feed a `max_quarantined_share` in its mapping."
        ),
        reads=frozenset(reads[rows.feed] for rows in feeds),
    )
