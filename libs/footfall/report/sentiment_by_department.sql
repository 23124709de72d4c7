-- Sentiment of reviews by department of the item, where at least :least_people people wrote.
WITH
insights AS (
    SELECT
        actor_id,
        item_id,
        sentiment,
        positive_probability
    FROM {text_insights}
    WHERE
        document_kind = 'review'
        AND event_date < :as_of
        AND known_at < to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone)
),

departments AS (
    SELECT
        item_id,
        department
    FROM {items}
    WHERE valid_to IS NULL AND department IS NOT NULL
),

sentiments AS (
    SELECT
        departments.department,
        count(*) AS review_count,
        count(DISTINCT insights.actor_id) AS user_count,
        count_if(insights.sentiment = 'positive') AS positive_count,
        count_if(insights.sentiment = 'negative') AS negative_count,
        avg(insights.positive_probability) AS positive_probability
    FROM insights
    INNER JOIN departments ON insights.item_id = departments.item_id
    GROUP BY departments.department
)

SELECT
    department,
    review_count,
    positive_count,
    negative_count,
    positive_probability
FROM sentiments
WHERE user_count >= :least_people
ORDER BY review_count DESC, department ASC
