-- How many distinct items and categories a person bought in the last 90 days before each date.
WITH
items_bought AS (
    SELECT
        user_id,
        item_id,
        bit_or(bits_90d) AS bits
    FROM {order_lines}
    WHERE bits_90d != 0
    GROUP BY user_id, item_id
),

categories_bought AS (
    SELECT
        items_bought.user_id,
        names.category,
        bit_or(items_bought.bits & names.bits) AS bits
    FROM items_bought
    INNER JOIN {item_names} AS names
        ON items_bought.item_id = names.item_id AND names.category IS NOT NULL
    GROUP BY items_bought.user_id, names.category
),

counted AS (
    SELECT
        user_id,
        bits,
        count(*) AS item_count,
        0 AS category_count
    FROM items_bought
    GROUP BY user_id, bits
    UNION ALL
    SELECT
        user_id,
        bits,
        0 AS item_count,
        count(*) AS category_count
    FROM categories_bought
    GROUP BY user_id, bits
)

SELECT
    calendar.as_of_date,
    counted.user_id,
    sum(counted.item_count) AS item_variety_90d,
    sum(counted.category_count) AS category_variety_90d
FROM counted
INNER JOIN {calendar} AS calendar ON counted.bits & calendar.bit != 0
GROUP BY calendar.as_of_date, counted.user_id
