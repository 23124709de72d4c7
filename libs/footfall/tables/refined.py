"""Contracts of the refined layer: typed facts, once each, pseudonymous. Declarations only."""

from footfall.contract import Column, Layer, Personal, Rule, Severity, Table, Written
from footfall.tables.columns import ACTOR, ARRIVED, CLOCKS, LABELLED, MONEY, QUANTITY, TEXT_NOT_BLANK, hashed_id

PROPERTIES = Column(
    "properties",
    "map<string,string>",
    "source columns and fields that the mapping's `keep` lists, as text",
    personal=Personal.FREE_TEXT,
)
ITEM = Column("item_id", "string", "the shop's own item number")
CURRENCY = Column("currency", "string", "ISO 4217 code of the amounts", required=True)
FX_RATE_KNOWN = "fx_rate_known"  # the rule that an amount has a value in the shop's currency
CHANNELS = "('web', 'app', 'mini_program', 'store', 'call_centre')"
CHANNEL = Column("channel", "string", "web, app, mini_program, store or call_centre")
CHANNEL_RULE = Rule("channel_known", f"channel IN {CHANNELS}")
NOT_BEFORE_IT_HAPPENED = Rule("known_after_it_happened", "known_at >= event_time")
VALIDITY = (
    Column("valid_from", "timestamp", "from when this version holds, UTC"),
    Column("valid_to", "timestamp", "until when it holds, exclusive, UTC; NULL: still"),
    Column("known_at", "timestamp", "when footfall had this version, UTC", required=True),
)

EVENT_TYPES = (
    "view", "search", "add_to_cart", "remove_from_cart", "checkout", "purchase", "payment", "payment_failed",
    "refund", "favourite", "impression", "click", "home", "browse", "account", "support", "error",
)  # fmt: skip

PSEUDONYMS = Table(
    name="pseudonyms",
    layer=Layer.REFINED,
    version=1,
    grain="one row per identifier ever seen and its incarnation: the vault, with grants of its own",
    columns=(
        ACTOR,
        Column("kind", "string", "what sort of identifier, from the mapping", required=True),
        Column("identifier", "string", "as the shop has it", personal=Personal.IDENTIFIER, required=True),
        Column("incarnation", "int", "0 at first; each erasure adds 1", required=True),
    ),
    key=("actor_id",),
)

IDENTITIES = Table(
    name="identities",
    layer=Layer.REFINED,
    version=1,
    grain="one row per actor, person and interval in which footfall held them to be the same",
    columns=(
        ACTOR,
        Column("user_id", "string", "the person, a pseudonym", personal=Personal.IDENTIFIER, required=True),
        Column("valid_from", "timestamp", "from when the actor is this person, UTC"),
        Column("valid_to", "timestamp", "until when, exclusive; NULL: still"),
        Column("known_from", "timestamp", "from when footfall held it to be so, UTC"),
        Column("known_to", "timestamp", "until when, exclusive; NULL: still"),
        Column("evidence", "string", "what joined them", required=True),
    ),
    key=("actor_id", "valid_from", "known_from"),
    written=Written.UPDATE,
)

IDENTITY_LINKS = Table(
    name="identity_links",
    layer=Layer.REFINED,
    version=1,
    grain="one row per pair of identifiers and what they are called, day on which a row named both as one person, and day on "
    "which that was known",
    columns=(
        Column("actor_id", "string", "pseudonym of the stronger identifier", personal=Personal.IDENTIFIER),
        Column("linked_id", "string", "pseudonym of the weaker identifier", personal=Personal.IDENTIFIER),
        Column("anchor", "string", "what the stronger one is: login, email, phone or card"),
        Column("evidence", "string", "what the weaker one is: email, phone, card or visitor"),
        Column(
            "state", "string", "linked; withdrawn: the rows take the link back, and no day up to theirs counts any more"
        ),
        Column(
            "event_time", "timestamp", "when event_date begins in the shop, UTC: a row is of a whole day", required=True
        ),
        Column("event_date", "date", "the shop's day on which the row happened"),
        Column("known_at", "timestamp", "when known_date begins in the shop, UTC", required=True),
        Column("known_date", "date", "the shop's day on which footfall had it"),
    ),
    key=("actor_id", "linked_id", "anchor", "evidence", "event_date", "known_date", "state"),
    rules=(Rule("two_identifiers", "actor_id != linked_id"), Rule("state_known", "state IN ('linked', 'withdrawn')")),
)

ITEMS = Table(
    name="items",
    layer=Layer.REFINED,
    version=1,
    grain="one row per item and version of its catalogue entry",
    columns=(
        ITEM,
        *VALIDITY,
        Column("item_name", "string", "name that a shopper reads"),
        Column("brand", "string", "brand or kind of brand"),
        Column("department", "string", "widest category"),
        Column("category", "string", "category within the department"),
        Column("sub_category", "string", "category within the category"),
        Column("package_size", "string", "size as printed"),
        PROPERTIES,
    ),
    key=("item_id", "valid_from"),
    written=Written.REPLACE,
    cluster_by=("item_id",),
)

