-- One row per measure of each batch that is not measured yet: lines of the ledger, beside what the measures were before.
-- Baseline: batches of the same weekday in the last 28 days, where there are two or more, else the last four batches;
-- never the first batch of a feed, which is its past. Drift of a distribution: the population stability index over labels
-- that have 1% or more of the baseline, all others being one.
WITH
lines AS (
    SELECT
        ledger.step,
        ledger.batch_id AS of_batch,
        ledger.target,
        ledger.feed,
        ledger.rows_valid,
        ledger.sampled_rows,
        ledger.null_shares,
        ledger.distributions,
        coalesce(ledger.rows_replayed, 0) > 0 AS has_replayed,
        coalesce(ledger.warnings, map()) AS warnings,
        coalesce(ledger.broken_rules, map()) AS broken_rules,
        coalesce(ledger.replayed_rules, map()) AS replayed_rules,
        ledger.rows_read - ledger.rows_skipped - ledger.rows_waiting - coalesce(ledger.rows_replayed, 0) AS rows_checked
    FROM {ledger} AS ledger
    LEFT ANTI JOIN {before} AS before
        ON ledger.step = before.step AND ledger.batch_id = before.of_batch
    WHERE ledger.feed != '' AND ledger.rows_read > 0
),

broken AS (
    SELECT
        *,
        explode(array_distinct(concat(map_keys(broken_rules), map_keys(replayed_rules)))) AS name
    FROM lines
),

warned AS (
    SELECT
        *,
        explode(warnings) AS (name, rows_broken)
    FROM lines
),

columns_with_nulls AS (
    SELECT
        *,
        explode(null_shares) AS (name, value)
    FROM lines
),

columns_with_values AS (
    SELECT
        *,
        explode(distributions) AS (name, distribution)
    FROM lines
),

measures AS (
    SELECT
        step,
        of_batch,
        target,
        feed,
        'rule' AS measure,
        name,
        'error' AS strength,
        rows_checked,
        coalesce(broken_rules[name], 0) - coalesce(replayed_rules[name], 0) AS rows_broken,
        CAST(NULL AS DOUBLE) AS value,
        CAST(NULL AS MAP<STRING, DOUBLE>) AS distribution
    FROM broken
    UNION ALL
    SELECT
        step,
        of_batch,
        target,
        feed,
        'rule',
        name,
        'warn',
        rows_checked,
        rows_broken,
        NULL,
        NULL
    FROM warned
    UNION ALL
    SELECT
        step,
        of_batch,
        target,
        feed,
        'rows',
        '',
        'warn',
        rows_checked,
        NULL,
        if(has_replayed, NULL, CAST(rows_valid AS DOUBLE)),
        NULL
    FROM lines
    UNION ALL
    SELECT
        step,
        of_batch,
        target,
        feed,
        'nulls',
        name,
        'warn',
        sampled_rows,
        NULL,
        value,
        NULL
    FROM columns_with_nulls
    UNION ALL
    SELECT
        step,
        of_batch,
        target,
        feed,
        'distribution',
        name,
        'warn',
        sampled_rows,
        NULL,
        NULL,
        distribution
    FROM columns_with_values
),

first_batches AS (
    SELECT
        target,
        feed,
        min(of_batch) AS first_batch
    FROM {before}
    GROUP BY target, feed
),

candidates AS (
    SELECT
        measures.target,
        measures.feed,
        measures.measure,
        measures.name,
        measures.of_batch,
        earlier.value,
        earlier.distribution,
        earlier.of_batch AS earlier_batch,
        datediff(:day, earlier.day) % 7 = 0 AND datediff(:day, earlier.day) BETWEEN 7 AND 28 AS is_same_weekday
    FROM measures
    INNER JOIN {before} AS earlier
        ON
            measures.target = earlier.target
            AND measures.feed = earlier.feed
            AND measures.measure = earlier.measure
            AND measures.name = earlier.name
    INNER JOIN first_batches
        ON earlier.target = first_batches.target AND earlier.feed = first_batches.feed
    WHERE
        earlier.of_batch > first_batches.first_batch
        AND earlier.day > date_sub(:day, 90)
        AND (earlier.measure = 'rows' OR (earlier.rows_checked >= :least_rows AND measures.rows_checked >= :least_rows))
),

