-- The share of each department in what a person paid in the last 365 days before each date.
WITH
catalogued AS (
    SELECT
        order_lines.user_id,
        coalesce(names.department, 'unknown') AS department,
        order_lines.bits & coalesce(names.bits, order_lines.bits) AS bits,
        sum(order_lines.amount_base) AS amount
    FROM {order_lines} AS order_lines
    LEFT JOIN {item_names} AS names ON order_lines.item_id = names.item_id
    GROUP BY ALL
),

spent AS (
    SELECT
        calendar.as_of_date,
        catalogued.user_id,
        catalogued.department,
        sum(catalogued.amount) AS amount
    FROM catalogued
    INNER JOIN {calendar} AS calendar ON catalogued.bits & calendar.bit != 0
    GROUP BY calendar.as_of_date, catalogued.user_id, catalogued.department
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
