"""Contract of sessions, which refine cuts from events. Declarations only."""

from footfall.contract import Column, Layer, Personal, Rule, Table, Written
from footfall.tables.columns import ACTOR, count
from footfall.tables.refined import CHANNEL

# Events that no visitor does at that moment: servers and tills write them.
NOT_OF_A_VISIT = ("payment", "payment_failed", "refund")

SESSIONS = Table(
    name="sessions",
    layer=Layer.REFINED,
    version=1,
    grain="one row per session of an actor on a channel and version of what was known of it; as of a date: "
    "known_at before its cut, and known_to NULL or not before it",
    columns=(
        Column(
            "session_id",
            "string",
            "event_id of that of its events that was known first; it stays when more events come to be known",
            personal=Personal.QUASI,
        ),
        Column("known_at", "timestamp", "when the last of its events was known, UTC"),
        Column(
            "known_to",
            "timestamp",
            "when, on a later day, another event of it was known, or one that joined it to an earlier session, UTC; NULL: still",
        ),
        ACTOR,
        CHANNEL,
        Column("session_key", "string", "the source's own session; NULL: cut by gap", personal=Personal.IDENTIFIER),
        Column("is_own", "boolean", "whether the source cut it", required=True),
        Column("started_at", "timestamp", "time of its first event, UTC", required=True),
        Column("ended_at", "timestamp", "time of its last event, UTC", required=True),
        Column("event_date", "date", "the shop's day on which it started, to which it belongs", required=True),
        Column("duration_s", "bigint", "from its first event to its last, whole", unit="s", required=True),
        Column("dwell_ms", "bigint", "time spent, as far as its events say; NULL: none does", unit="ms"),
        count("event_count", "events"),
        count("view_count", "events of type view"),
        count("search_count", "events of type search"),
        count("add_to_cart_count", "events of type add_to_cart"),
        count("checkout_count", "events of type checkout"),
        count("purchase_count", "events of type purchase"),
        Column("is_bounce", "boolean", "whether it has one event at most beside impressions", required=True),
        Column("first_item_id", "string", "item of the first event that names one"),
        Column("last_item_id", "string", "item of the last event that names one"),
        Column("first_campaign_id", "string", "campaign of the first event that names one"),
        Column("bot_reason", "string", "why one of its events counts as a machine's; NULL: a person's"),
    ),
    key=("session_id", "known_at"),
    rules=(
        Rule("ends_after_start", "ended_at >= started_at"),
        Rule("has_events", "event_count >= 1"),
        Rule("closed_after_known", "known_to > known_at"),
        Rule("own_has_key", "is_own = (session_key IS NOT NULL)"),
    ),
    written=Written.UPDATE,
    cluster_by=("event_date",),
)
