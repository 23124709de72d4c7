"""Turns facts into features: daily_activity from what is new, then user_features and item_features as of their dates."""

import sys
from collections.abc import Mapping

from footfall.features import daily_activity, item_features, user_features
from footfall.features.coverage import COUNTED, first_days, require_activity_before, warning_of
from footfall.features.dates import AsOfDates
from footfall.refine.feeds import raw_feeds
from footfall.runtime.cli import Job, main
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import DAILY_ACTIVITY, IDENTITIES, ITEM_FEATURES, ITEMS, ORDER_LINES, REVIEWS, USER_FEATURES

CODE = ("footfall.features",)


def steps(job: Job) -> list[Step]:
    """daily_activity first: the others are summed from it."""
    time_zone = job.settings.shop.time_zone
    counted = {table.name for table in COUNTED}
    feeds = {
        f.name: f.feed.known is not None for f in raw_feeds(job.settings.all_sources) if counted & set(f.feed.into)
    }
    return [
        _daily_activity(time_zone),
        _user_features(job.dates, time_zone, feeds),
        _item_features(job.dates, time_zone),
    ]


def _daily_activity(time_zone: str) -> Step:
    def apply(frames: Frames) -> StepResult:
        facts = {table.name: frames[table.full_name] for table in COUNTED}
        return StepResult([Output(DAILY_ACTIVITY, daily_activity(**facts, time_zone=time_zone))])

    reads = tuple(Read(table.full_name, new=True, follows=True) for table in COUNTED)
    return Step("daily_activity", reads, (DAILY_ACTIVITY.full_name,), apply, CODE, {"time_zone": time_zone})


def _user_features(dates: AsOfDates, time_zone: str, feeds: Mapping[str, bool]) -> Step:
    tables = (DAILY_ACTIVITY, ORDER_LINES, REVIEWS, ITEMS, IDENTITIES)

    def apply(frames: Frames) -> StepResult:
        first = first_days(frames[DAILY_ACTIVITY.full_name])
        require_activity_before(dates.current, first, feeds=feeds)
        if warning := warning_of(dates.every, first, feeds=feeds):
            print(f"warning: {warning}")
        facts = {table.name: frames[table.full_name] for table in tables}
        return StepResult([Output(USER_FEATURES, user_features(**facts, dates=dates.every, time_zone=time_zone))])

    reads = tuple(Read(table.full_name) for table in tables)
    values = {"dates": dates.every, "time_zone": time_zone}
    return Step("user_features", reads, (USER_FEATURES.full_name,), apply, CODE, values)


def _item_features(dates: AsOfDates, time_zone: str) -> Step:
    tables, wanted = (ORDER_LINES, REVIEWS, IDENTITIES), (dates.evaluation, dates.current)

    def apply(frames: Frames) -> StepResult:
        facts = {table.name: frames[table.full_name] for table in tables}
        return StepResult([Output(ITEM_FEATURES, item_features(**facts, dates=wanted, time_zone=time_zone))])

    reads = tuple(Read(table.full_name) for table in tables)
    values = {"dates": wanted, "time_zone": time_zone}
    return Step("item_features", reads, (ITEM_FEATURES.full_name,), apply, CODE, values)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
