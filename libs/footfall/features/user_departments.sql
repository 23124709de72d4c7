-- The share of each department in what a person paid in the last 365 days before each date.
WITH
catalogued AS (
    SELECT
        order_lines.actor_id,
        order_lines.event_time,
        order_lines.event_date,
        order_lines.known_at,
        order_lines.amount_base,
        categories.namings
    FROM {order_lines} AS order_lines
    LEFT JOIN {item_categories} AS categories ON order_lines.item_id = categories.item_id
),

spent AS (
    SELECT
        people.as_of_date,
        people.user_id,
        coalesce(catalogued.namings[people.as_of_date].department, 'unknown') AS department,
        sum(catalogued.amount_base) AS amount
    FROM catalogued
    INNER JOIN {people} AS people
        ON
            catalogued.actor_id = people.actor_id
            AND catalogued.event_date >= date_sub(people.as_of_date, 365)
            AND catalogued.event_date < people.as_of_date
            AND catalogued.known_at < people.cut
            AND catalogued.event_time >= people.valid_from
            AND (people.valid_to IS NULL OR catalogued.event_time < people.valid_to)
    GROUP BY ALL
),

collected AS (
    SELECT
        as_of_date,
        user_id,
        CAST(sum(amount) AS DOUBLE) AS total,
        array_sort(collect_list(struct(department, CAST(amount AS DOUBLE) AS amount))) AS amounts
    FROM spent
    GROUP BY as_of_date, user_id
)

SELECT
    as_of_date,
    user_id,
    CASE
        WHEN total > 0
            THEN map_from_entries(transform(amounts, part -> struct(part.department, part.amount / total)))
    END AS department_shares_365d
FROM collected
