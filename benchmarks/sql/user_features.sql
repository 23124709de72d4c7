-- results.user_features in DuckDB's SQL, from the same tables; libs/footfall/features says what it means.
-- Variables: dates (list of DATE) and time_zone. Time stamps are UTC without a zone.
WITH
cuts AS (
    SELECT
        as_of_date,
        timezone('UTC', timezone(getvariable('time_zone'), CAST(as_of_date AS TIMESTAMP))) AS cut
    FROM (SELECT unnest(getvariable('dates')) AS as_of_date)
),

people AS (
    SELECT cuts.as_of_date, cuts.cut, who.actor_id, who.user_id, who.valid_from, who.valid_to
    FROM identities AS who
    INNER JOIN cuts ON who.known_from < cuts.cut AND (who.known_to IS NULL OR who.known_to >= cuts.cut)
),

-- item_categories
namings AS (
    SELECT
        cuts.as_of_date,
        items.item_id,
        arg_max({'department': items.department, 'category': items.category}, items.valid_from) AS naming
    FROM items
    INNER JOIN cuts ON items.valid_from < cuts.cut AND items.known_at < cuts.cut
    GROUP BY cuts.as_of_date, items.item_id
),

-- user_activity
activity_days AS (
    SELECT *, timezone('UTC', timezone(getvariable('time_zone'), CAST(event_date AS TIMESTAMP))) AS day_start
    FROM daily_activity
),

days AS (
    SELECT
        people.as_of_date,
        people.user_id,
        activity.event_date,
        people.as_of_date - activity.event_date AS days_ago,
        sum(activity.order_count) AS order_count,
        sum(activity.order_line_count) AS order_line_count,
        sum(activity.gross_amount_base) AS gross_amount,
        sum(activity.refund_amount_base) AS refund_amount,
        sum(activity.discount_base) AS discount,
        sum(activity.view_count) AS view_count,
        sum(activity.search_count) AS search_count,
        sum(activity.add_to_cart_count) AS add_to_cart_count,
        sum(activity.checkout_count) AS checkout_count,
        sum(activity.purchase_count) AS purchase_count,
        sum(activity.coupon_redemption_count) AS coupon_redemption_count,
        sum(activity.review_count) AS review_count
    FROM activity_days AS activity
    INNER JOIN people
        ON
            activity.actor_id = people.actor_id
            AND activity.event_date < people.as_of_date
            AND activity.known_date < people.as_of_date
            AND activity.day_start >= people.valid_from
            AND (people.valid_to IS NULL OR activity.day_start < people.valid_to)
    GROUP BY people.as_of_date, people.user_id, activity.event_date
),

told_days AS (
    SELECT
        *,
        order_count > 0 AS has_order,
        greatest(
            order_count, view_count, search_count, add_to_cart_count, checkout_count, purchase_count,
            coupon_redemption_count, review_count
        ) > 0 AS has_activity,
        (days_ago - 1) // 7 AS weeks_ago
    FROM days
),

