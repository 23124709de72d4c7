-- What a person wrote in the last 365 days before each date, in reviews and tickets: their sentiment, what they care
-- about.
WITH
written AS (
    SELECT
        people.as_of_date,
        people.user_id,
        insights.event_date,
        insights.sentiment = 'negative' AS is_negative,
        insights.sentiment = 'negative' OR coalesce(insights.intent = 'complaint', FALSE) AS is_complaint,
        insights.positive_probability - insights.negative_probability AS polarity
    FROM {text_insights} AS insights
    INNER JOIN {people} AS people
        ON
            insights.actor_id = people.actor_id
            AND insights.event_date >= date_sub(people.as_of_date, 365)
            AND insights.event_date < people.as_of_date
            AND insights.known_at < people.cut
            AND insights.event_time >= people.valid_from
            AND (people.valid_to IS NULL OR insights.event_time < people.valid_to)
),

sentiments AS (
    SELECT
        as_of_date,
        user_id,
        count(*) AS document_count_365d,
        avg(polarity) AS sentiment_365d,
        try_divide(count_if(is_complaint), count_if(is_complaint IS NOT NULL)) AS complaint_share_365d,
        CAST(min(if(is_negative, datediff(as_of_date, event_date), NULL)) AS DOUBLE) AS last_negative_days
    FROM written
    GROUP BY as_of_date, user_id
),

-- An aspect that a document mentions in three clauses counts as one mention.
mentions AS (
    SELECT
        people.as_of_date,
        people.user_id,
        aspects.aspect,
        aspects.document_kind,
        aspects.document_id
    FROM {text_aspects} AS aspects
    INNER JOIN {people} AS people
        ON
            aspects.actor_id = people.actor_id
            AND aspects.event_date >= date_sub(people.as_of_date, 365)
            AND aspects.event_date < people.as_of_date
            AND aspects.known_at < people.cut
            AND aspects.event_time >= people.valid_from
            AND (people.valid_to IS NULL OR aspects.event_time < people.valid_to)
    GROUP BY ALL
),

counted AS (
    SELECT
        as_of_date,
        user_id,
        aspect,
        count(*) AS mention_count
    FROM mentions
    GROUP BY as_of_date, user_id, aspect
),

shares AS (
    SELECT
        as_of_date,
        user_id,
        aspect,
        mention_count,
        mention_count / sum(mention_count) OVER (PARTITION BY as_of_date, user_id) AS share,
        sum(mention_count) OVER (PARTITION BY as_of_date, aspect)
        / sum(mention_count) OVER (PARTITION BY as_of_date) AS usual_share
    FROM counted
),

cared_about AS (
    SELECT
        as_of_date,
        user_id,
        slice(
            transform(array_sort(collect_list(struct(usual_share - share AS below, aspect))), one -> one.aspect),
            1,
            :most_aspects
        ) AS aspects_cared_about
    FROM shares
    WHERE mention_count >= :min_mentions AND share > usual_share
    GROUP BY as_of_date, user_id
)

SELECT
    as_of_date,
    user_id,
    sentiments.document_count_365d,
    sentiments.sentiment_365d,
    sentiments.complaint_share_365d,
    sentiments.last_negative_days,
    coalesce(cared_about.aspects_cared_about, CAST(array() AS ARRAY<STRING>)) AS aspects_cared_about
FROM sentiments
LEFT JOIN cared_about USING (as_of_date, user_id)
