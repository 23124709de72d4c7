-- What happened in the shop before the as-of day, as far as it was known by then. One row.
SELECT
    count(DISTINCT actor_id) AS user_count,
    coalesce(sum(order_count), 0) AS order_count,
    coalesce(sum(order_line_count), 0) AS order_line_count,
    CAST(coalesce(sum(gross_amount_base), 0) - coalesce(sum(refund_amount_base), 0) AS DOUBLE) AS net_amount_base,
    CAST(coalesce(sum(refund_amount_base), 0) AS DOUBLE) AS refund_amount_base,
    min(event_date) AS first_date,
    max(event_date) AS last_date
FROM {daily_activity}
WHERE event_date < :as_of AND known_date < :as_of