USERS = Table(
    name="users",
    layer=Layer.REFINED,
    version=1,
    grain="one row per actor and version of what the shop holds about the person",
    columns=(
        ACTOR,
        *VALIDITY,
        Column("age_band", "string", "age as a range", unit="years", personal=Personal.QUASI),
        Column("gender", "string", "as the person stated it", personal=Personal.QUASI),
        Column("region", "string", "where the person lives, no finer than a city", personal=Personal.QUASI),
        Column(
            "income_band",
            "string",
            "household income as a range",
            unit="shop currency a year",
            personal=Personal.SENSITIVE,
        ),
        Column("household_type", "string", "who lives together", personal=Personal.QUASI),
        Column("household_size", "string", "people in the household", personal=Personal.QUASI),
        Column("home_ownership", "string", "owner, renter", personal=Personal.QUASI),
        Column("marital_status", "string", "as stated", personal=Personal.SENSITIVE),
        Column("joined_date", "date", "day of sign-up"),
        PROPERTIES,
    ),
    key=("actor_id", "valid_from"),
    written=Written.REPLACE,
)

CAMPAIGNS = Table(
    name="campaigns",
    layer=Layer.REFINED,
    version=2,
    grain="one row per campaign and version of its plan",
    columns=(
        Column("campaign_id", "string", "the shop's own campaign number"),
        *VALIDITY,
        Column("campaign_type", "string", "the shop's own word for its kind"),
        Column("start_date", "date", "first day", required=True),
        Column("end_date", "date", "last day; NULL: no end is set"),
    ),
    key=("campaign_id", "valid_from"),
    rules=(Rule("ends_after_start", "end_date >= start_date"),),
    written=Written.REPLACE,
)

EVENTS = Table(
    name="events",
    layer=Layer.REFINED,
    version=2,
    grain="one row per thing that somebody did or that happened to them",
    columns=(
        hashed_id("event_id"),
        *CLOCKS,
        ACTOR,
        Column("event_type", "string", "view, search, add_to_cart, purchase, ...", required=True),
        ITEM,
        Column("quantity", QUANTITY, "units"),
        Column("amount", MONEY, "money moved, in `currency`"),
        Column("currency", "string", "ISO 4217 code of the amount"),
        Column("amount_base", MONEY, "amount in the shop's currency at that day's rate; NULL where there is no rate"),
        Column("order_id", "string", "the shop's own order number", personal=Personal.QUASI),
        Column("session_key", "string", "the source's own session, if it cuts any", personal=Personal.IDENTIFIER),
        CHANNEL,
        Column("campaign_id", "string", "campaign that led here"),
        Column("coupon_id", "string", "coupon shown or used"),
        Column("query", "string", "words searched for", personal=Personal.FREE_TEXT),
        Column("dwell_ms", "bigint", "time spent", unit="ms"),
        Column("bot_reason", "string", "why this counts as a machine; NULL: a person"),
        PROPERTIES,
        ARRIVED,
    ),
    key=("event_id",),
    rules=(
        Rule("event_type_known", f"event_type IN {EVENT_TYPES}"),
        CHANNEL_RULE,
        NOT_BEFORE_IT_HAPPENED,
        Rule("dwell_not_negative", "dwell_ms >= 0"),
        Rule(FX_RATE_KNOWN, "amount IS NULL OR amount_base IS NOT NULL", Severity.WARN),
    ),
    cluster_by=("event_date",),
)

REVIEWS = Table(
    name="reviews",
    layer=Layer.REFINED,
    version=2,
    grain="one row per review",
    columns=(
        hashed_id("review_id"),
        *CLOCKS,
        ACTOR,
        Column("item_id", "string", "the item reviewed"),
        Column("order_id", "string", "order that it speaks of, if known", personal=Personal.QUASI),
        Column("rating", "int", "stars", unit="1 to 5"),
        Column("language", "string", "ISO 639-1 code, if the source says"),
        Column("text", "string", "as written", personal=Personal.FREE_TEXT, required=True),
        Column("text_id", "string", "keyed hash of the normalised text", personal=Personal.IDENTIFIER, required=True),
        CHANNEL,
        ARRIVED,
    ),
    key=("review_id",),
    rules=(
        Rule("rating_1_to_5", "rating BETWEEN 1 AND 5"),
        TEXT_NOT_BLANK,
        CHANNEL_RULE,
        NOT_BEFORE_IT_HAPPENED,
    ),
)

LABELLED_TEXTS = Table(
    name="labelled_texts",
    layer=Layer.REFINED,
    version=1,
    grain="one row per distinct text with a label given from outside, to train and judge text models; none is a customer's",
    columns=(
        *LABELLED,
        Column("label", "string", "negative, neutral or positive", required=True),
        Column("origin", "string", "public set that it comes from"),
        ARRIVED,
    ),
    key=("text_id",),
    rules=(
        Rule("label_known", "label IN ('negative', 'neutral', 'positive')"),
        TEXT_NOT_BLANK,
    ),
)

LABELLED_CLAUSES = Table(
    name="labelled_clauses",
    layer=Layer.REFINED,
    version=1,
    grain="one row per distinct clause with its aspects given from outside, to train and judge on; none is a customer's",
    columns=(
        *LABELLED,
        Column("aspects", "array<string>", "what it praises, blames or tells of; may be empty", required=True),
        Column("origin", "string", "where the clause and its label come from"),
        ARRIVED,
    ),
    key=("text_id",),
    rules=(TEXT_NOT_BLANK,),
)
