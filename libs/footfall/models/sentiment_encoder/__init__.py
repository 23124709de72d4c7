"""The encoder itself, fine-tuned on labelled texts: one that reads texts for every head, `models:/sentiment_encoder@champion`."""

from footfall.models.common.declaration import Gate, Label, Learner, Model, Population, Stage, TextFeatures
from footfall.tables import LABELLED_TEXTS, TEXT_VECTORS

MODEL = Model(
    name="sentiment_encoder",
    about="the text encoder, fine-tuned for sentiment; it reads texts where `text.encoder` names it",
    population=Population(
        "texts that were labelled outside, of no customer", rows="footfall.models.sentiment.training:rows"
    ),
    features=TextFeatures(("text",)),
    label=Label("the sentiment that the source of `refined.labelled_texts` gave the text"),
    learners=(Learner("fine-tuned vectors + n-grams", "the encoder trained further, its vectors beside n-grams"),),
    baselines=(
        Learner("n-grams", "TF-IDF of hashed character n-grams + logistic regression"),
        Learner("frozen vectors", "vectors of the encoder as it was + logistic regression"),
        Learner("frozen vectors + n-grams", "both, their log-odds summed"),
    ),
    gates=(Gate("auroc", "min_auroc_gain"),),
    reads=(LABELLED_TEXTS, TEXT_VECTORS),
    writes=(),
    settings="fine_tune",
    uses_settings=("sentiment",),
    fitted="footfall.models.sentiment_encoder.model:TunedEncoder",
    train="footfall.models.sentiment_encoder.training:train",
    needs=(LABELLED_TEXTS,),
    stage=Stage.FINE_TUNE,
    enabled_by="enabled",
)
