"""Churn: the probability that somebody orders nothing within the horizon.

Demographics stay out: they have no date. Windows of 90 days and 12 weeks only, since a year's window is cut short at the
earliest dates of a young log.
"""

from footfall.models.common.declaration import Gate, Label, Learner, Model, Population
from footfall.models.common.featureset import USER_QUERIES, Feature, FeatureSet, Transform
from footfall.tables import DAILY_ACTIVITY, IDENTITIES, USER_FEATURES, USER_SCORES

LOG, LINEAR, MISSING = Transform.LOG, Transform.LINEAR, Transform.MISSING
FEATURES = FeatureSet(
    USER_FEATURES,
    (
        Feature("recency_days", LOG, "days since the last order"),
        Feature("gap_mean_days", LOG, "usual days between orders"),
        Feature("gap_stddev_days", LOG, "how much the days between orders vary"),
        Feature("gap_max_days", LOG, "longest pause between orders"),
        Feature("gap_mean_days", MISSING, "has ordered on one day only"),
        Feature("active_weeks_12w", LINEAR, "weeks with an order, of the last 12"),
        Feature("order_count_30d", LOG, "orders in the last 30 days"),
        Feature("order_count_90d", LOG, "orders in the last 90 days"),
        Feature("net_amount_90d", LOG, "net paid in the last 90 days"),
    ),
    USER_QUERIES,
)
RECENCY = FeatureSet(USER_FEATURES, (Feature("recency_days", LOG, "recency"),), USER_QUERIES)
RFM = FeatureSet(
    USER_FEATURES,
    (
        Feature("recency_days", LOG, "recency"),
        Feature("order_count_365d", LOG, "frequency"),
        Feature("net_amount_365d", LOG, "monetary value"),
    ),
    USER_QUERIES,
)

MODEL = Model(
    name="churn",
    about="the probability that somebody orders nothing within the horizon",
    population=Population(
        "people who ordered within `churn.active_within_days` before the as-of date",
        rows="footfall.models.churn.people:rows",
    ),
    features=FEATURES,
    label=Label("no order placed within `churn.horizon_days` after the as-of date"),
    learners=(Learner("logistic regression", "of the pauses between orders, recent orders and money"),),
    baselines=(
        Learner("recency alone", "days since the last order", RECENCY),
        Learner("RFM + logistic regression", "recency, frequency and monetary value", RFM),
    ),
    gates=(Gate("auroc", "min_auroc_gain"), Gate("log_loss")),
    reads=(USER_FEATURES, DAILY_ACTIVITY, IDENTITIES),
    writes=(USER_SCORES,),
    settings="churn",
    fitted="footfall.models.common.binary_scorer:BinaryScorer",
    train="footfall.models.common.binary_training:train_binary",
    score="footfall.models.churn.people:score",
    score_reads=(USER_FEATURES,),
    score_settings=("active_within_days",),
    plots={"calibration": "calibration", "gain": "gain_curve", "coefficients": "coefficients"},
)