ranked AS (
    SELECT
        *,
        count_if(is_same_weekday) OVER (PARTITION BY target, feed, measure, name, of_batch) >= 2 AS is_weekly,
        row_number() OVER (
            PARTITION BY target, feed, measure, name, of_batch ORDER BY earlier_batch DESC
        ) AS place
    FROM candidates
),

chosen AS (
    SELECT
        *,
        count(*) OVER (PARTITION BY target, feed, measure, name, of_batch) AS batches
    FROM ranked
    WHERE if(is_weekly, is_same_weekday, place <= 4)
),

baselines AS (
    SELECT
        target,
        feed,
        measure,
        name,
        of_batch,
        avg(value) AS baseline,
        count(*) AS baseline_batches
    FROM chosen
    GROUP BY target, feed, measure, name, of_batch
),

shares AS (
    SELECT
        target,
        feed,
        name,
        of_batch,
        0.0D AS share,
        batches,
        explode(distribution) AS (label, share_before)
    FROM chosen
    WHERE measure = 'distribution'
    UNION ALL
    SELECT
        target,
        feed,
        name,
        of_batch,
        share,
        1,
        label,
        0.0D
    FROM (
        SELECT
            *,
            explode(distribution) AS (label, share)
        FROM measures
        WHERE measure = 'distribution'
    )
),

labelled AS (
    SELECT
        target,
        feed,
        name,
        of_batch,
        share,
        share_before / batches AS share_before,
        if(
            sum(share_before / batches) OVER (PARTITION BY target, feed, name, of_batch, label) >= 0.01,
            label,
            '(other)'
        ) AS bin
    FROM shares
),

bins AS (
    SELECT
        target,
        feed,
        name,
        of_batch,
        greatest(sum(share), 0.0001D) AS share,
        greatest(sum(share_before), 0.0001D) AS share_before
    FROM labelled
    GROUP BY target, feed, name, of_batch, bin
),

stability AS (
    SELECT
        target,
        feed,
        name,
        of_batch,
        sum((share - share_before) * ln(share / share_before)) AS stability_index
    FROM bins
    GROUP BY target, feed, name, of_batch
),

drifting AS (
    SELECT
        measures.*,
        baselines.baseline,
        coalesce(baselines.baseline_batches, 0) AS baseline_batches,
        CASE measures.measure
            WHEN 'rule' THEN try_divide(measures.rows_broken, measures.rows_checked)
            WHEN 'rows' THEN try_divide(measures.value, baselines.baseline)
            WHEN 'nulls' THEN measures.value - baselines.baseline
            ELSE if(baselines.baseline_batches > 0, stability.stability_index, NULL)
        END AS drift,
        CASE
            WHEN measures.measure = 'rule' AND measures.strength = 'error' THEN :max_broken_share
            WHEN measures.measure = 'rule' THEN :max_warned_share
            WHEN measures.measure = 'rows' THEN :max_row_ratio
            WHEN measures.measure = 'nulls' THEN :max_null_rise
            ELSE :max_drift
        END AS limit
    FROM measures
    LEFT JOIN baselines
        ON
            measures.target = baselines.target
            AND measures.feed = baselines.feed
            AND measures.measure = baselines.measure
            AND measures.name = baselines.name
            AND measures.of_batch = baselines.of_batch
    LEFT JOIN stability
        ON
            measures.target = stability.target
            AND measures.feed = stability.feed
            AND measures.measure = 'distribution'
            AND measures.name = stability.name
            AND measures.of_batch = stability.of_batch
)

SELECT
    CAST(:day AS DATE) AS day,
    step,
    of_batch,
    target,
    feed,
    measure,
    name,
    strength,
    rows_checked,
    rows_broken,
    value,
    distribution,
    baseline,
    CAST(baseline_batches AS INT) AS baseline_batches,
    drift,
    limit,
    CASE
        WHEN drift IS NULL THEN true
        WHEN measure = 'rule' THEN rows_broken < :least_broken OR drift <= limit
        WHEN measure = 'rows' THEN greatest(value, baseline) < :least_rows OR drift BETWEEN 1 / limit AND limit
        ELSE drift <= limit
    END AS is_passed
FROM drifting
