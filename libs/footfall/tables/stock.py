"""Contracts of what items cost, here and elsewhere, and of how many there are. Declarations only."""

from footfall.contract import Column, Layer, Rule, Table, Written
from footfall.tables.columns import ARRIVED, CLOCKS, MONEY, QUANTITY
from footfall.tables.refined import CURRENCY, ITEM, NOT_BEFORE_IT_HAPPENED, VALIDITY

PRICES = Table(
    name="prices",
    layer=Layer.REFINED,
    version=1,
    grain="one row per item, price list and version of the price",
    columns=(
        ITEM,
        Column("price_list", "string", "the shop's own name of a list: a channel, a country, a branch"),
        *VALIDITY,
        Column("price", MONEY, "what one unit costs a shopper, in `currency`", required=True),
        Column("list_price", MONEY, "before reductions, in `currency`"),
        CURRENCY,
    ),
    key=("item_id", "price_list", "valid_from"),
    rules=(
        Rule("price_not_negative", "price >= 0"),
        Rule("list_price_not_negative", "list_price >= 0"),
    ),
    written=Written.REPLACE,
    cluster_by=("item_id",),
)

ITEM_COSTS = Table(
    name="item_costs",
    layer=Layer.REFINED,
    version=1,
    grain="one row per item and version of what it costs the shop",
    columns=(
        ITEM,
        *VALIDITY,
        Column("cost", MONEY, "what one unit costs the shop, in `currency`", required=True),
        CURRENCY,
    ),
    key=("item_id", "valid_from"),
    rules=(Rule("cost_not_negative", "cost >= 0"),),
    written=Written.REPLACE,
)

STOCK_LEVELS = Table(
    name="stock_levels",
    layer=Layer.REFINED,
    version=1,
    grain="one row per item, place and moment at which its units were counted",
    columns=(
        ITEM,
        Column("location_id", "string", "the shop's own number of the branch or store-room"),
        *CLOCKS,
        Column("on_hand", QUANTITY, "units that can be sold, in the item's own unit", required=True),
        ARRIVED,
    ),
    key=("item_id", "location_id", "event_time"),
    rules=(Rule("on_hand_not_negative", "on_hand >= 0"), NOT_BEFORE_IT_HAPPENED),
    cluster_by=("event_date",),
)

COMPETITOR_PRICES = Table(
    name="competitor_prices",
    layer=Layer.REFINED,
    version=1,
    grain="one row per item, competitor and moment at which its price was seen",
    columns=(
        ITEM,
        Column("competitor", "string", "the shop's own name for it"),
        *CLOCKS,
        Column("price", MONEY, "what one unit costs there, in `currency`", required=True),
        CURRENCY,
        ARRIVED,
    ),
    key=("item_id", "competitor", "event_time"),
    rules=(Rule("price_not_negative", "price >= 0"), NOT_BEFORE_IT_HAPPENED),
)
