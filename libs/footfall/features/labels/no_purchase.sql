-- 1 for people of the population without an order in the horizon after the date, as known when the label is complete,
-- and 0 for people with one. It reads only what happened on the date or later. Identities are as of the date, so that
-- the label belongs to the same person as the features.
WITH
cuts AS (
    SELECT
        as_of_date,
        user_id,
        to_utc_timestamp(CAST(as_of_date AS TIMESTAMP), :time_zone) AS cut
    FROM {population}
),

people AS (
    SELECT
        cuts.as_of_date,
        cuts.user_id,
        identities.actor_id,
        identities.valid_from,
        identities.valid_to
    FROM cuts
    INNER JOIN {identities} AS identities
        ON
            cuts.user_id = identities.user_id
            AND cuts.cut > identities.known_from
            AND (identities.known_to IS NULL OR cuts.cut <= identities.known_to)
),

buyers AS (
    SELECT
        people.as_of_date,
        people.user_id
    FROM {daily_activity} AS activity
    INNER JOIN people
        ON
            activity.actor_id = people.actor_id
            AND activity.event_date >= people.as_of_date
            AND activity.event_date < date_add(people.as_of_date, :horizon_days)
            AND activity.known_date < date_add(people.as_of_date, :horizon_days + :return_window_days)
            AND to_utc_timestamp(CAST(activity.event_date AS TIMESTAMP), :time_zone) >= people.valid_from
            AND (
                people.valid_to IS NULL
                OR to_utc_timestamp(CAST(activity.event_date AS TIMESTAMP), :time_zone) < people.valid_to
            )
    GROUP BY people.as_of_date, people.user_id
    HAVING sum(activity.order_count) > 0
)

SELECT
    population.as_of_date,
    population.user_id,
    if(buyers.user_id IS NULL, 1, 0) AS no_purchase
FROM {population} AS population
LEFT JOIN buyers
    ON population.as_of_date = buyers.as_of_date AND population.user_id = buyers.user_id
