"""Segments: groups of people who behave alike.

Money and counts enter as logarithms, cut at their outer hundredths and standardised, so that neither petrol nor a few big
spenders make a group of their own. Five sides of behaviour, each once: with orders, active weeks, money and variety all in, the
one axis of "how active" drowns the others, and only three groups repeat.
"""

from footfall.models.common.declaration import Gate, Learner, Model, Population
from footfall.models.common.featureset import USER_QUERIES, Feature, FeatureSet, Transform
from footfall.tables import SEGMENT_CATALOGUE, SEGMENTS, USER_FEATURES

LOG, LINEAR = Transform.LOG, Transform.LINEAR
FEATURES = FeatureSet(
    USER_FEATURES,
    (
        Feature("recency_days", LOG, "days since the last order"),
        Feature("order_count_90d", LOG, "orders in the last 90 days"),
        Feature("order_value_90d", LOG, "net paid per order"),
        Feature("discount_share_90d", LINEAR, "share of discounts"),
        Feature("weekend_share_365d", LINEAR, "share of orders at the weekend"),
    ),
    USER_QUERIES,
)
SPENDING = FeatureSet(USER_FEATURES, (Feature("net_amount_365d", LOG, "net paid in the last 365 days"),), USER_QUERIES)
K_MEANS, SPENDING_GROUPS = "k-means", "spending groups"

MODEL = Model(
    name="segments",
    about="the group of people who behave like this person",
    population=Population("everybody with features as of the date", rows="footfall.models.segments.training:rows"),
    features=FEATURES,
    label=None,
    learners=(Learner(K_MEANS, "of five sides of behaviour; the most groups that repeat on resamples"),),
    baselines=(Learner(SPENDING_GROUPS, "three groups by net money alone", SPENDING),),
    gates=(Gate("silhouette"),),
    reads=(USER_FEATURES,),
    writes=(SEGMENTS, SEGMENT_CATALOGUE),
    settings="segments",
    fitted="footfall.models.segments.model:SegmentsModel",
    train="footfall.models.segments.training:train",
    score="footfall.models.segments.scoring:score",
    score_reads=(USER_FEATURES,),
    plots={"choice_of_k": "choice_of_k", "profile": "profile"},
)
