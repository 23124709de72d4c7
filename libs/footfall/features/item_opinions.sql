-- What people wrote of an item before each date: what they praise and blame, and whether they are less content than
-- before.
-- The last 28 days are compared with the 112 days before them.
WITH
written AS (
    SELECT
        people.as_of_date,
        insights.item_id,
        insights.sentiment = 'negative' AS is_negative,
        datediff(people.as_of_date, insights.event_date) AS days_ago
    FROM {text_insights} AS insights
    INNER JOIN {people} AS people
        ON
            insights.actor_id = people.actor_id
            AND insights.event_date >= date_sub(people.as_of_date, 365)
            AND insights.event_date < people.as_of_date
            AND insights.known_at < people.cut
            AND insights.event_time >= people.valid_from
            AND (people.valid_to IS NULL OR insights.event_time < people.valid_to)
    WHERE insights.item_id IS NOT NULL
),

counted AS (
    SELECT
        as_of_date,
        item_id,
        count(*) AS document_count_365d,
        count_if(is_negative IS NOT NULL AND days_ago <= 28) AS read_count_28d,
        count_if(is_negative IS NOT NULL AND days_ago BETWEEN 29 AND 140) AS read_count_before,
        count_if(is_negative AND days_ago <= 28) AS negative_count_28d,
        count_if(is_negative AND days_ago BETWEEN 29 AND 140) AS negative_count_before
    FROM written
    GROUP BY as_of_date, item_id
),

-- A document that praises an aspect in two clauses praises it once; one that praises and blames it does both.
opinions AS (
    SELECT
        people.as_of_date,
        aspects.item_id,
        aspects.aspect,
        aspects.document_kind,
        aspects.document_id,
        max(aspects.sentiment = 'positive') AS is_praise,
        max(aspects.sentiment = 'negative') AS is_blame
    FROM {text_aspects} AS aspects
    INNER JOIN {people} AS people
        ON
            aspects.actor_id = people.actor_id
            AND aspects.event_date >= date_sub(people.as_of_date, 365)
            AND aspects.event_date < people.as_of_date
            AND aspects.known_at < people.cut
            AND aspects.event_time >= people.valid_from
            AND (people.valid_to IS NULL OR aspects.event_time < people.valid_to)
    WHERE aspects.item_id IS NOT NULL
    GROUP BY people.as_of_date, aspects.item_id, aspects.aspect, aspects.document_kind, aspects.document_id
),

by_aspect AS (
    SELECT
        as_of_date,
        item_id,
        aspect,
        count(*) AS opinion_count,
        count_if(is_praise) AS praise_count,
        count_if(is_blame) AS blame_count
    FROM opinions
    GROUP BY as_of_date, item_id, aspect
),

-- The most frequent first; the share is of the documents that mention the aspect.
collected AS (
    SELECT
        as_of_date,
        item_id,
        sum(opinion_count) AS opinion_count_365d,
        array_sort(
            collect_list(
                if(praise_count > 0, struct(-praise_count AS rank, aspect, praise_count / opinion_count AS share), NULL)
            )
        ) AS praise,
        array_sort(
            collect_list(
                if(blame_count > 0, struct(-blame_count AS rank, aspect, blame_count / opinion_count AS share), NULL)
            )
        ) AS blame
    FROM by_aspect
    GROUP BY as_of_date, item_id
)

SELECT
    as_of_date,
    item_id,
    counted.document_count_365d,
    coalesce(collected.opinion_count_365d, 0) AS opinion_count_365d,
    transform(
        coalesce(collected.praise, array()), one -> struct(one.aspect AS aspect, -one.rank AS count, one.share AS share)
    ) AS praised,
    transform(
        coalesce(collected.blame, array()), one -> struct(one.aspect AS aspect, -one.rank AS count, one.share AS share)
    ) AS blamed,
    try_divide(counted.negative_count_28d, counted.read_count_28d) AS negative_share_28d,
    try_divide(counted.negative_count_before, counted.read_count_before) AS negative_share_before,
    CASE
        WHEN counted.read_count_28d > 0 AND counted.read_count_before > 0
            THEN
                ((counted.negative_count_28d + 1) / (counted.read_count_28d + 2))
                / ((counted.negative_count_before + 1) / (counted.read_count_before + 2))
    END AS negative_rise
FROM counted
LEFT JOIN collected USING (as_of_date, item_id)
