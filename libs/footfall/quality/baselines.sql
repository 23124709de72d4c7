-- What was usual of each measure of the feeds that have news: batches of the same weekday in the last 28 days, where
-- there are two or more, else the last four; never the first batch of a feed, which holds its past, nor one with a
-- replay.
WITH
first_batches AS (
    SELECT
        target,
        feed,
        min(of_batch) AS first_batch
    FROM {measured}
    GROUP BY target, feed
),

earlier AS (
    SELECT
        measured.target,
        measured.feed,
        measured.measure,
        measured.name,
        measured.of_batch,
        measured.value,
        measured.distribution,
        datediff(:day, measured.day) % 7 = 0 AND datediff(:day, measured.day) BETWEEN 7 AND 28 AS is_same_weekday
    FROM {measured} AS measured
    INNER JOIN first_batches
        ON measured.target = first_batches.target AND measured.feed = first_batches.feed
    WHERE
        measured.day > date_sub(:day, 90)
        AND measured.of_batch > first_batches.first_batch
        AND array_contains(:feeds, measured.feed)
        AND CASE measured.measure
            WHEN 'rule' THEN FALSE
            WHEN 'rows' THEN measured.value IS NOT NULL
            ELSE measured.rows_checked >= :least_rows
        END
),

ranked AS (
    SELECT
        *,
        count_if(is_same_weekday) OVER (PARTITION BY target, feed, measure, name) >= 2 AS is_weekly,
        row_number() OVER (
            PARTITION BY target, feed, measure, name, is_same_weekday ORDER BY of_batch DESC
        ) AS place_of_weekday,
        row_number() OVER (PARTITION BY target, feed, measure, name ORDER BY of_batch DESC) AS place
    FROM earlier
)

-- of a feed that comes many times a day the newest eight batches of the weekday
SELECT
    target,
    feed,
    measure,
    name,
    avg(value) AS baseline,
    count(*) AS batches,
    collect_list(distribution) AS distributions
FROM ranked
WHERE if(is_weekly, is_same_weekday AND place_of_weekday <= 8, place <= 4)
GROUP BY target, feed, measure, name
