-- Why rows were left out: the mapping's reasons for skipped rows, and the rules that rows broke, less those of rows
-- that left quarantine since.
WITH
lines AS (
    SELECT
        *,
        max(batch_id) OVER (PARTITION BY step, feed, target) AS last_batch_id
    FROM {ledger}
    WHERE feed <> ''
),

counted AS (
    SELECT
        feed,
        target,
        skipped_reasons,
        broken_rules,
        replayed_rules
    FROM lines
    WHERE batch_id = last_batch_id OR NOT array_contains(split(:replaced, ','), target)
),

reasons AS (
    SELECT
        feed,
        target,
        'skipped' AS what,
        explode(skipped_reasons) AS (reason, row_count)
    FROM counted
    UNION ALL
    SELECT
        feed,
        target,
        'rule broken' AS what,
        explode(broken_rules) AS (reason, row_count)
    FROM counted
    UNION ALL
    SELECT
        feed,
        target,
        'rule broken' AS what,
        explode(transform_values(replayed_rules, (rule, row_count) -> -row_count)) AS (reason, row_count)
    FROM counted
)

SELECT
    feed,
    target,
    what,
    reason,
    sum(row_count) AS row_count
FROM reasons
GROUP BY feed, target, what, reason
HAVING sum(row_count) > 0
ORDER BY row_count DESC, feed ASC, target ASC, reason ASC
