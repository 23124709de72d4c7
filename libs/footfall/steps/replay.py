"""Which rows of raw.quarantine are taken in again, after what was wrong with them was put right. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from footfall.contract.ddl import literal


@dataclass(frozen=True)
class Replay:
    """The rows that were set aside for a table, under one of these rules (none: under any), and taken since a moment.

    `since` is a time stamp of UTC as text, `2024-05-03 00:00:00`; empty: whenever they were taken.
    """

    target: str
    rules: tuple[str, ...] = ()
    since: str = ""

    @property
    def condition(self) -> str:
        """The same in SQL over raw.quarantine."""
        parts = [self.of_target]
        if self.rules:
            parts.append(f"arrays_overlap(rules, array({', '.join(map(literal, self.rules))}))")
        if self.since:
            parts.append(f"known_at >= TIMESTAMP{literal(self.since + 'Z')}")
        return " AND ".join(parts)

    @property
    def of_target(self) -> str:
        """All that was ever set aside for the table, in SQL."""
        return f"target = {literal(self.target)}"
