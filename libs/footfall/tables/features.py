"""Contracts of what is counted: activity by day, features of people and items. Declarations only."""

from footfall.contract import Column, Layer, Rule, Table, Written
from footfall.tables.columns import (
    ACTOR,
    AS_OF,
    FLOAT_TOLERANCE,
    QUANTITY,
    SHARES,
    USER,
    count,
    days,
    mean,
    money,
    ratio,
    share,
)

WINDOWS = (7, 30, 90, 365)  # days

DAILY_ACTIVITY = Table(
    name="daily_activity",
    layer=Layer.RESULTS,
    version=2,
    grain="exact sums per actor, day it happened, day it was known and batch; signed, so that corrections add up; what came "
    "back stands beside what was bought, on its own day",
    columns=(
        ACTOR,
        Column("event_date", "date", "the shop's day it happened"),
        Column("known_date", "date", "the shop's day footfall had it"),
        count("order_count", "orders placed (order lines numbered 1)"),
        count("order_line_count", "order lines"),
        Column("quantity", QUANTITY, "units bought, in each item's own unit", required=True),
        money("gross_amount_base", "paid for orders as placed, after discounts"),
        money("discount_base", "taken off orders as placed"),
        count("refund_line_count", "lines that were cancelled, came back or were paid back"),
        Column("refund_quantity", QUANTITY, "units that came back, as far as they are known", required=True),
        money("refund_amount_base", "paid back; net is gross less this"),
        count("view_count", "events of type view"),
        count("search_count", "events of type search"),
        count("add_to_cart_count", "events of type add_to_cart"),
        count("checkout_count", "events of type checkout"),
        count("purchase_count", "events of type purchase"),
        count("coupon_redemption_count", "coupons handed in"),
        count("review_count", "reviews written"),
    ),
    key=("actor_id", "event_date", "known_date", "batch_id"),
    cluster_by=("event_date",),
)

USER_FEATURES = Table(
    name="user_features",
    layer=Layer.RESULTS,
    version=3,
    grain="one row per person and as-of date: what was known of them before that day began",
    columns=(
        AS_OF,
        USER,
        days("tenure_days", "since the first order"),
        days("recency_days", "since the last order day"),
        days("activity_recency_days", "since the last day on which they did anything"),
        *(count(f"order_count_{w}d", f"frequency: orders placed in the last {w} days") for w in WINDOWS),
        *(money(f"gross_amount_{w}d", f"paid for orders placed in the last {w} days") for w in WINDOWS),
        *(money(f"refund_amount_{w}d", f"paid back in the last {w} days, whenever it was bought") for w in WINDOWS),
        *(
            money(f"net_amount_{w}d", f"monetary value: gross less refunds of {w} days; may be below 0")
            for w in WINDOWS
        ),
        *(
            ratio(f"return_rate_{w}d", f"refunds over gross of {w} days; NULL where nothing was paid")
            for w in (90, 365)
        ),
        count("active_weeks_12w", "7-day periods with an order, of the last 12"),
        count("active_weeks_52w", "7-day periods with an order, of the last 52"),
        days("gap_mean_days", "mean gap between order days in the last 365; NULL below two order days"),
        days("gap_stddev_days", "sample standard deviation of these gaps; NULL below three order days"),
        days("gap_max_days", "longest of these gaps"),
        mean("order_value_90d", "net money per order placed, last 90 days; NULL without orders", unit="shop currency"),
        mean("order_lines_90d", "mean lines per order in the last 90 days; NULL without orders", unit="count"),
        count("item_variety_90d", "distinct items bought in the last 90 days"),
        count("category_variety_90d", "distinct categories bought in the last 90 days"),
        share(
            "discount_share_90d", "discounts over undiscounted price, orders as placed in 90 days; NULL without orders"
        ),
        share("morning_share_365d", "orders from 05:00 to 11:59 shop time; NULL without orders"),
        share("afternoon_share_365d", "orders from 12:00 to 17:59 shop time"),
        share("evening_share_365d", "orders from 18:00 to 22:59 shop time"),
        share("weekend_share_365d", "orders on Saturday or Sunday, shop time"),
        Column(
            "department_shares_365d",
            SHARES,
            "share of gross money by department, last 365 days",
            unit="0 to 1",
            tolerance=FLOAT_TOLERANCE,
        ),
        Column(
            "channel_shares_365d",
            SHARES,
            "share of orders by channel, last 365 days",
            unit="0 to 1",
            tolerance=FLOAT_TOLERANCE,
        ),
        count("view_count_30d", "views in the last 30 days"),
        count("search_count_30d", "searches in the last 30 days"),
        count("add_to_cart_count_30d", "additions to the cart in the last 30 days"),
        count("coupon_redemption_count_365d", "coupons handed in in the last 365 days"),
        count("review_count_365d", "reviews written in the last 365 days"),
        mean("rating_mean_365d", "mean stars given in the last 365 days; NULL without", unit="1 to 5"),
    ),
    key=("as_of_date", "user_id"),
    rules=(
        Rule("recency_not_negative", "recency_days >= 1"),
        Rule("shares_are_shares", "discount_share_90d BETWEEN 0 AND 1 AND weekend_share_365d BETWEEN 0 AND 1"),
        Rule(
            "windows_nest",
            "order_count_7d <= order_count_30d AND order_count_30d <= order_count_90d AND order_count_90d <= order_count_365d",
        ),
    ),
    written=Written.REPLACE_AS_OF,
)

