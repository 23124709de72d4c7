-- One row per person and date: figures of daily_activity, with those of the facts. NULL: undefined; 0: none.
SELECT
    activity.as_of_date,
    activity.user_id,
    activity.tenure_days,
    activity.recency_days,
    activity.activity_recency_days,
    activity.order_count_7d,
    activity.order_count_30d,
    activity.order_count_90d,
    activity.order_count_365d,
    activity.gross_amount_7d,
    activity.gross_amount_30d,
    activity.gross_amount_90d,
    activity.gross_amount_365d,
    activity.refund_amount_7d,
    activity.refund_amount_30d,
    activity.refund_amount_90d,
    activity.refund_amount_365d,
    CAST(activity.gross_amount_7d - activity.refund_amount_7d AS DECIMAL(18, 4)) AS net_amount_7d,
    CAST(activity.gross_amount_30d - activity.refund_amount_30d AS DECIMAL(18, 4)) AS net_amount_30d,
    CAST(activity.gross_amount_90d - activity.refund_amount_90d AS DECIMAL(18, 4)) AS net_amount_90d,
    CAST(activity.gross_amount_365d - activity.refund_amount_365d AS DECIMAL(18, 4)) AS net_amount_365d,
    try_divide(
        CAST(activity.refund_amount_90d AS DOUBLE), CAST(activity.gross_amount_90d AS DOUBLE)
    ) AS return_rate_90d,
    try_divide(
        CAST(activity.refund_amount_365d AS DOUBLE), CAST(activity.gross_amount_365d AS DOUBLE)
    ) AS return_rate_365d,
    activity.active_weeks_12w,
    activity.active_weeks_52w,
    activity.gap_mean_days,
    activity.gap_stddev_days,
    activity.gap_max_days,
    try_divide(
        CAST(activity.gross_amount_90d - activity.refund_amount_90d AS DOUBLE), activity.order_count_90d
    ) AS order_value_90d,
    try_divide(CAST(activity.order_line_count_90d AS DOUBLE), activity.order_count_90d) AS order_lines_90d,
    coalesce(variety.item_variety_90d, 0) AS item_variety_90d,
    coalesce(variety.category_variety_90d, 0) AS category_variety_90d,
    try_divide(
        CAST(activity.discount_90d AS DOUBLE), CAST(activity.gross_amount_90d + activity.discount_90d AS DOUBLE)
    ) AS discount_share_90d,
    habits.morning_share_365d,
    habits.afternoon_share_365d,
    habits.evening_share_365d,
    habits.weekend_share_365d,
    departments.department_shares_365d,
    habits.channel_shares_365d,
    activity.view_count_30d,
    activity.search_count_30d,
    activity.add_to_cart_count_30d,
    activity.coupon_redemption_count_365d,
    activity.review_count_365d,
    ratings.rating_mean_365d
FROM {activity} AS activity
LEFT JOIN {variety} AS variety
    ON activity.as_of_date = variety.as_of_date AND activity.user_id = variety.user_id
LEFT JOIN {departments} AS departments
    ON activity.as_of_date = departments.as_of_date AND activity.user_id = departments.user_id
LEFT JOIN {habits} AS habits
    ON activity.as_of_date = habits.as_of_date AND activity.user_id = habits.user_id
LEFT JOIN {ratings} AS ratings
    ON activity.as_of_date = ratings.as_of_date AND activity.user_id = ratings.user_id
