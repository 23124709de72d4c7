-- What became of every row read, by feed and table. A table that each batch replaces counts its last batch only.
WITH
lines AS (
    SELECT
        *,
        max(batch_id) OVER (PARTITION BY step, feed, target) AS last_batch_id
    FROM {ledger}
    WHERE feed <> ''
)

SELECT
    feed,
    target,
    sum(rows_read) AS rows_read,
    sum(rows_valid) AS rows_valid,
    sum(rows_quarantined) AS rows_quarantined,
    sum(rows_duplicate) AS rows_duplicate,
    sum(rows_conflict) AS rows_conflict,
    sum(rows_skipped) AS rows_skipped,
    sum(rows_waiting) AS rows_waiting,
    sum(rows_late) AS rows_late
FROM lines
WHERE batch_id = last_batch_id OR NOT array_contains(split(:replaced, ','), target)
GROUP BY feed, target
ORDER BY rows_read DESC, feed ASC, target ASC