ITEM_FEATURES = Table(
    name="item_features",
    layer=Layer.RESULTS,
    version=3,
    grain="one row per item and as-of date: how it sold, how much of it came back and how it was reviewed",
    columns=(
        AS_OF,
        Column("item_id", "string", "the shop's own item number"),
        *(count(f"order_count_{w}d", f"orders with the item in the last {w} days") for w in WINDOWS),
        money("gross_amount_90d", "paid for it in orders placed in the last 90 days"),
        money("refund_amount_90d", "paid back for it in the last 90 days, whenever it was bought"),
        money("net_amount_90d", "gross less refunds of the last 90 days; may be below 0"),
        Column("quantity_90d", QUANTITY, "units sold in the last 90 days, in the item's own unit", required=True),
        Column(
            "refund_quantity_90d", QUANTITY, "units that came back in the last 90 days, as far as known", required=True
        ),
        ratio("return_rate_90d", "refunds over gross of 90 days; NULL where nothing was paid"),
        count("buyer_count_90d", "people who bought it in the last 90 days"),
        share("repeat_share_365d", "its buyers of the last 365 days who bought it in two orders or more"),
        share("discount_share_90d", "discounts over undiscounted price, last 90 days"),
        mean("unit_price_90d", "mean paid per unit sold in the last 90 days, gross", unit="shop currency"),
        days("recency_days", "since it was last sold"),
        count("review_count_365d", "reviews in the last 365 days"),
        mean("rating_mean_365d", "mean stars in the last 365 days; NULL without", unit="1 to 5"),
    ),
    key=("as_of_date", "item_id"),
    written=Written.REPLACE_AS_OF,
)

USER_OPINIONS = Table(
    name="user_opinions",
    layer=Layer.RESULTS,
    version=2,
    grain="one row per person and as-of date: what their reviews and tickets of the last 365 days tell of them, as read by "
    "the models that serve now, which may have been trained after the date",
    columns=(
        AS_OF,
        USER,
        count("document_count_365d", "reviews and tickets written"),
        Column(
            "sentiment_365d",
            "double",
            "mean over these of the probability of positive less that of negative",
            unit="-1 to 1",
            required=True,
            tolerance=2e-2,
        ),
        share("complaint_share_365d", "of these, the negative ones and the tickets that complain"),
        days("last_negative_days", "since the last negative one; NULL without any in the last 365 days"),
        Column(
            "aspects_cared_about",
            "array<string>",
            "at most three aspects that at least two of their documents speak of and that are more of what they mention "
            "than of what everybody does, the farthest beyond first",
            required=True,
        ),
    ),
    key=("as_of_date", "user_id"),
    rules=(Rule("sentiment_within", "sentiment_365d BETWEEN -1 AND 1"),),
    written=Written.REPLACE_AS_OF,
)

OPINIONS = "array<struct<aspect:string,count:bigint,share:double>>"
ITEM_OPINIONS = Table(
    name="item_opinions",
    layer=Layer.RESULTS,
    version=1,
    grain="one row per item and as-of date: what the reviews and tickets of the last 365 days praise and blame it for, as "
    "read by the models that serve now, which may have been trained after the date",
    columns=(
        AS_OF,
        Column("item_id", "string", "the shop's own item number"),
        count("document_count_365d", "reviews and tickets about it"),
        count("opinion_count_365d", "aspects that these speak of, each once a document"),
        Column(
            "praised",
            OPINIONS,
            "aspects by the documents that praise them, most first, with their share of the documents that speak of the aspect",
            required=True,
            tolerance=FLOAT_TOLERANCE,
        ),
        Column("blamed", OPINIONS, "the same of blame", required=True, tolerance=FLOAT_TOLERANCE),
        share("negative_share_28d", "of the documents of the last 28 days, the negative ones; NULL without documents"),
        share("negative_share_before", "of those of the 112 days before, the negative ones; NULL without documents"),
        mean(
            "negative_rise",
            "the first of these shares over the second, each with one negative and one other document added; "
            "NULL where there are no documents now or before",
            unit="ratio",
        ),
    ),
    key=("as_of_date", "item_id"),
    written=Written.REPLACE_AS_OF,
)
