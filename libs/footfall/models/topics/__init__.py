"""Topics: groups of texts of like meaning, by their stored vectors, and those that people speak of more than before.

No word of a customer is in the model. k-means on centred vectors of length 1, which finds known groups better than density does
(benchmarks/text/topics.py). k is the most groups of which refits on resamples find each one again. The silhouette only falls as
texts are cut finer, and the Rand index hardly minds one group cut in two at random, so neither chooses. A topic that emerges in
the last weeks becomes one of its own, and stays one at later refits as long as anybody speaks of it.
"""

from footfall.models.common.declaration import DocumentColumns, Gate, Learner, Model, Population, TextFeatures
from footfall.tables import IDENTITIES, REVIEWS, TEXT_INSIGHTS, TEXT_TOPICS, TEXT_VECTORS, TICKETS

MODEL = Model(
    name="topics",
    about="the topic that a text speaks of, NULL where it is near none, and which topics rise",
    population=Population(
        "distinct texts of reviews and tickets known before the date", "footfall.models.topics.training:rows"
    ),
    features=TextFeatures(("vector",)),
    label=None,
    learners=(Learner("k-means", "on centred vectors, the most groups that repeat; beside them topics that emerge"),),
    baselines=(),
    gates=(Gate("stability", 0.1),),
    reads=(REVIEWS, TICKETS, TEXT_VECTORS),
    writes=(TEXT_TOPICS,),
    settings="topics",
    fitted="footfall.models.topics.model:TopicsModel",
    train="footfall.models.topics.training:train",
    score="footfall.models.topics.rising:score",
    score_reads=(TEXT_INSIGHTS, IDENTITIES),
    score_settings=("false_alarm_share", "min_users"),
    needs=(REVIEWS, TICKETS),
    documents=DocumentColumns(("topic_id", "topic_similarity")),
    cadence_days=1,  # it is there to find what is new
)
