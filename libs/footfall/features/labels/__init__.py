"""Labels: what happened after an as-of date. Pure functions of frames; no feature may read them."""

from __future__ import annotations

from pyspark.sql import DataFrame

from footfall.steps.sql import run_sql


def no_purchase(
    population: DataFrame,
    *,
    daily_activity: DataFrame,
    identities: DataFrame,
    horizon_days: int,
    return_window_days: int,
    time_zone: str,
) -> DataFrame:
    """The population's (as_of_date, user_id), each once, with `no_purchase` (int): 1 without an order, 0 with one.

    It counts orders with as_of_date <= event_date < as_of_date + horizon that were known before as_of_date + horizon +
    return window: as placed, cancelled ones too, less corrections. The caller chooses the population (for instance people
    with a recent order). Before a label is complete, orders that are still to come count as none.
    """
    return run_sql(
        "features.labels",
        "no_purchase",
        values={"horizon_days": horizon_days, "return_window_days": return_window_days, "time_zone": time_zone},
        population=population,
        daily_activity=daily_activity,
        identities=identities,
    )
