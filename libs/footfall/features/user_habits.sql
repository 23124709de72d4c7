-- When and where a person ordered in the last 365 days before each date. An order is its line 1.
WITH
orders AS (
    SELECT
        people.as_of_date,
        people.user_id,
        coalesce(order_lines.channel, 'unknown') AS channel,
        hour(from_utc_timestamp(order_lines.event_time, :time_zone)) AS hour_of_day,
        dayofweek(order_lines.event_date) IN (1, 7) AS is_weekend
    FROM {order_lines} AS order_lines
    INNER JOIN {people} AS people
        ON
            order_lines.actor_id = people.actor_id
            AND order_lines.event_date >= date_sub(people.as_of_date, 365)
            AND order_lines.event_date < people.as_of_date
            AND order_lines.known_at < people.cut
            AND order_lines.event_time >= people.valid_from
            AND (people.valid_to IS NULL OR order_lines.event_time < people.valid_to)
    WHERE order_lines.line_number = 1
),

by_channel AS (
    SELECT
        as_of_date,
        user_id,
        channel,
        count(*) AS order_count,
        count_if(hour_of_day BETWEEN 5 AND 11) AS morning_count,
        count_if(hour_of_day BETWEEN 12 AND 17) AS afternoon_count,
        count_if(hour_of_day BETWEEN 18 AND 22) AS evening_count,
        count_if(is_weekend) AS weekend_count
    FROM orders
    GROUP BY as_of_date, user_id, channel
),

collected AS (
    SELECT
        as_of_date,
        user_id,
        sum(order_count) AS order_count,
        sum(morning_count) AS morning_count,
        sum(afternoon_count) AS afternoon_count,
        sum(evening_count) AS evening_count,
        sum(weekend_count) AS weekend_count,
        array_sort(collect_list(struct(channel, order_count))) AS channels
    FROM by_channel
    GROUP BY as_of_date, user_id
)

SELECT
    as_of_date,
    user_id,
    morning_count / order_count AS morning_share_365d,
    afternoon_count / order_count AS afternoon_share_365d,
    evening_count / order_count AS evening_share_365d,
    weekend_count / order_count AS weekend_share_365d,
    map_from_entries(transform(channels, c -> struct(c.channel, c.order_count / order_count))) AS channel_shares_365d
FROM collected