gaps AS (
    SELECT
        *,
        max(CASE WHEN has_order THEN event_date END) OVER (
            PARTITION BY as_of_date, user_id
            ORDER BY event_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS previous_order_date
    FROM told_days
),

measured AS (
    SELECT
        *,
        CASE
            WHEN has_order AND previous_order_date >= as_of_date - 365 THEN event_date - previous_order_date
        END AS gap_days,
        CASE WHEN has_order AND weeks_ago < 52 THEN 1::BIGINT << CAST(weeks_ago AS INT) ELSE 0 END AS week_bit
    FROM gaps
),

activity AS (
    SELECT
        as_of_date,
        user_id,
        max(days_ago) FILTER (has_order) AS tenure_days,
        min(days_ago) FILTER (has_order) AS recency_days,
        min(days_ago) FILTER (has_activity) AS activity_recency_days,
        coalesce(sum(order_count) FILTER (days_ago <= 7), 0) AS order_count_7d,
        coalesce(sum(order_count) FILTER (days_ago <= 30), 0) AS order_count_30d,
        coalesce(sum(order_count) FILTER (days_ago <= 90), 0) AS order_count_90d,
        coalesce(sum(order_count) FILTER (days_ago <= 365), 0) AS order_count_365d,
        coalesce(sum(gross_amount) FILTER (days_ago <= 7), 0) AS gross_amount_7d,
        coalesce(sum(gross_amount) FILTER (days_ago <= 30), 0) AS gross_amount_30d,
        coalesce(sum(gross_amount) FILTER (days_ago <= 90), 0) AS gross_amount_90d,
        coalesce(sum(gross_amount) FILTER (days_ago <= 365), 0) AS gross_amount_365d,
        coalesce(sum(refund_amount) FILTER (days_ago <= 7), 0) AS refund_amount_7d,
        coalesce(sum(refund_amount) FILTER (days_ago <= 30), 0) AS refund_amount_30d,
        coalesce(sum(refund_amount) FILTER (days_ago <= 90), 0) AS refund_amount_90d,
        coalesce(sum(refund_amount) FILTER (days_ago <= 365), 0) AS refund_amount_365d,
        coalesce(sum(discount) FILTER (days_ago <= 90), 0) AS discount_90d,
        coalesce(sum(order_line_count) FILTER (days_ago <= 90), 0) AS order_line_count_90d,
        bit_count(bit_or(week_bit) & ((1::BIGINT << 12) - 1)) AS active_weeks_12w,
        bit_count(bit_or(week_bit)) AS active_weeks_52w,
        avg(gap_days) AS gap_mean_days,
        stddev_samp(gap_days) AS gap_stddev_days,
        max(gap_days) AS gap_max_days,
        coalesce(sum(view_count) FILTER (days_ago <= 30), 0) AS view_count_30d,
        coalesce(sum(search_count) FILTER (days_ago <= 30), 0) AS search_count_30d,
        coalesce(sum(add_to_cart_count) FILTER (days_ago <= 30), 0) AS add_to_cart_count_30d,
        coalesce(sum(coupon_redemption_count) FILTER (days_ago <= 365), 0) AS coupon_redemption_count_365d,
        coalesce(sum(review_count) FILTER (days_ago <= 365), 0) AS review_count_365d
    FROM measured
    GROUP BY as_of_date, user_id
    HAVING bool_or(has_order)
),

-- What people ordered in the last 365 days before each date.
bought AS (
    SELECT
        people.as_of_date,
        people.user_id,
        line.line_number,
        line.event_date,
        line.event_time,
        line.item_id,
        line.channel,
        line.amount_base
    FROM order_lines AS line
    INNER JOIN people
        ON
            line.actor_id = people.actor_id
            AND line.event_date >= people.as_of_date - 365
            AND line.event_date < people.as_of_date
            AND line.known_at < people.cut
            AND line.event_time >= people.valid_from
            AND (people.valid_to IS NULL OR line.event_time < people.valid_to)
),

-- user_variety
items_bought AS (
    SELECT as_of_date, user_id, item_id
    FROM bought
    WHERE event_date >= as_of_date - 90
    GROUP BY as_of_date, user_id, item_id
),

categories_bought AS (
    SELECT item.as_of_date, item.user_id, namings.naming.category AS category, count(*) AS item_count
    FROM items_bought AS item
    LEFT JOIN namings ON item.as_of_date = namings.as_of_date AND item.item_id = namings.item_id
    GROUP BY ALL
),

variety AS (
    SELECT as_of_date, user_id, sum(item_count) AS item_variety_90d, count(category) AS category_variety_90d
    FROM categories_bought
    GROUP BY as_of_date, user_id
),

-- user_departments
spent AS (
    SELECT
        bought.as_of_date,
        bought.user_id,
        coalesce(namings.naming.department, 'unknown') AS department,
        CAST(sum(bought.amount_base) AS DOUBLE) AS amount
    FROM bought
    LEFT JOIN namings ON bought.as_of_date = namings.as_of_date AND bought.item_id = namings.item_id
    GROUP BY ALL
),

departments AS (
    SELECT
        as_of_date,
        user_id,
        CASE WHEN sum(amount) > 0 THEN map(list(department ORDER BY department), list(amount / total ORDER BY department))
        END AS department_shares_365d
    FROM (SELECT *, sum(amount) OVER (PARTITION BY as_of_date, user_id) AS total FROM spent)
    GROUP BY as_of_date, user_id
),

-- user_habits
orders AS (
    SELECT
        as_of_date,
        user_id,
        coalesce(channel, 'unknown') AS channel,
        hour(timezone(getvariable('time_zone'), timezone('UTC', event_time))) AS hour_of_day,
        dayofweek(event_date) IN (0, 6) AS is_weekend
    FROM bought
    WHERE line_number = 1
),

by_channel AS (
    SELECT
        as_of_date,
        user_id,
        channel,
        count(*) AS order_count,
        count(*) FILTER (hour_of_day BETWEEN 5 AND 11) AS morning_count,
        count(*) FILTER (hour_of_day BETWEEN 12 AND 17) AS afternoon_count,
        count(*) FILTER (hour_of_day BETWEEN 18 AND 22) AS evening_count,
        count(*) FILTER (is_weekend) AS weekend_count
    FROM orders
    GROUP BY as_of_date, user_id, channel
),

habits AS (
    SELECT
        as_of_date,
        user_id,
        sum(morning_count) / sum(order_count) AS morning_share_365d,
        sum(afternoon_count) / sum(order_count) AS afternoon_share_365d,
        sum(evening_count) / sum(order_count) AS evening_share_365d,
        sum(weekend_count) / sum(order_count) AS weekend_share_365d,
        map(list(channel ORDER BY channel), list(order_count / total ORDER BY channel)) AS channel_shares_365d
    FROM (SELECT *, sum(order_count) OVER (PARTITION BY as_of_date, user_id) AS total FROM by_channel)
    GROUP BY as_of_date, user_id
),

-- user_ratings
ratings AS (
    SELECT people.as_of_date, people.user_id, avg(reviews.rating) AS rating_mean_365d
    FROM reviews
    INNER JOIN people
        ON
            reviews.actor_id = people.actor_id
            AND reviews.event_date >= people.as_of_date - 365
            AND reviews.event_date < people.as_of_date
            AND reviews.known_at < people.cut
            AND reviews.event_time >= people.valid_from
            AND (people.valid_to IS NULL OR reviews.event_time < people.valid_to)
    GROUP BY people.as_of_date, people.user_id
)

SELECT
    as_of_date,
    user_id,
    CAST(tenure_days AS DOUBLE) AS tenure_days,
    CAST(recency_days AS DOUBLE) AS recency_days,
    CAST(activity_recency_days AS DOUBLE) AS activity_recency_days,
    CAST(order_count_7d AS BIGINT) AS order_count_7d,
    CAST(order_count_30d AS BIGINT) AS order_count_30d,
    CAST(order_count_90d AS BIGINT) AS order_count_90d,
    CAST(order_count_365d AS BIGINT) AS order_count_365d,
    CAST(gross_amount_7d AS DECIMAL(18, 4)) AS gross_amount_7d,
    CAST(gross_amount_30d AS DECIMAL(18, 4)) AS gross_amount_30d,
    CAST(gross_amount_90d AS DECIMAL(18, 4)) AS gross_amount_90d,
    CAST(gross_amount_365d AS DECIMAL(18, 4)) AS gross_amount_365d,
    CAST(refund_amount_7d AS DECIMAL(18, 4)) AS refund_amount_7d,
    CAST(refund_amount_30d AS DECIMAL(18, 4)) AS refund_amount_30d,
    CAST(refund_amount_90d AS DECIMAL(18, 4)) AS refund_amount_90d,
    CAST(refund_amount_365d AS DECIMAL(18, 4)) AS refund_amount_365d,
    CAST(gross_amount_7d - refund_amount_7d AS DECIMAL(18, 4)) AS net_amount_7d,
    CAST(gross_amount_30d - refund_amount_30d AS DECIMAL(18, 4)) AS net_amount_30d,
    CAST(gross_amount_90d - refund_amount_90d AS DECIMAL(18, 4)) AS net_amount_90d,
    CAST(gross_amount_365d - refund_amount_365d AS DECIMAL(18, 4)) AS net_amount_365d,
    CAST(refund_amount_90d AS DOUBLE) / nullif(CAST(gross_amount_90d AS DOUBLE), 0) AS return_rate_90d,
    CAST(refund_amount_365d AS DOUBLE) / nullif(CAST(gross_amount_365d AS DOUBLE), 0) AS return_rate_365d,
    CAST(active_weeks_12w AS BIGINT) AS active_weeks_12w,
    CAST(active_weeks_52w AS BIGINT) AS active_weeks_52w,
    gap_mean_days,
    gap_stddev_days,
    CAST(gap_max_days AS DOUBLE) AS gap_max_days,
    CAST(gross_amount_90d - refund_amount_90d AS DOUBLE) / nullif(CAST(order_count_90d AS DOUBLE), 0) AS order_value_90d,
    CAST(order_line_count_90d AS DOUBLE) / nullif(CAST(order_count_90d AS DOUBLE), 0) AS order_lines_90d,
    CAST(coalesce(item_variety_90d, 0) AS BIGINT) AS item_variety_90d,
    CAST(coalesce(category_variety_90d, 0) AS BIGINT) AS category_variety_90d,
    CAST(discount_90d AS DOUBLE) / nullif(CAST(gross_amount_90d + discount_90d AS DOUBLE), 0) AS discount_share_90d,
    morning_share_365d,
    afternoon_share_365d,
    evening_share_365d,
    weekend_share_365d,
    department_shares_365d,
    channel_shares_365d,
    CAST(view_count_30d AS BIGINT) AS view_count_30d,
    CAST(search_count_30d AS BIGINT) AS search_count_30d,
    CAST(add_to_cart_count_30d AS BIGINT) AS add_to_cart_count_30d,
    CAST(coupon_redemption_count_365d AS BIGINT) AS coupon_redemption_count_365d,
    CAST(review_count_365d AS BIGINT) AS review_count_365d,
    rating_mean_365d
FROM activity
LEFT JOIN variety USING (as_of_date, user_id)
LEFT JOIN departments USING (as_of_date, user_id)
LEFT JOIN habits USING (as_of_date, user_id)
LEFT JOIN ratings USING (as_of_date, user_id)
