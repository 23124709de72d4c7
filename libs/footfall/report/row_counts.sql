-- What became of every row that came, by feed and table. One that was read again, since it had waited or was in
-- quarantine, counts as what it became last. A table that each batch replaces counts its last batch only.
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
        *,
        coalesce(rows_replayed, 0) AS rows_that_left,
        if(batch_id = last_batch_id, 0, rows_waiting) AS rows_read_later
    FROM lines
    WHERE batch_id = last_batch_id OR NOT array_contains(split(:replaced, ','), target)
)

SELECT
    feed,
    target,
    sum(rows_read - rows_that_left - rows_read_later) AS rows_read,
    sum(rows_valid) AS rows_valid,
    sum(rows_quarantined - rows_that_left) AS rows_quarantined,
    sum(rows_duplicate) AS rows_duplicate,
    sum(rows_conflict) AS rows_conflict,
    sum(rows_skipped) AS rows_skipped,
    sum(rows_waiting - rows_read_later) AS rows_waiting,
    sum(rows_late) AS rows_late
FROM counted
GROUP BY feed, target
ORDER BY rows_read DESC, feed ASC, target ASC
