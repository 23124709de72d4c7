-- How many distinct items and categories a person bought in the last 90 days before each date.
WITH
items_bought AS (
    SELECT
        people.as_of_date,
        people.user_id,
        order_lines.item_id
    FROM {order_lines} AS order_lines
    INNER JOIN {people} AS people
        ON
            order_lines.actor_id = people.actor_id
            AND order_lines.event_date >= date_sub(people.as_of_date, 90)
            AND order_lines.event_date < people.as_of_date
            AND order_lines.known_at < people.cut
            AND order_lines.event_time >= people.valid_from
            AND (people.valid_to IS NULL OR order_lines.event_time < people.valid_to)
    GROUP BY people.as_of_date, people.user_id, order_lines.item_id
),

categories_bought AS (
    SELECT
        bought.as_of_date,
        bought.user_id,
        categories.namings[bought.as_of_date].category AS category,
        count(*) AS item_count
    FROM items_bought AS bought
    LEFT JOIN {item_categories} AS categories ON bought.item_id = categories.item_id
    GROUP BY ALL
)

SELECT
    as_of_date,
    user_id,
    sum(item_count) AS item_variety_90d,
    count(category) AS category_variety_90d
FROM categories_bought
GROUP BY as_of_date, user_id
