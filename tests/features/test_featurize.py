"""The job's own check: features before the first event are nobody's."""

from datetime import timedelta

import pytest
from jobs.featurize import require_activity_before
from pyspark.sql import SparkSession

from features.shop_rows import D, rows
from footfall.errors import DataError
from footfall.tables import DAILY_ACTIVITY


def test_an_as_of_date_on_the_first_day_is_refused_with_a_better_date(spark: SparkSession) -> None:
    activity = rows(spark, DAILY_ACTIVITY, {"actor_id": "ann", "event_date": D})
    require_activity_before(D + timedelta(days=1), activity)
    with pytest.raises(
        DataError, match=r"first day in results\.daily_activity is 2017-07-01\.\nFix: Give --as-of a day after"
    ):
        require_activity_before(D, activity)


def test_no_activity_at_all_is_reported_as_such(spark: SparkSession) -> None:
    with pytest.raises(DataError, match=r"results\.daily_activity is empty"):
        require_activity_before(D, rows(spark, DAILY_ACTIVITY))
