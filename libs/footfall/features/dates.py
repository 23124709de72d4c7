"""The as-of dates of features: the current date, the evaluation date and the training dates. Pure, imports nothing of footfall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class AsOfDates:
    """The dates of one run. The label of the current date is not known yet."""

    current: date
    evaluation: date
    training: tuple[date, ...]

    @property
    def every(self) -> tuple[date, ...]:
        """All dates, earliest first."""
        return (*self.training, self.evaluation, self.current)


def as_of_dates(
    as_of: date, *, horizon_days: int, return_window_days: int, training_dates: int, training_step_days: int
) -> AsOfDates:
    """The label of the evaluation date is complete at `as_of`, that of the latest training date at the evaluation date.

    A label of date D is complete at D + horizon + return window. Training dates lie `training_step_days` apart.
    """
    complete_after = timedelta(days=horizon_days + return_window_days)
    evaluation = as_of - complete_after
    latest = evaluation - complete_after
    training = tuple(latest - timedelta(days=n * training_step_days) for n in reversed(range(training_dates)))
    return AsOfDates(as_of, evaluation, training)
