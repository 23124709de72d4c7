"""Features as of a date need something that happened and was known before it; where there is nothing, the fault says why."""

from datetime import date, timedelta

import pytest
from pyspark.sql import SparkSession

from features.shop_rows import D, rows
from footfall.errors import DataError
from footfall.features.coverage import FirstDays, first_days, require_activity_before, warning_before, warning_of
from footfall.tables import DAILY_ACTIVITY

NEXT = D + timedelta(days=1)
TAKEN = D + timedelta(days=100)
FEEDS = {"till_sales": False, "web_clicks": True}
KNOWN_LATE = (
    f"what happened since {D} was not known before {TAKEN}. "
    "No `known` in the mapping of till_sales: such rows count as known from when they are taken."
)


def test_the_first_days_are_those_of_the_earliest_row_and_of_the_row_known_first(spark: SparkSession) -> None:
    activity = rows(
        spark,
        DAILY_ACTIVITY,
        {"actor_id": "ann", "event_date": D, "known_date": TAKEN},
        {"actor_id": "bob", "event_date": NEXT, "known_date": NEXT},
    )
    assert first_days(activity) == FirstDays(happened=D, known=NEXT)
    assert first_days(rows(spark, DAILY_ACTIVITY)) == FirstDays(None, None)


def test_a_date_after_the_first_known_day_is_served() -> None:
    require_activity_before(NEXT, FirstDays(D, D), feeds=FEEDS)


@pytest.mark.parametrize(
    ("first", "feeds", "fault", "fix"),
    [
        (
            FirstDays(None, None),
            {},
            "no source of this shop says what people did.",
            "Map a log with an `actor` into one of order_lines, refund_lines, events, coupon_redemptions, reviews;",
        ),
        (FirstDays(None, None), FEEDS, "results.daily_activity is empty.", "Ingest and refine order lines or events"),
        (
            FirstDays(NEXT, NEXT),
            FEEDS,
            f"the first day in results.daily_activity is {NEXT}.",
            f"Give --as-of a day after {NEXT}",
        ),
        (FirstDays(D, TAKEN), FEEDS, KNOWN_LATE, f"Give --as-of a day after {TAKEN}; or for a first load of old files"),
        (FirstDays(D, NEXT), {"a": True}, "The `known` of the mappings declares so long a delay.", "Give --as-of"),
    ],
)
def test_a_date_without_features_is_refused_with_the_reason_and_a_fix(
    first: FirstDays, feeds: dict[str, bool], fault: str, fix: str
) -> None:
    with pytest.raises(DataError) as refusal:
        require_activity_before(NEXT, first, feeds=feeds)
    assert refusal.value.what.startswith(f"no features as of {NEXT}: ")
    assert fault in refusal.value.what
    assert refusal.value.fix.startswith(fix)


def test_a_shop_with_consents_is_only_warned_since_it_may_be_that_nobody_consents() -> None:
    nothing, dates = FirstDays(None, None), [D, NEXT]
    warning = warning_before(dates, nothing, feeds=FEEDS, has_consents=True)
    assert warning.startswith(
        f"no features as of {NEXT}: results.daily_activity is empty. Of people who do not consent "
    )
    assert "Fix, where people do consent: Ingest and refine" in warning
    assert warning_before([NEXT], FirstDays(D, D), feeds=FEEDS, has_consents=True) == ""
    for feeds, has_consents in ((FEEDS, False), ({}, True)):
        with pytest.raises(DataError, match="no features as of"):
            warning_before(dates, nothing, feeds=feeds, has_consents=has_consents)


def test_dates_to_train_on_of_which_nothing_was_known_are_named_in_a_warning() -> None:
    dates: list[date] = [D, NEXT, TAKEN, TAKEN + timedelta(days=1)]
    warning = warning_of(dates, FirstDays(D, TAKEN), feeds=FEEDS)
    assert warning.startswith(
        f"no features as of {NEXT}, {TAKEN}, so no model learns from these dates: {KNOWN_LATE} Fix: "
    )
    assert warning_of(dates, FirstDays(D, D), feeds=FEEDS) == ""
    assert warning_of(dates, FirstDays(None, None), feeds=FEEDS) == ""
