"""Aspects: what a clause praises or blames, and the words that show it, from its text and vector.

Nobody has to label a shop's clauses. A list of words votes on them, and a head over vectors learns from those votes what else is
said of the same things. How much each counts was settled on clauses labelled by hand; where there are enough labelled clauses it
is learnt from them, and heads of their own count too (`supervised`). The votes' head over n-grams only points at the words that
show an aspect where none of the list is there.
"""

from footfall.models.common.declaration import Gate, Label, Learner, Model, Population, TextFeatures
from footfall.tables import CLAUSE_VECTORS, LABELLED_CLAUSES, REVIEWS, TEXT_ASPECTS, TEXT_VECTORS, TICKETS

MODEL = Model(
    name="aspects",
    about="what a clause praises or blames, with the words that show it",
    population=Population(
        "clauses of reviews and tickets known before the date, and labelled clauses",
        rows="footfall.models.aspects.training:rows",
    ),
    features=TextFeatures(("text", "vector")),
    label=Label("the votes of a word list, and where a source brings them the labels of `refined.labelled_clauses`"),
    learners=(Learner("word list + vectors + n-grams", "heads that learn from the list's votes and from labels"),),
    baselines=(Learner("word list", "the aspects whose words stand in the clause"),),
    gates=(Gate("micro_f1"), Gate("auroc_of_votes", "min_auroc_gain")),
    reads=(REVIEWS, TICKETS, CLAUSE_VECTORS, LABELLED_CLAUSES, TEXT_VECTORS),
    writes=(TEXT_ASPECTS,),
    settings="aspects",
    fitted="footfall.models.aspects.model:AspectModel",
    train="footfall.models.aspects.training:train",
    score="footfall.models.aspects.scoring:score",
    score_reads=(REVIEWS, TICKETS, CLAUSE_VECTORS),
    score_with=("sentiment",),
    needs=(REVIEWS, TICKETS),
)
