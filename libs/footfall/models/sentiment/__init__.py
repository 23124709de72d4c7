"""Sentiment: how likely a text is negative, neutral or positive, from its stored vector and its words.

A new head costs no pass of the encoder. It is fitted on labelled texts that are no customer's.
"""

from footfall.models.common.declaration import DocumentColumns, Gate, Label, Learner, Model, Population, TextFeatures
from footfall.tables import LABELLED_TEXTS, TEXT_INSIGHTS, TEXT_VECTORS

NEGATIVE, NEUTRAL, POSITIVE = CLASSES = ("negative", "neutral", "positive")
PROBABILITIES = tuple(f"{name}_probability" for name in CLASSES)

MODEL = Model(
    name="sentiment",
    about="how likely a text is negative, neutral or positive",
    population=Population(
        "texts that were labelled outside, of no customer", rows="footfall.models.sentiment.training:rows"
    ),
    features=TextFeatures(("text", "vector")),
    label=Label("the sentiment that the source of `refined.labelled_texts` gave the text"),
    learners=(Learner("vectors + n-grams", "logistic regressions over both, their log-odds summed and calibrated"),),
    baselines=(
        Learner("n-grams", "TF-IDF of hashed character n-grams + logistic regression"),
        Learner("vectors", "the encoder's vectors + logistic regression"),
    ),
    gates=(Gate("auroc", "min_auroc_gain"), Gate("accuracy", -0.02), Gate("log_loss")),
    reads=(LABELLED_TEXTS, TEXT_VECTORS),
    writes=(TEXT_INSIGHTS,),
    settings="sentiment",
    fitted="footfall.models.sentiment.model:SentimentModel",
    train="footfall.models.sentiment.training:train",
    needs=(LABELLED_TEXTS,),
    documents=DocumentColumns(("sentiment", *PROBABILITIES)),
    plots={"calibration": "calibration"},
)
