"""Contracts of what people bought, what came back of it, and the coupons that they handed in. Declarations only."""

from footfall.contract import Column, Layer, Personal, Rule, Table
from footfall.tables.columns import ACTOR, ARRIVED, CLOCKS, MONEY, QUANTITY, hashed_id
from footfall.tables.refined import CHANNEL, CHANNEL_RULE, CURRENCY, FX_RATE_KNOWN, ITEM, NOT_BEFORE_IT_HAPPENED

LINE_KEY = Column(
    "line_key",
    "bigint",
    "hash of the source's columns that identify the line in its order; NULL: the row's own columns do",
)

FX_RATES = Table(
    name="fx_rates",
    layer=Layer.REFINED,
    version=1,
    grain="one row per day of the shop and currency: what one unit of it costs in the shop's currency",
    columns=(
        Column("rate_date", "date", "the shop's day for which the rate holds, and for days without one after it"),
        Column("currency", "string", "ISO 4217 code"),
        Column("rate", "decimal(18,10)", "price of one unit", unit="shop currency", required=True),
        Column("known_at", "timestamp", "when footfall had it, UTC", required=True),
        ARRIVED,
    ),
    key=("rate_date", "currency"),
    rules=(Rule("rate_positive", "rate > 0"), Rule("currency_is_a_code", "currency RLIKE '^[A-Z]{3}$'")),
)

ORDER_LINES = Table(
    name="order_lines",
    layer=Layer.REFINED,
    version=3,
    grain="one row per line of an order, as placed; what comes back is in refund_lines",
    columns=(
        Column("order_id", "string", "the shop's own order number", personal=Personal.QUASI),
        Column("line_number", "int", "number of the line in its order, from 1; every order has a line 1"),
        *CLOCKS,
        ACTOR,
        Column("item_id", "string", "the shop's own item number", required=True),
        Column("quantity", QUANTITY, "units bought, in the item's own unit (pieces, litres)", required=True),
        Column("amount", MONEY, "price of the line after discounts, in `currency`", required=True),
        Column("discount_amount", MONEY, "taken off the line, in `currency`"),
        CURRENCY,
        Column("amount_base", MONEY, "amount in the shop's currency at that day's rate; never NULL"),
        Column("discount_base", MONEY, "discount in the shop's currency at that day's rate; never NULL"),
        CHANNEL,
        Column("store_id", "string", "the shop's own branch number"),
        Column("campaign_id", "string", "campaign that led here"),
        Column("coupon_id", "string", "coupon used"),
        LINE_KEY,
        ARRIVED,
    ),
    key=("order_id", "line_number"),
    rules=(
        Rule(FX_RATE_KNOWN, "amount IS NULL OR (amount_base IS NOT NULL AND discount_base IS NOT NULL)"),
        Rule("amount_not_negative", "amount >= 0"),
        Rule("discount_not_negative", "discount_amount >= 0"),
        Rule("quantity_positive", "quantity > 0"),
        Rule("line_number_from_1", "line_number >= 1"),
        CHANNEL_RULE,
        NOT_BEFORE_IT_HAPPENED,
    ),
    cluster_by=("event_date",),
)

REFUND_LINES = Table(
    name="refund_lines",
    layer=Layer.REFINED,
    version=2,
    grain="one row per line that was cancelled, came back or was paid back; units and money are not negative",
    columns=(
        Column(
            "refund_id",
            "string",
            "the shop's own number of the return, or the order's where a return has none",
            personal=Personal.QUASI,
        ),
        Column("line_number", "int", "number of the line in the return or order, from 1"),
        *CLOCKS,
        ACTOR,
        Column("order_id", "string", "order that it was bought in, if known", personal=Personal.QUASI),
        ITEM,
        Column("quantity", QUANTITY, "units that came back, in the item's own unit; 0: money only; NULL: unknown"),
        Column("amount", MONEY, "money paid back, in `currency`", required=True),
        CURRENCY,
        Column("amount_base", MONEY, "amount in the shop's currency at that day's rate; never NULL"),
        CHANNEL,
        Column("store_id", "string", "the shop's own branch number"),
        Column("reason", "string", "why, in the shop's own words", personal=Personal.FREE_TEXT),
        LINE_KEY,
        ARRIVED,
    ),
    key=("refund_id", "line_number"),
    rules=(
        Rule(FX_RATE_KNOWN, "amount IS NULL OR amount_base IS NOT NULL"),
        Rule("amount_not_negative", "amount >= 0"),
        Rule("quantity_not_negative", "quantity >= 0"),
        Rule("something_came_back", "amount > 0 OR coalesce(quantity, 0) > 0"),
        Rule("line_number_from_1", "line_number >= 1"),
        CHANNEL_RULE,
        NOT_BEFORE_IT_HAPPENED,
    ),
    cluster_by=("event_date",),
)

COUPON_REDEMPTIONS = Table(
    name="coupon_redemptions",
    layer=Layer.REFINED,
    version=2,
    grain="one row per coupon handed in",
    columns=(
        hashed_id("redemption_id"),
        *CLOCKS,
        ACTOR,
        Column("coupon_id", "string", "the shop's own coupon number", required=True),
        Column("campaign_id", "string", "campaign that the coupon belongs to"),
        Column("order_id", "string", "order that it was used in, if known", personal=Personal.QUASI),
        ARRIVED,
    ),
    key=("redemption_id",),
    rules=(NOT_BEFORE_IT_HAPPENED,),
)
