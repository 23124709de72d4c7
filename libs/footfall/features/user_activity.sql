-- Figures of daily_activity for every person with an order known before each date.
WITH
-- All that follows is by person: to bring a person's rows together once saves moving the copies of each date.
activity AS (
    SELECT /*+ repartition(user_id) */ * FROM {activity}
),

-- A correction has the day of the row that it corrects, so the sums of a day are all that was known of that day.
days AS (
    SELECT
        calendar.as_of_date,
        activity.user_id,
        activity.event_date,
        datediff(calendar.as_of_date, activity.event_date) AS days_ago,
        sum(activity.order_count) AS order_count,
        sum(activity.order_line_count) AS order_line_count,
        sum(activity.gross_amount_base) AS gross_amount,
        sum(activity.discount_base) AS discount,
        sum(activity.refund_amount_base) AS refund_amount,
        sum(activity.view_count) AS view_count,
        sum(activity.search_count) AS search_count,
        sum(activity.add_to_cart_count) AS add_to_cart_count,
        sum(activity.checkout_count) AS checkout_count,
        sum(activity.purchase_count) AS purchase_count,
        sum(activity.coupon_redemption_count) AS coupon_redemption_count,
        sum(activity.review_count) AS review_count
    FROM activity
    INNER JOIN {calendar} AS calendar ON activity.bits & calendar.bit != 0
    GROUP BY calendar.as_of_date, activity.user_id, activity.event_date
),

-- What comes back is no activity of the person: often the shop enters it, and not on the day that it was sent.
-- `former` are first and last days of people before the first row of daily_activity that is read.
told_days AS (
    SELECT
        *,
        order_count > 0 AS has_order,
        greatest(
            order_count, view_count, search_count, add_to_cart_count, checkout_count, purchase_count,
            coupon_redemption_count, review_count
        ) > 0 AS has_activity,
        CAST(floor((days_ago - 1) / 7) AS INT) AS weeks_ago
    FROM days
    UNION ALL
    SELECT
        calendar.as_of_date,
        former.user_id,
        former.event_date,
        datediff(calendar.as_of_date, former.event_date) AS days_ago,
        0 AS order_count,
        0 AS order_line_count,
        0 AS gross_amount,
        0 AS discount,
        0 AS refund_amount,
        0 AS view_count,
        0 AS search_count,
        0 AS add_to_cart_count,
        0 AS checkout_count,
        0 AS purchase_count,
        0 AS coupon_redemption_count,
        0 AS review_count,
        former.has_order,
        TRUE AS has_activity,
        CAST(floor((datediff(calendar.as_of_date, former.event_date) - 1) / 7) AS INT) AS weeks_ago
    FROM {former} AS former
    CROSS JOIN {calendar} AS calendar
),

-- The order day before this one, to measure the gap between the two.
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

-- Both ends of a gap lie in the last 365 days.
measured AS (
    SELECT
        *,
        CASE
            WHEN has_order AND previous_order_date >= date_sub(as_of_date, 365)
                THEN datediff(event_date, previous_order_date)
        END AS gap_days,
        -- One bit a week: or-ing them counts distinct weeks without sorting them.
        CASE WHEN has_order AND weeks_ago < 52 THEN shiftleft(1L, weeks_ago) ELSE 0L END AS week_bit
    FROM gaps
)

SELECT
    as_of_date,
    user_id,
    CAST(max(CASE WHEN has_order THEN days_ago END) AS DOUBLE) AS tenure_days,
    CAST(min(CASE WHEN has_order THEN days_ago END) AS DOUBLE) AS recency_days,
    CAST(min(CASE WHEN has_activity THEN days_ago END) AS DOUBLE) AS activity_recency_days,
    sum(if(days_ago <= 7, order_count, 0)) AS order_count_7d,
    sum(if(days_ago <= 30, order_count, 0)) AS order_count_30d,
    sum(if(days_ago <= 90, order_count, 0)) AS order_count_90d,
    sum(if(days_ago <= 365, order_count, 0)) AS order_count_365d,
    CAST(sum(if(days_ago <= 7, gross_amount, 0)) AS DECIMAL(18, 4)) AS gross_amount_7d,
    CAST(sum(if(days_ago <= 30, gross_amount, 0)) AS DECIMAL(18, 4)) AS gross_amount_30d,
    CAST(sum(if(days_ago <= 90, gross_amount, 0)) AS DECIMAL(18, 4)) AS gross_amount_90d,
    CAST(sum(if(days_ago <= 365, gross_amount, 0)) AS DECIMAL(18, 4)) AS gross_amount_365d,
    CAST(sum(if(days_ago <= 7, refund_amount, 0)) AS DECIMAL(18, 4)) AS refund_amount_7d,
    CAST(sum(if(days_ago <= 30, refund_amount, 0)) AS DECIMAL(18, 4)) AS refund_amount_30d,
    CAST(sum(if(days_ago <= 90, refund_amount, 0)) AS DECIMAL(18, 4)) AS refund_amount_90d,
    CAST(sum(if(days_ago <= 365, refund_amount, 0)) AS DECIMAL(18, 4)) AS refund_amount_365d,
    CAST(sum(if(days_ago <= 90, discount, 0)) AS DECIMAL(18, 4)) AS discount_90d,
    sum(if(days_ago <= 90, order_line_count, 0)) AS order_line_count_90d,
    CAST(bit_count(bit_or(week_bit) & (shiftleft(1L, 12) - 1)) AS BIGINT) AS active_weeks_12w,
    CAST(bit_count(bit_or(week_bit)) AS BIGINT) AS active_weeks_52w,
    avg(gap_days) AS gap_mean_days,
    stddev_samp(gap_days) AS gap_stddev_days,
    CAST(max(gap_days) AS DOUBLE) AS gap_max_days,
    sum(if(days_ago <= 30, view_count, 0)) AS view_count_30d,
    sum(if(days_ago <= 30, search_count, 0)) AS search_count_30d,
    sum(if(days_ago <= 30, add_to_cart_count, 0)) AS add_to_cart_count_30d,
    sum(if(days_ago <= 365, coupon_redemption_count, 0)) AS coupon_redemption_count_365d,
    sum(if(days_ago <= 365, review_count, 0)) AS review_count_365d
FROM measured
GROUP BY as_of_date, user_id
HAVING max(has_order)
