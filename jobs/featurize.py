"""Turns facts into features: daily_activity from what is new, then user_features and item_features as of their dates."""

import sys
from collections.abc import Mapping
from datetime import date

from footfall.features import daily_activity, item_features, user_features
from footfall.features.coverage import COUNTED, first_days, require_activity_before, warning_of
from footfall.refine.feeds import raw_feeds
from footfall.runtime.cli import Job, main
from footfall.runtime.dated import DatedTables
from footfall.steps.step import Frames, Output, Read, Step, StepResult
from footfall.tables import DAILY_ACTIVITY, IDENTITIES, ITEM_FEATURES, ITEMS, REVIEWS, USER_FEATURES
from footfall.tables.orders import ORDER_LINES, REFUND_LINES

CODE = ("footfall.features",)


def steps(job: Job) -> list[Step]:
    """daily_activity first: the others are summed from it."""
    counted = {table.name for table in COUNTED}
    feeds = {
        f.name: f.feed.known is not None for f in raw_feeds(job.settings.all_sources) if counted & set(f.feed.into)
    }
    return [_daily_activity(job), _user_features(job, feeds), _item_features(job)]


def _daily_activity(job: Job) -> Step:
    zone = job.settings.shop.time_zone

    def apply(frames: Frames) -> StepResult:
        facts = {table.name: frames[table.full_name] for table in COUNTED}
        return StepResult([Output(DAILY_ACTIVITY, daily_activity(**facts, time_zone=zone))])

    reads = tuple(Read(table.full_name, new=True, follows=True) for table in COUNTED)
    return Step("daily_activity", reads, (DAILY_ACTIVITY.full_name,), apply, CODE, {"time_zone": zone})


def _user_features(job: Job, feeds: Mapping[str, bool]) -> Step:
    tables, dates = (DAILY_ACTIVITY, ORDER_LINES, REVIEWS, ITEMS, IDENTITIES), job.dates.every

    def first_known(frames: Frames) -> date | None:
        first = first_days(frames[DAILY_ACTIVITY.full_name])
        require_activity_before(job.dates.current, first, feeds=feeds)
        if warning := warning_of(dates, first, feeds=feeds):
            print(f"warning: {warning}")
        return first.known

    makes = {USER_FEATURES: user_features}
    return DatedTables(
        job, "user_features", DAILY_ACTIVITY, tables, makes, dates, goes_on=True, first_known=first_known
    ).as_step(CODE)


def _item_features(job: Job) -> Step:
    tables, dates = (ORDER_LINES, REFUND_LINES, REVIEWS, IDENTITIES), (job.dates.evaluation, job.dates.current)
    makes = {ITEM_FEATURES: item_features}
    return DatedTables(job, "item_features", DAILY_ACTIVITY, tables, makes, dates, goes_on=True).as_step(CODE)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
