"""Which as-of dates features are made for: the current one, the evaluation date, the training ones. Pure, imports nothing of footfall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class AsOfDates:
    """Dates in the order in which labels become known: training first, then the evaluation date; the current has none yet."""

    current: date
    evaluation: date
    training: tuple[date, ...]

    @property
    def every(self) -> tuple[date, ...]:
        """All of them, earliest first."""
        return (*self.training, self.evaluation, self.current)


def as_of_dates(
    as_of: date, *, horizon_days: int, return_window_days: int, training_dates: int, training_step_days: int
) -> AsOfDates:
    """The evaluation date's label is complete at `as_of`, and the latest training date's at the judged date.

    A label of date D is complete at D + horizon + return window. Training dates lie `training_step_days` apart.
    """
    complete_after = timedelta(days=horizon_days + return_window_days)
    evaluation = as_of - complete_after
    latest = evaluation - complete_after
    training = tuple(latest - timedelta(days=n * training_step_days) for n in reversed(range(training_dates)))
    return AsOfDates(as_of, evaluation, training)
