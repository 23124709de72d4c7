"""Which topics people speak of more than in the weeks before, as of dates, and whether chance alone would do that. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from scipy.stats import beta, binom

from footfall.contract.frames import no_rows
from footfall.features import people_as_of
from footfall.models.common.featureset import Matrix
from footfall.models.common.runs import ScoringRun
from footfall.steps.sql import run_sql
from footfall.steps.step import Output
from footfall.tables import IDENTITIES, TEXT_INSIGHTS, TEXT_TOPICS

REPRESENTATIVES = 5  # texts that stand for a topic, each of another person
FEW = 3  # users in the four spans before: with fewer, a topic that rises is new
CONFIDENCE = 0.95
JUDGED = T.StructType(
    [
        *(T.StructField(name, T.DoubleType()) for name in ("rise", "rise_low", "rise_high", "p_value")),
        *(T.StructField(name, T.BooleanType()) for name in ("is_rising", "is_new")),
    ]
)


def score(run: ScoringRun) -> Sequence[Output]:
    """Rows of results.text_topics; none where no model serves."""
    if run.champion is None:
        return [Output(TEXT_TOPICS, no_rows(run.frame(TEXT_INSIGHTS), TEXT_TOPICS), as_of=(run.as_of,))]
    topics = text_topics(
        text_insights=run.frame(TEXT_INSIGHTS), identities=run.frame(IDENTITIES), dates=(run.as_of,),
        time_zone=run.time_zone, model_version=run.champion.version, **run.settings,
    )  # fmt: skip
    return [Output(TEXT_TOPICS, topics, as_of=(run.as_of,))]


def text_topics(
    *,
    text_insights: DataFrame,
    identities: DataFrame,
    dates: Sequence[date],
    time_zone: str,
    false_alarm_share: float,
    min_users: int,
    model_version: str,
) -> DataFrame:
    """Rows of results.text_topics: each topic spoken of in the 140 days before a date, for each of the dates.

    At `false_alarm_share` of the dates at most, something is called rising where nothing changed; of fewer than
    `min_users` people in 28 days nothing is.
    """
    people = people_as_of(identities, dates=dates, time_zone=time_zone)
    counts = run_sql(
        "models.topics",
        "text_topics",
        values={"representatives": REPRESENTATIVES},
        text_insights=text_insights,
        people=people,
    )
    schema = T.StructType([*counts.schema.fields, *JUDGED.fields])

    def judge(of_a_date: pd.DataFrame) -> pd.DataFrame:
        judged = judge_rises(of_a_date, false_alarm_share=false_alarm_share, min_users=min_users)
        return pd.concat([of_a_date, judged], axis=1)

    judged = counts.groupBy("as_of_date").applyInPandas(judge, schema)
    return judged.drop("all_user_count_28d", "all_user_count_before").withColumn("model_version", F.lit(model_version))


def judge_rises(counts: pd.DataFrame, *, false_alarm_share: float, min_users: int) -> pd.DataFrame:
    """Columns of `JUDGED` for all topics of one date, from their unique users and all users, now and before.

    Were the topic's share of all users unchanged, its users now would be a binomial draw from its users now and
    before: the one-sided exact test of two Poisson rates. So neither a busy month nor a short history is a rise. The
    p-values are corrected for the number of topics after Holm, not for the number of dates that one looks at.
    `rise` is the ratio to what was to be expected, both with one user added; its interval is Clopper and Pearson's, NULL
    where it is without bound.
    """
    now, before = (counts[f"user_count_{when}"].to_numpy(dtype=np.float64) for when in ("28d", "before"))
    all_now, all_before = (counts[f"all_user_count_{when}"].to_numpy(dtype=np.float64) for when in ("28d", "before"))
    share = all_now / np.maximum(all_now + all_before, 1)
    p_value = _holm(binom.sf(now - 1, now + before, share))
    has_both = (all_now > 0) & (all_before > 0)
    tail = (1 - CONFIDENCE) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(now > 0, beta.ppf(tail, now, before + 1), 0.0)
        high = np.where(before > 0, beta.ppf(1 - tail, now + 1, before), 1.0)
        expected = before * all_now / all_before
        ratios = {
            "rise": (now + 1) / (expected + 1),
            "rise_low": _ratio(low, share),
            "rise_high": _ratio(high, share),
        }
    is_rising = has_both & (p_value < false_alarm_share) & (now >= min_users)
    columns = {
        name: pd.Series(values, index=counts.index).where(has_both & np.isfinite(values))
        for name, values in ratios.items()
    }
    return pd.DataFrame({**columns, "p_value": p_value, "is_rising": is_rising, "is_new": is_rising & (before < FEW)})


def _ratio(part: Matrix, share: Matrix) -> Matrix:
    """The ratio of two rates, from the part of a topic's users that are of now, and that of all users."""
    return part / (1 - part) * (1 - share) / share


def _holm(p_values: Matrix) -> Matrix:
    """Each p-value as it counts among so many: at most one in twenty sets of true nulls has any below .05."""
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * (len(p_values) - np.arange(len(p_values)))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
