"""The as-of dates of features: the current date, the evaluation date and the training dates. Pure, imports nothing of footfall."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEK = timedelta(days=7)


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


@dataclass(frozen=True)
class DatesToWrite:
    """What a run does with a table by as-of date: dates to make, earliest first, and dates whose rows go.

    `base` is the latest date before those to make whose rows are as they should be; None where there is none.
    """

    make: tuple[date, ...]
    drop: tuple[date, ...]
    base: date | None = None

    @property
    def every(self) -> tuple[date, ...]:
        """All dates whose rows are replaced, by none where they go."""
        return (*self.drop, *self.make)


def as_of_dates(
    as_of: date, *, horizon_days: int, return_window_days: int, training_dates: int, training_step_weeks: int
) -> AsOfDates:
    """The label of the evaluation date is complete at `as_of`, that of the latest training date at the evaluation date.

    A label of date D is complete at D + horizon + return window. Both are the latest such Mondays; the other training
    dates lie `training_step_weeks` apart. So the dates stay the same for a week, and each was the current date of some run.
    """
    complete_after = timedelta(days=horizon_days + return_window_days)
    evaluation = monday(as_of - complete_after)
    latest = monday(evaluation - complete_after)
    training = tuple(latest - n * training_step_weeks * WEEK for n in reversed(range(training_dates)))
    return AsOfDates(as_of, evaluation, training)


def monday(day: date) -> date:
    """The day, or the last Monday before it."""
    return day - timedelta(days=day.weekday())


def dates_to_write(
    wanted: Sequence[date], *, existing: Collection[date], changed_since: date | None, first_known: date | None
) -> DatesToWrite:
    """Which of a table's dates a run makes and which it drops; it keeps the others.

    `wanted` are the dates of the run, earliest first and the current one last, `existing` those that have rows.
    `changed_since` is the first day on which something happened and was known that the rows did not see, None where there
    is nothing such. `first_known` is the first day on which anything had happened and was known: as of a date that is not
    after it there is nothing to tell.

    Made are wanted dates without rows or after `changed_since`. Dropped are unwanted ones after it, those earlier than all
    wanted ones, and those that are no Mondays: Mondays stay, since models will learn from them.
    """

    def is_changed(day: date) -> bool:
        return changed_since is not None and changed_since < day

    def is_told(day: date) -> bool:
        return day == wanted[-1] or (first_known is not None and first_known < day)

    make = tuple(d for d in wanted if (d not in existing and is_told(d)) or is_changed(d))
    unwanted = sorted(set(existing) - set(wanted))
    drop = tuple(d for d in unwanted if is_changed(d) or d < wanted[0] or d != monday(d))
    base = max((d for d in existing if make and d < make[0] and not is_changed(d)), default=None)
    return DatesToWrite(make, drop, base)
