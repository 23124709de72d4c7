-- What fails now. Rules go by all rows of the last 28 days (of tables made anew by the last batch), so that rows that a
-- replay has taken in count no more; all other measures by the last batch of the feed that brought any.
WITH
last_batches AS (
    SELECT
        *,
        max(of_batch) OVER (PARTITION BY target, feed) AS last_batch
    FROM {quality}
),

rules AS (
    SELECT
        target,
        feed,
        measure,
        name,
        strength,
        sum(rows_broken) AS rows_broken,
        max(limit) AS limit
    FROM last_batches
    WHERE
        measure = 'rule'
        AND if(array_contains(:made_anew, target), of_batch = last_batch, day > :since)
    GROUP BY target, feed, measure, name, strength
),

-- each batch once, however many rules its rows broke
batches AS (
    SELECT
        target,
        feed,
        sum(rows_checked) AS rows_checked
    FROM last_batches
    WHERE measure = 'rows' AND if(array_contains(:made_anew, target), of_batch = last_batch, day > :since)
    GROUP BY target, feed
)

SELECT
    rules.target,
    rules.feed,
    rules.measure,
    rules.name,
    rules.strength,
    rules.rows_broken,
    batches.rows_checked,
    CAST(NULL AS DOUBLE) AS value,
    CAST(NULL AS DOUBLE) AS baseline,
    try_divide(rules.rows_broken, batches.rows_checked) AS drift,
    rules.limit
FROM rules
INNER JOIN batches ON rules.target = batches.target AND rules.feed = batches.feed
WHERE rules.rows_broken >= :least_broken AND try_divide(rules.rows_broken, batches.rows_checked) > rules.limit
UNION ALL
SELECT
    target,
    feed,
    measure,
    name,
    strength,
    rows_broken,
    rows_checked,
    value,
    baseline,
    drift,
    limit
FROM last_batches
WHERE measure != 'rule' AND of_batch = last_batch AND NOT is_passed
ORDER BY target, feed, measure, name
LIMIT 200
