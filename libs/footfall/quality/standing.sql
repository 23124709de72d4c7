-- What counts still of all that was measured: rows by rule and rows checked, of the last 28 days (of tables that are
-- made anew, of the last batch); and each other measure of the last batch of its feed that fails. A batch with a
-- replay, whose rows have no value, is not the last of its feed.
WITH
recent AS (
    SELECT
        *,
        max(CASE WHEN measure = 'rows' AND value IS NOT NULL THEN of_batch END)
            OVER (PARTITION BY target, feed) AS last_batch
    FROM {measured}
),

counting AS (
    SELECT *
    FROM recent
    WHERE if(array_contains(:made_anew, target), of_batch = last_batch, day > :since)
)

SELECT
    target,
    feed,
    'rule' AS measure,
    name,
    strength,
    sum(rows_broken) AS rows_broken,
    CAST(NULL AS BIGINT) AS rows_checked,
    CAST(NULL AS DOUBLE) AS value,
    CAST(NULL AS DOUBLE) AS baseline,
    CAST(NULL AS DOUBLE) AS drift
FROM counting
WHERE measure = 'rule'
GROUP BY target, feed, name, strength
UNION ALL
SELECT
    target,
    feed,
    'checked' AS measure,
    '' AS name,
    '' AS strength,
    CAST(NULL AS BIGINT) AS rows_broken,
    sum(rows_checked) AS rows_checked,
    CAST(NULL AS DOUBLE) AS value,
    CAST(NULL AS DOUBLE) AS baseline,
    CAST(NULL AS DOUBLE) AS drift
FROM counting
WHERE measure = 'rows'
GROUP BY target, feed
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
    drift
FROM recent
WHERE measure != 'rule' AND of_batch = last_batch AND NOT is_passed
