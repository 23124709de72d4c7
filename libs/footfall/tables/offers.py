"""Contracts of what the shop offers, shows and sends to people, and of what they allow and answer. Declarations only."""

from dataclasses import replace

from footfall.contract import Column, Layer, Personal, Rule, Table, Written
from footfall.tables.columns import ACTOR, ARRIVED, CLOCKS, MONEY, hashed_id
from footfall.tables.refined import CHANNEL, CHANNEL_RULE, CURRENCY, ITEM, NOT_BEFORE_IT_HAPPENED, VALIDITY

OFFER_TYPES = ("percent_off", "amount_off", "free_shipping", "points", "gift", "reminder")
CONTACT_CHANNELS = ("email", "sms", "push", "call", "letter", "in_app", "on_site")
PURPOSES = ("analytics", "profiling", "marketing", "text")
DECISION = Column(
    "decision_id", "string", "the shop's own number of the decision that led to it", personal=Personal.QUASI
)
PROPENSITY = Column(
    "propensity",
    "double",
    "probability with which just this was chosen, where chance took part; NULL: not known",
    unit="0 to 1",
)
PROPENSITY_RULE = Rule("propensity_above_0_to_1", "propensity > 0 AND propensity <= 1")

OFFER_CATALOGUE = Table(
    name="offer_catalogue",
    layer=Layer.REFINED,
    version=1,
    grain="one row per offer and version of its terms",
    columns=(
        Column("offer_id", "string", "the shop's own offer number"),
        *VALIDITY,
        Column("offer_type", "string", ", ".join(OFFER_TYPES), required=True),
        Column("percent_off", "decimal(5,2)", "taken off the price", unit="percent"),
        Column("amount_off", MONEY, "taken off the price, in `currency`"),
        CURRENCY,
        Column("least_amount", MONEY, "least price of a basket that it is for, in `currency`"),
        ITEM,
        Column("category", "string", "category that it is for; NULL: all"),
        Column("campaign_id", "string", "campaign that it belongs to"),
        Column("start_date", "date", "first day", required=True),
        Column("end_date", "date", "last day; NULL: no end is set"),
    ),
    key=("offer_id", "valid_from"),
    rules=(
        Rule("offer_type_known", f"offer_type IN {OFFER_TYPES}"),
        Rule("ends_after_start", "end_date >= start_date"),
        Rule("not_expired_when_it_came", "end_date >= date_sub(to_date(known_at), 1)"),
        Rule("percent_off_above_0_to_100", "percent_off > 0 AND percent_off <= 100"),
        Rule("amount_off_positive", "amount_off > 0"),
        Rule(
            "says_how_much",
            "offer_type NOT IN ('percent_off', 'amount_off') OR coalesce(percent_off, amount_off) IS NOT NULL",
        ),
        Rule("least_amount_not_negative", "least_amount >= 0"),
    ),
    written=Written.REPLACE,
)

OFFER_DECISIONS = Table(
    name="offer_decisions",
    layer=Layer.REFINED,
    version=1,
    grain="one row per decision of the shop's own, such as it took before footfall, which offer somebody gets; none among them",
    columns=(
        Column("decision_id", "string", "the shop's own number of the decision", personal=Personal.QUASI),
        *CLOCKS,
        ACTOR,
        Column("offer_id", "string", "offer that was chosen; NULL: nothing"),
        Column("policy", "string", "what chose, in the shop's own words"),
        Column("is_random", "boolean", "whether chance chose, with `propensity`; NULL: not known"),
        PROPENSITY,
        ARRIVED,
    ),
    key=("decision_id",),
    rules=(
        PROPENSITY_RULE,
        Rule("chance_has_propensity", "NOT is_random OR propensity IS NOT NULL"),
        NOT_BEFORE_IT_HAPPENED,
    ),
)

