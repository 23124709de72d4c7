"""Contracts of what customers write to the shop's service, and of what writers can want. Declarations only."""

from footfall.contract import Column, Layer, Personal, Rule, Table
from footfall.tables.columns import ACTOR, ARRIVED, CLOCKS, LABELLED, TEXT_NOT_BLANK, hashed_id
from footfall.tables.refined import CHANNEL, CHANNEL_RULE, NOT_BEFORE_IT_HAPPENED

INTENTS = (
    "where_is_my_parcel", "refund", "exchange", "defect", "invoice", "coupon", "account", "complaint", "other",
)  # fmt: skip
UNCLEAR = "unclear"  # the label of a message from which nobody could say what its writer wants

TICKETS = Table(
    name="tickets",
    layer=Layer.REFINED,
    version=2,
    grain="one row per message that a customer wrote to the shop's service",
    columns=(
        hashed_id("ticket_id"),
        *CLOCKS,
        ACTOR,
        Column("order_id", "string", "order that it speaks of, if known", personal=Personal.QUASI),
        Column("item_id", "string", "item that it speaks of, if known"),
        CHANNEL,
        Column("language", "string", "ISO 639-1 code, if the source says"),
        Column("text", "string", "as written", personal=Personal.FREE_TEXT, required=True),
        Column("text_id", "string", "keyed hash of the normalised text", personal=Personal.IDENTIFIER, required=True),
        ARRIVED,
    ),
    key=("ticket_id",),
    rules=(
        TEXT_NOT_BLANK,
        CHANNEL_RULE,
        NOT_BEFORE_IT_HAPPENED,
    ),
)

LABELLED_TICKETS = Table(
    name="labelled_tickets",
    layer=Layer.REFINED,
    version=1,
    grain="one row per distinct message with an intent given from outside, to train and judge on; none is a customer's",
    columns=(
        *LABELLED,
        Column("intent", "string", "what its writer wants: " + ", ".join((*INTENTS, UNCLEAR)), required=True),
        Column("origin", "string", "where the message and its label come from"),
        ARRIVED,
    ),
    key=("text_id",),
    rules=(
        Rule("intent_known", f"intent IN {(*INTENTS, UNCLEAR)}"),
        TEXT_NOT_BLANK,
    ),
)
