-- When and where a person ordered in the last 365 days before each date. An order is its line 1.
WITH
orders AS (
    SELECT
        user_id,
        bits,
        coalesce(channel, 'unknown') AS channel,
        hour(from_utc_timestamp(event_time, :time_zone)) AS hour_of_day,
        dayofweek(event_date) IN (1, 7) AS is_weekend
    FROM {order_lines}
    WHERE line_number = 1
),

counted AS (
    SELECT
        user_id,
        channel,
        bits,
        count(*) AS order_count,
        count_if(hour_of_day BETWEEN 5 AND 11) AS morning_count,
        count_if(hour_of_day BETWEEN 12 AND 17) AS afternoon_count,
        count_if(hour_of_day BETWEEN 18 AND 22) AS evening_count,
        count_if(is_weekend) AS weekend_count
    FROM orders
    GROUP BY user_id, channel, bits
),

by_channel AS (
    SELECT
        calendar.as_of_date,
        counted.user_id,
        counted.channel,
        sum(counted.order_count) AS order_count,
        sum(counted.morning_count) AS morning_count,
        sum(counted.afternoon_count) AS afternoon_count,
        sum(counted.evening_count) AS evening_count,
        sum(counted.weekend_count) AS weekend_count
    FROM counted
    INNER JOIN {calendar} AS calendar ON counted.bits & calendar.bit != 0
    GROUP BY calendar.as_of_date, counted.user_id, counted.channel
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
