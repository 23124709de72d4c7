-- What people said of each topic before each date: in the last 28 days, and in the four spans of 28 days before these.
-- A user counts once for a topic and span, however often they wrote: ten tickets of one customer count once.
WITH
spoken AS (
    SELECT
        people.as_of_date,
        people.user_id,
        insights.topic_id,
        insights.topic_similarity,
        insights.text_id,
        insights.sentiment,
        insights.event_date,
        CAST(floor((datediff(people.as_of_date, insights.event_date) - 1) / 28) AS INT) AS span
    FROM {text_insights} AS insights
    INNER JOIN {people} AS people
        ON
            insights.actor_id = people.actor_id
            AND insights.event_date < people.as_of_date
            AND insights.known_at < people.cut
            AND insights.event_time >= people.valid_from
            AND (people.valid_to IS NULL OR insights.event_time < people.valid_to)
),

first_seen AS (
    SELECT
        as_of_date,
        topic_id,
        min(event_date) AS first_seen
    FROM spoken
    GROUP BY as_of_date, topic_id
),

-- Texts without a topic count too: they belong to how many people wrote at all.
topic_users AS (
    SELECT
        as_of_date,
        topic_id,
        span,
        user_id,
        count(*) AS document_count,
        count_if(sentiment = 'negative') AS negative_count
    FROM spoken
    WHERE span <= 4
    GROUP BY as_of_date, topic_id, span, user_id
),

volume AS (
    SELECT
        as_of_date,
        count_if(span = 0) AS all_user_count_28d,
        count_if(span > 0) AS all_user_count_before,
        count(DISTINCT if(span > 0, span, NULL)) AS spans_before
    FROM topic_users
    GROUP BY as_of_date
),

counted AS (
    SELECT
        as_of_date,
        topic_id,
        sum(if(span = 0, document_count, 0)) AS document_count_28d,
        sum(if(span > 0, document_count, 0)) AS document_count_before,
        sum(if(span = 0, negative_count, 0)) AS negative_count_28d,
        sum(if(span > 0, negative_count, 0)) AS negative_count_before,
        count_if(span = 0) AS user_count_28d,
        count_if(span > 0) AS user_count_before
    FROM topic_users
    WHERE topic_id IS NOT NULL
    GROUP BY as_of_date, topic_id
),

-- Of each person the text nearest to the centre, each text once; those of the last 28 days before older ones.
of_each_person AS (
    SELECT
        as_of_date,
        topic_id,
        user_id,
        min(struct(span > 0 AS is_older, -topic_similarity AS distance, text_id)) AS nearest
    FROM spoken
    WHERE topic_id IS NOT NULL AND span <= 4
    GROUP BY as_of_date, topic_id, user_id
),

representatives AS (
    SELECT
        as_of_date,
        topic_id,
        slice(array_distinct(transform(array_sort(collect_set(nearest)), text -> text.text_id)), 1, :representatives)
            AS representative_text_ids
    FROM of_each_person
    GROUP BY as_of_date, topic_id
)

SELECT
    counted.as_of_date,
    counted.topic_id,
    counted.document_count_28d,
    try_divide(counted.document_count_before, volume.spans_before) AS document_count_before,
    try_divide(counted.negative_count_28d, counted.document_count_28d) AS negative_share_28d,
    try_divide(counted.negative_count_before, counted.document_count_before) AS negative_share_before,
    counted.user_count_28d,
    counted.user_count_before,
    volume.all_user_count_28d,
    volume.all_user_count_before,
    first_seen.first_seen,
    representatives.representative_text_ids
FROM counted
INNER JOIN volume ON counted.as_of_date = volume.as_of_date
INNER JOIN first_seen ON counted.as_of_date = first_seen.as_of_date AND counted.topic_id = first_seen.topic_id
INNER JOIN representatives
    ON counted.as_of_date = representatives.as_of_date AND counted.topic_id = representatives.topic_id
