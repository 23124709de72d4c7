-- What each actor did on each day, as exact sums over the new rows of five fact tables.
-- One row per actor, day it happened and day it was known; days on which nothing was counted have no row.
-- Rows of bots (bot_reason) are left out, so that a crawler does not raise anybody's views.
WITH
bought AS (
    SELECT
        actor_id,
        event_date,
        to_date(from_utc_timestamp(known_at, :time_zone)) AS known_date,
        count_if(line_number = 1) AS order_count,
        count(*) AS order_line_count,
        sum(quantity) AS quantity,
        sum(amount_base) AS gross_amount_base,
        sum(discount_base) AS discount_base
    FROM {order_lines}
    GROUP BY ALL
),

-- On the day on which it came back or was cancelled, whenever it was bought.
came_back AS (
    SELECT
        actor_id,
        event_date,
        to_date(from_utc_timestamp(known_at, :time_zone)) AS known_date,
        count(*) AS refund_line_count,
        sum(quantity) AS refund_quantity,
        sum(amount_base) AS refund_amount_base
    FROM {refund_lines}
    GROUP BY ALL
),

did AS (
    SELECT
        actor_id,
        event_date,
        to_date(from_utc_timestamp(known_at, :time_zone)) AS known_date,
        count_if(event_type = 'view') AS view_count,
        count_if(event_type = 'search') AS search_count,
        count_if(event_type = 'add_to_cart') AS add_to_cart_count,
        count_if(event_type = 'checkout') AS checkout_count,
        count_if(event_type = 'purchase') AS purchase_count
    FROM {events}
    WHERE
        event_type IN ('view', 'search', 'add_to_cart', 'checkout', 'purchase')
        AND bot_reason IS NULL
    GROUP BY ALL
),

redeemed AS (
    SELECT
        actor_id,
        event_date,
        to_date(from_utc_timestamp(known_at, :time_zone)) AS known_date,
        count(*) AS coupon_redemption_count
    FROM {coupon_redemptions}
    GROUP BY ALL
),

reviewed AS (
    SELECT
        actor_id,
        event_date,
        to_date(from_utc_timestamp(known_at, :time_zone)) AS known_date,
        count(*) AS review_count
    FROM {reviews}
    GROUP BY ALL
)

SELECT
    actor_id,
    event_date,
    known_date,
    coalesce(order_count, 0) AS order_count,
    coalesce(order_line_count, 0) AS order_line_count,
    CAST(coalesce(quantity, 0) AS DECIMAL(18, 3)) AS quantity,
    CAST(coalesce(gross_amount_base, 0) AS DECIMAL(18, 4)) AS gross_amount_base,
    CAST(coalesce(discount_base, 0) AS DECIMAL(18, 4)) AS discount_base,
    coalesce(refund_line_count, 0) AS refund_line_count,
    CAST(coalesce(refund_quantity, 0) AS DECIMAL(18, 3)) AS refund_quantity,
    CAST(coalesce(refund_amount_base, 0) AS DECIMAL(18, 4)) AS refund_amount_base,
    coalesce(view_count, 0) AS view_count,
    coalesce(search_count, 0) AS search_count,
    coalesce(add_to_cart_count, 0) AS add_to_cart_count,
    coalesce(checkout_count, 0) AS checkout_count,
    coalesce(purchase_count, 0) AS purchase_count,
    coalesce(coupon_redemption_count, 0) AS coupon_redemption_count,
    coalesce(review_count, 0) AS review_count
FROM bought
FULL OUTER JOIN came_back USING (actor_id, event_date, known_date)
FULL OUTER JOIN did USING (actor_id, event_date, known_date)
FULL OUTER JOIN redeemed USING (actor_id, event_date, known_date)
FULL OUTER JOIN reviewed USING (actor_id, event_date, known_date)
