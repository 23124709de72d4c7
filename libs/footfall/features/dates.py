"""Which as-of dates features are made for: the current one, the judged one, the training ones. Pure, imports nothing of footfall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class AsOfDates:
    """Dates in the order in which labels become known: training first, then the judged one; the current has none yet."""

    current: date
    judged: date
    training: tuple[date, ...]

    @property
    def every(self) -> tuple[date, ...]:
        """All of them, earliest first."""
        return (*self.training, self.judged, self.current)


def as_of_dates(
    as_of: date, *, horizon_days: int, return_window_days: int, training_dates: int, training_step_days: int
) -> AsOfDates:
    """The judged date's label is complete at `as_of`, and the latest training date's at the judged date.

    A label of date D is complete at D + horizon + return window. Training dates lie `training_step_days` apart.
    """
    complete_after = timedelta(days=horizon_days + return_window_days)
    judged = as_of - complete_after
    latest = judged - complete_after
    training = tuple(latest - timedelta(days=n * training_step_days) for n in reversed(range(training_dates)))
    return AsOfDates(as_of, judged, training)
