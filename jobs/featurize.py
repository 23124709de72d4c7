"""Turns facts into features: daily_activity from what is new, then user_features and item_features as of their dates."""

import sys
from collections.abc import Mapping
from datetime import date

from footfall.features import item_features, user_features
from footfall.features.coverage import COUNTED, first_days, warning_before
from footfall.refine.feeds import raw_feeds
from footfall.runtime.activity import daily_activity_step
from footfall.runtime.cli import Job, main
from footfall.runtime.dated import DatedTables
from footfall.runtime.permissions import consent_of
from footfall.steps.step import Frames, Step
from footfall.tables import DAILY_ACTIVITY, IDENTITIES, ITEM_FEATURES, ITEMS, REVIEWS, USER_FEATURES
from footfall.tables.orders import ORDER_LINES, REFUND_LINES

CODE = ("footfall.features",)


def steps(job: Job) -> list[Step]:
    """daily_activity first: the others are summed from it."""
    counted = {table.name for table in COUNTED}
    feeds = {
        f.name: f.feed.known is not None for f in raw_feeds(job.settings.all_sources) if counted & set(f.feed.into)
    }
    return [daily_activity_step(job), _user_features(job, feeds), _item_features(job)]


def _user_features(job: Job, feeds: Mapping[str, bool]) -> Step:
    tables, dates = (DAILY_ACTIVITY, ORDER_LINES, REVIEWS, ITEMS, IDENTITIES), job.dates.every
    consent = consent_of(job, "analytics", "profiling")

    def first_known(frames: Frames) -> date | None:
        first = first_days(frames[DAILY_ACTIVITY.full_name])
        if warning := warning_before(dates, first, feeds=feeds, has_consents=consent is not None):
            print(f"warning: {warning}")
        return first.known

    makes = {USER_FEATURES: user_features}
    return DatedTables(
        job, "user_features", DAILY_ACTIVITY, tables, makes, dates, goes_on=True, first_known=first_known,
        consent=consent, of_persons=True,
    ).as_step(CODE)  # fmt: skip


def _item_features(job: Job) -> Step:
    tables, dates = (ORDER_LINES, REFUND_LINES, REVIEWS, IDENTITIES), (job.dates.evaluation, job.dates.current)
    makes, consent = {ITEM_FEATURES: item_features}, consent_of(job, "analytics")
    return DatedTables(
        job, "item_features", DAILY_ACTIVITY, tables, makes, dates, goes_on=True, consent=consent
    ).as_step(CODE)


if __name__ == "__main__":
    sys.exit(main(__doc__, steps))
