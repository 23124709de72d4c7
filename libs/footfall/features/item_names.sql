-- Department and category of every item, with the dates (bits) as of which the catalogue named it so: of the versions
-- that had begun and were known before a date, the one that began last. `valid_to` is not used: it is written when a
-- later version comes, which may not have been known yet. The rows of an item hold each date once; of dates before
-- which nothing of it was known, both names are NULL.
WITH
versions AS (
    SELECT
        item_id,
        department,
        category,
        bits & ~coalesce(
            bit_or(bits) OVER (
                PARTITION BY item_id ORDER BY valid_from DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            0
        ) AS bits,
        CASE
            WHEN lead(item_id) OVER (PARTITION BY item_id ORDER BY valid_from DESC) IS NULL
                THEN :all_bits & ~bit_or(bits) OVER (
                    PARTITION BY item_id ORDER BY valid_from DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                )
            ELSE 0
        END AS unknown_bits
    FROM {items}
)

SELECT
    item_id,
    department,
    category,
    bits
FROM versions
WHERE bits != 0
UNION ALL
SELECT
    item_id,
    NULL AS department,
    NULL AS category,
    unknown_bits AS bits
FROM versions
WHERE unknown_bits != 0
