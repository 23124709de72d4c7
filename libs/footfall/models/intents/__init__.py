"""Intents: what the writer of a message to the shop wants, or that nobody can say; from text and stored vector.

A new head costs no pass of the encoder. It is fitted on labelled messages that are no customer's.
"""

from footfall.models.common.declaration import DocumentColumns, Gate, Label, Learner, Model, Population, TextFeatures
from footfall.tables import LABELLED_TICKETS, TEXT_INSIGHTS, TEXT_VECTORS

MODEL = Model(
    name="intents",
    about="what the writer of a message wants; `unknown` goes to a person",
    population=Population(
        "messages that were labelled outside, of no customer", rows="footfall.models.intents.training:rows"
    ),
    features=TextFeatures(("text", "vector")),
    label=Label("the intent that the source of `refined.labelled_tickets` gave the message"),
    learners=(Learner("vectors + n-grams", "logistic regressions over both, calibrated on folds"),),
    baselines=(
        Learner("key words", "the intent of which most words are there"),
        Learner("n-grams", "TF-IDF of hashed character n-grams + logistic regression"),
    ),
    # the threshold answers all that is just worth it, so that the low end lies below 0 on a few hundred messages
    gates=(Gate("accuracy"), Gate("utility", -0.3)),
    reads=(LABELLED_TICKETS, TEXT_VECTORS),
    writes=(TEXT_INSIGHTS,),
    settings="intents",
    fitted="footfall.models.intents.model:IntentsModel",
    train="footfall.models.intents.training:train",
    needs=(LABELLED_TICKETS,),
    documents=DocumentColumns(("intent", "intent_probability"), kinds=("ticket",)),
    plots={"calibration": "calibration"},
)