IMPRESSIONS = Table(
    name="impressions",
    layer=Layer.REFINED,
    version=1,
    grain="one row per thing that somebody was shown after a decision; what they did with it are events",
    columns=(
        hashed_id("impression_id"),
        *CLOCKS,
        ACTOR,
        replace(DECISION, required=True),
        ITEM,
        Column("offer_id", "string", "offer that was shown"),
        Column("place", "string", "where it was shown, in the shop's own words"),
        Column("position", "int", "place in its list", unit="from 1"),
        CHANNEL,
        PROPENSITY,
        ARRIVED,
    ),
    key=("impression_id",),
    rules=(
        PROPENSITY_RULE,
        Rule("position_from_1", "position >= 1"),
        Rule("shows_something", "item_id IS NOT NULL OR offer_id IS NOT NULL"),
        CHANNEL_RULE,
        NOT_BEFORE_IT_HAPPENED,
    ),
    cluster_by=("event_date",),
)

CONTACTS = Table(
    name="contacts",
    layer=Layer.REFINED,
    version=1,
    grain="one row per message or call with which the shop turned to somebody",
    columns=(
        hashed_id("contact_id"),
        *CLOCKS,
        ACTOR,
        DECISION,
        Column("contact_channel", "string", ", ".join(CONTACT_CHANNELS), required=True),
        Column("campaign_id", "string", "campaign that it belongs to"),
        Column("offer_id", "string", "offer that it brought"),
        Column("outcome", "string", "what became of it, in the shop's own words (delivered, bounced)"),
        PROPENSITY,
        ARRIVED,
    ),
    key=("contact_id",),
    rules=(
        Rule("contact_channel_known", f"contact_channel IN {CONTACT_CHANNELS}"),
        PROPENSITY_RULE,
        NOT_BEFORE_IT_HAPPENED,
    ),
)

CONSENTS = Table(
    name="consents",
    layer=Layer.REFINED,
    version=1,
    grain="one row per purpose and moment at which somebody gave consent, or withdrew it; both of one moment are two rows",
    columns=(
        ACTOR,
        Column("purpose", "string", ", ".join(PURPOSES)),
        *CLOCKS,
        Column("is_given", "boolean", "given, else withdrawn", required=True),
        Column("place", "string", "where it was said, in the shop's own words"),
        ARRIVED,
    ),
    key=("actor_id", "purpose", "event_time", "is_given"),
    rules=(Rule("purpose_known", f"purpose IN {PURPOSES}"), NOT_BEFORE_IT_HAPPENED),
)

PERMISSIONS = Table(
    name="permissions",
    layer=Layer.REFINED,
    version=1,
    grain="one row per actor, person and interval, of people who gave or withdrew consent to anything: what they allow as "
    "of now, by the latest that any of their identifiers said; NULL: never said anything about it",
    columns=(
        ACTOR,
        Column("user_id", "string", "the person, a pseudonym", personal=Personal.IDENTIFIER),
        Column("valid_from", "timestamp", "from when the actor is this person, UTC"),
        Column("valid_to", "timestamp", "until when, exclusive; NULL: still"),
        Column("analytics", "boolean", "what they do may be counted"),
        Column("profiling", "boolean", "features, segments, scores and portraits of them may be made"),
        Column("marketing", "boolean", "the shop may turn to them with offers"),
        Column("text", "boolean", "what they write may be read by models"),
        Column(
            "is_former",
            "boolean",
            "nobody is this person any more, who stands in results as of earlier dates; `actor_id` is `user_id`",
            required=True,
        ),
    ),
    key=("actor_id", "user_id", "valid_from"),
    written=Written.REPLACE,
)

SURVEYS = Table(
    name="surveys",
    layer=Layer.REFINED,
    version=1,
    grain="one row per answer to a survey",
    columns=(
        hashed_id("answer_id"),
        *CLOCKS,
        ACTOR,
        Column("survey_id", "string", "the shop's own survey number"),
        Column("order_id", "string", "order that it speaks of, if known", personal=Personal.QUASI),
        Column("score", "int", "as answered", unit="0 to 10"),
        Column("language", "string", "ISO 639-1 code, if the source says"),
        Column("text", "string", "as written", personal=Personal.FREE_TEXT),
        Column("text_id", "string", "keyed hash of the normalised text", personal=Personal.IDENTIFIER),
        CHANNEL,
        ARRIVED,
    ),
    key=("answer_id",),
    rules=(
        Rule("score_0_to_10", "score BETWEEN 0 AND 10"),
        Rule("says_something", "score IS NOT NULL OR coalesce(length(trim(text)), 0) > 0"),
        CHANNEL_RULE,
        NOT_BEFORE_IT_HAPPENED,
    ),
)
