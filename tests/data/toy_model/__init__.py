"""A toy: whether somebody orders on most of their weeks. It stands for any model that a shop adds."""

from footfall.models.common.declaration import Gate, Label, Learner, Model, Population
from footfall.models.common.featureset import USER_QUERIES, Feature, FeatureSet, Transform
from footfall.tables import USER_FEATURES, USER_SCORES

ORDERS = FeatureSet(
    USER_FEATURES,
    (
        Feature("order_count_90d", Transform.LOG, "orders in the last 90 days"),
        Feature("recency_days", Transform.LOG, "recency"),
    ),
    USER_QUERIES,
)
RECENCY = FeatureSet(USER_FEATURES, (Feature("recency_days", Transform.LOG, "recency"),), USER_QUERIES)

MODEL = Model(
    name="toy",
    about="whether somebody orders in most of their weeks",
    population=Population("everybody", rows="footfall.models.toy.people:rows"),
    features=ORDERS,
    label=Label("six weeks or more with an order, of the last 12"),
    learners=(Learner("logistic regression", "of orders and recency"),),
    baselines=(Learner("recency alone", "days since the last order", RECENCY),),
    gates=(Gate("auroc"),),
    reads=(USER_FEATURES,),
    writes=(USER_SCORES,),
    settings="",
    fitted="footfall.models.common.binary_scorer:BinaryScorer",
    train="footfall.models.common.binary_training:train_binary",
    score="footfall.models.toy.people:score",
    score_reads=(USER_FEATURES,),
    plots={"coefficients": "coefficients"},
)
