"""Contracts of what is read from texts: vectors and insights. Declarations only."""

from footfall.contract import Column, Layer, Personal, Rule, Table, Written
from footfall.tables.columns import ACTOR, AS_OF, CLOCKS, count, mean, probability, share

TEXT_VECTORS = Table(
    name="text_vectors",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per distinct text and encoder: what the encoder made of it",
    columns=(
        Column("text_id", "string", "keyed hash of the normalised text", personal=Personal.IDENTIFIER),
        Column(
            "encoder_fingerprint",
            "string",
            "hash of weights, tokenizer, prefix, pooling, how long texts are read, and number type",
        ),
        Column(
            "vector",
            "array<float>",
            "float32[dim], of length 1",
            personal=Personal.SENSITIVE,
            required=True,
            tolerance=2e-2,
        ),
        Column("token_count", "int", "tokens read, special ones included", unit="count", required=True),
        Column(
            "norm",
            "float",
            "length of the pooled vector before it was scaled to 1",
            required=True,
            tolerance=2e-2,
        ),
    ),
    key=("text_id", "encoder_fingerprint"),
)

TEXT_INSIGHTS = Table(
    name="text_insights",
    layer=Layer.RESULTS,
    version=4,
    grain="one row per document that was read, a review or a ticket: what it says",
    columns=(
        Column("document_kind", "string", "review or ticket"),
        Column(
            "document_id",
            "string",
            "review_id in refined.reviews, ticket_id in refined.tickets",
            personal=Personal.QUASI,
        ),
        *CLOCKS,
        ACTOR,
        Column("item_id", "string", "the item that it speaks of"),
        Column("text_id", "string", "as in text_vectors", personal=Personal.IDENTIFIER, required=True),
        Column("sentiment", "string", "the likeliest of negative, neutral and positive; NULL where no model serves"),
        probability("negative_probability", "that it sounds negative", required=False),
        probability("neutral_probability", "that it sounds neutral, or praises as much as it blames", required=False),
        probability("positive_probability", "that it sounds positive", required=False),
        Column(
            "intent",
            "string",
            "what the writer of a ticket wants; unknown is for a person to read; NULL of reviews",
        ),
        Column("intent_probability", "double", "of the likeliest intent, said or not", unit="0 to 1", tolerance=2e-2),
        Column("topic_id", "int", "as in text_topics; NULL where it is near none"),
        Column(
            "topic_similarity",
            "double",
            "cosine to the centre of the nearest topic",
            unit="-1 to 1",
            tolerance=2e-2,
        ),
        Column("model_versions", "array<string>", "name/version of every model that spoke", required=True),
        Column("encoder_fingerprint", "string", "of the vector that sentiment was read from", required=True),
    ),
    key=("document_kind", "document_id"),
    written=Written.UPDATE,
)

TEXT_TOPICS = Table(
    name="text_topics",
    layer=Layer.RESULTS,
    version=2,
    grain="one row per topic and as-of date: how much people speak of it, beside the weeks before",
    columns=(
        AS_OF,
        Column("topic_id", "int", "number of the topic, from 0; stays with it from refit to refit"),
        count("document_count_28d", "reviews and tickets on it in the last 28 days"),
        mean(
            "document_count_before",
            "per 28 days, mean over those of the four spans of 28 days before in which anybody spoke of anything; NULL without",
            unit="count",
        ),
        share("negative_share_28d", "of its documents of the last 28 days, the negative ones; NULL without documents"),
        share("negative_share_before", "of its documents of the 112 days before, the negative ones; NULL without"),
        count("user_count_28d", "people who spoke of it in the last 28 days"),
        count("user_count_before", "people who spoke of it in each of the four spans before, added up"),
        mean(
            "rise",
            "users of the last 28 days over those expected from the spans before and from how many people wrote at all, "
            "one user added to both; NULL without documents of any topic now or before",
            unit="ratio",
        ),
        mean("rise_low", "low end of the 95% interval of the ratio of the two rates; NULL as rise", unit="ratio"),
        mean("rise_high", "high end of it; NULL as rise, and where nobody spoke of it before", unit="ratio"),
        share("p_value", "of so many users by chance alone, corrected for the number of topics of the date"),
        Column("is_rising", "boolean", "more users than chance explains", required=True),
        Column("is_new", "boolean", "rising, and next to no users before", required=True),
        Column("first_seen", "date", "day of the earliest document on it known by then", required=True),
        Column(
            "representative_text_ids",
            "array<string>",
            "the texts nearest to its centre, each of another person, nearest first, those of the last 28 days before older ones",
            personal=Personal.IDENTIFIER,
            required=True,
        ),
        Column("model_version", "string", "topics model in MLflow, name/version", required=True),
    ),
    key=("as_of_date", "topic_id"),
    rules=(Rule("new_is_rising", "is_rising OR NOT is_new"),),
    written=Written.REPLACE_AS_OF,
)

CLAUSE_VECTORS = Table(
    name="clause_vectors",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per clause of a distinct text and encoder: what the encoder made of it",
    columns=(
        Column("text_id", "string", "as in text_vectors", personal=Personal.IDENTIFIER),
        Column("clause_number", "int", "position in the text, from 1"),
        Column("encoder_fingerprint", "string", "as in text_vectors"),
        Column("start_char", "int", "where it begins in the normalised text, from 0", required=True),
        Column("end_char", "int", "where it ends, the first character that is not its own", required=True),
        Column(
            "vector",
            "array<float>",
            "float32[dim], of length 1",
            personal=Personal.SENSITIVE,
            required=True,
            tolerance=2e-2,
        ),
    ),
    key=("text_id", "clause_number", "encoder_fingerprint"),
    rules=(Rule("clause_not_empty", "0 <= start_char AND start_char < end_char"),),
)

TEXT_ASPECTS = Table(
    name="text_aspects",
    layer=Layer.RESULTS,
    version=2,
    grain="one row per document, clause and aspect that the clause speaks of",
    columns=(
        Column("document_id", "string", "the review's or the ticket's own id", personal=Personal.QUASI),
        Column("document_kind", "string", "review or ticket"),
        Column("clause_number", "int", "as in clause_vectors"),
        Column("aspect", "string", "quality, price, delivery ... or one of the shop's own"),
        *CLOCKS,
        ACTOR,
        Column("item_id", "string", "the item that the document is about, if it names one"),
        Column("text_id", "string", "as in text_vectors", personal=Personal.IDENTIFIER, required=True),
        Column("start_char", "int", "where the clause begins in the normalised text, from 0", required=True),
        Column("end_char", "int", "where it ends, the first character that is not its own", required=True),
        Column("sentiment", "string", "of the clause: negative, neutral or positive", required=True),
        Column(
            "positive_probability",
            "double",
            "that the clause is positive",
            unit="0 to 1",
            required=True,
            tolerance=2e-2,
        ),
        Column(
            "probability",
            "double",
            "that the clause speaks of the aspect",
            unit="0 to 1",
            required=True,
            tolerance=2e-2,
        ),
        Column(
            "evidence",
            "array<string>",
            "words of the clause that show the aspect",
            personal=Personal.FREE_TEXT,
            required=True,
        ),
        Column("model_version", "string", "aspects model in MLflow, name/version", required=True),
        Column("encoder_fingerprint", "string", "as in text_vectors", required=True),
    ),
    key=("document_id", "document_kind", "clause_number", "aspect"),
    rules=(Rule("a_probability", "probability BETWEEN 0 AND 1 AND positive_probability BETWEEN 0 AND 1"),),
    written=Written.UPDATE,
)
