-- How every item sold, came back and was reviewed before each date; one row per item of which any of that is known.
WITH
-- The first two groupings are by item and person: bringing these lines together once
-- saves moving the copies of each date.
lines AS (
    SELECT /*+ repartition(item_id, user_id) */ * FROM {order_lines}
),

-- An order with an item on two lines is one order with the item.
orders AS (
    SELECT
        calendar.as_of_date,
        lines.item_id,
        lines.user_id,
        lines.order_id,
        min(datediff(calendar.as_of_date, lines.event_date)) AS days_ago,
        sum(lines.quantity) AS quantity,
        sum(lines.amount_base) AS gross_amount,
        sum(lines.discount_base) AS discount
    FROM lines
    INNER JOIN {calendar} AS calendar ON lines.bits & calendar.bit != 0
    GROUP BY calendar.as_of_date, lines.item_id, lines.user_id, lines.order_id
),

-- `former` are items of which older facts are not read, with the day on which they were last sold.
buyers AS (
    SELECT
        as_of_date,
        item_id,
        min(days_ago) AS days_ago,
        count_if(days_ago <= 7) AS order_count_7d,
        count_if(days_ago <= 30) AS order_count_30d,
        count_if(days_ago <= 90) AS order_count_90d,
        count_if(days_ago <= 365) AS order_count_365d,
        sum(if(days_ago <= 90, quantity, 0)) AS quantity_90d,
        sum(if(days_ago <= 90, gross_amount, 0)) AS gross_amount_90d,
        sum(if(days_ago <= 90, discount, 0)) AS discount_90d
    FROM orders
    GROUP BY as_of_date, item_id, user_id
    UNION ALL
    SELECT
        calendar.as_of_date,
        former.item_id,
        datediff(calendar.as_of_date, former.event_date) AS days_ago,
        0 AS order_count_7d,
        0 AS order_count_30d,
        0 AS order_count_90d,
        0 AS order_count_365d,
        0 AS quantity_90d,
        0 AS gross_amount_90d,
        0 AS discount_90d
    FROM {former} AS former
    CROSS JOIN {calendar} AS calendar
),

sold AS (
    SELECT
        as_of_date,
        item_id,
        sum(order_count_7d) AS order_count_7d,
        sum(order_count_30d) AS order_count_30d,
        sum(order_count_90d) AS order_count_90d,
        sum(order_count_365d) AS order_count_365d,
        sum(gross_amount_90d) AS gross_amount_90d,
        sum(discount_90d) AS discount_90d,
        sum(quantity_90d) AS quantity_90d,
        count_if(order_count_90d > 0) AS buyer_count_90d,
        try_divide(count_if(order_count_365d > 1), count_if(order_count_365d > 0)) AS repeat_share_365d,
        CAST(min(days_ago) AS DOUBLE) AS recency_days
    FROM buyers
    GROUP BY as_of_date, item_id
),

came_back AS (
    SELECT
        calendar.as_of_date,
        refunds.item_id,
        sum(if(refunds.event_date >= date_sub(calendar.as_of_date, 90), refunds.amount_base, 0)) AS refund_amount_90d,
        sum(if(refunds.event_date >= date_sub(calendar.as_of_date, 90), refunds.quantity, 0)) AS refund_quantity_90d
    FROM {refund_lines} AS refunds
    INNER JOIN {calendar} AS calendar ON refunds.bits & calendar.bit != 0
    WHERE refunds.item_id IS NOT NULL
    GROUP BY calendar.as_of_date, refunds.item_id
),

reviewed AS (
    SELECT
        calendar.as_of_date,
        reviews.item_id,
        count_if(reviews.event_date >= date_sub(calendar.as_of_date, 365)) AS review_count_365d,
        avg(if(reviews.event_date >= date_sub(calendar.as_of_date, 365), reviews.rating, NULL)) AS rating_mean_365d
    FROM {reviews} AS reviews
    INNER JOIN {calendar} AS calendar ON reviews.bits & calendar.bit != 0
    WHERE reviews.item_id IS NOT NULL
    GROUP BY calendar.as_of_date, reviews.item_id
)

SELECT
    as_of_date,
    item_id,
    coalesce(sold.order_count_7d, 0) AS order_count_7d,
    coalesce(sold.order_count_30d, 0) AS order_count_30d,
    coalesce(sold.order_count_90d, 0) AS order_count_90d,
    coalesce(sold.order_count_365d, 0) AS order_count_365d,
    CAST(coalesce(sold.gross_amount_90d, 0) AS DECIMAL(18, 4)) AS gross_amount_90d,
    CAST(coalesce(came_back.refund_amount_90d, 0) AS DECIMAL(18, 4)) AS refund_amount_90d,
    CAST(
        coalesce(sold.gross_amount_90d, 0) - coalesce(came_back.refund_amount_90d, 0) AS DECIMAL(18, 4)
    ) AS net_amount_90d,
    CAST(coalesce(sold.quantity_90d, 0) AS DECIMAL(18, 3)) AS quantity_90d,
    CAST(coalesce(came_back.refund_quantity_90d, 0) AS DECIMAL(18, 3)) AS refund_quantity_90d,
    try_divide(
        CAST(coalesce(came_back.refund_amount_90d, 0) AS DOUBLE), CAST(sold.gross_amount_90d AS DOUBLE)
    ) AS return_rate_90d,
    coalesce(sold.buyer_count_90d, 0) AS buyer_count_90d,
    sold.repeat_share_365d,
    try_divide(
        CAST(sold.discount_90d AS DOUBLE), CAST(sold.gross_amount_90d + sold.discount_90d AS DOUBLE)
    ) AS discount_share_90d,
    try_divide(CAST(sold.gross_amount_90d AS DOUBLE), CAST(sold.quantity_90d AS DOUBLE)) AS unit_price_90d,
    sold.recency_days,
    coalesce(reviewed.review_count_365d, 0) AS review_count_365d,
    reviewed.rating_mean_365d
FROM sold
FULL OUTER JOIN came_back USING (as_of_date, item_id)
FULL OUTER JOIN reviewed USING (as_of_date, item_id)
