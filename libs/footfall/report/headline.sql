-- What happened in the shop before the as-of day, as far as it was known by then. One row.
WITH
past AS (
    SELECT *
    FROM {daily_activity}
    WHERE event_date < :as_of AND known_date < :as_of
),

stitched AS (
    SELECT
        actor_id,
        user_id
    FROM {identities}
    WHERE
        actor_id <> user_id
        AND valid_to IS NULL
        AND known_from < to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone)
        AND (known_to IS NULL OR known_to >= to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone))
),

people AS (
    SELECT count(DISTINCT coalesce(stitched.user_id, actors.actor_id)) AS user_count
    FROM (SELECT DISTINCT actor_id FROM past) AS actors
    LEFT JOIN stitched ON actors.actor_id = stitched.actor_id
)

SELECT
    (SELECT people.user_count FROM people) AS user_count,
    coalesce(sum(order_count), 0) AS order_count,
    coalesce(sum(order_line_count), 0) AS order_line_count,
    CAST(coalesce(sum(gross_amount_base), 0) - coalesce(sum(refund_amount_base), 0) AS DOUBLE) AS net_amount_base,
    CAST(coalesce(sum(refund_amount_base), 0) AS DOUBLE) AS refund_amount_base,
    min(event_date) AS first_date,
    max(event_date) AS last_date
FROM past
