-- The most positive and the most negative reviews of each language, :examples of each; short ones, each text once.
WITH
insights AS (
    SELECT
        document_id AS review_id,
        text_id,
        positive_probability
    FROM {text_insights}
    WHERE
        document_kind = 'review'
        AND event_date < :as_of
        AND known_at < to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone)
),

review_texts AS (
    SELECT
        insights.text_id,
        coalesce(first(reviews.language), '') AS review_language,
        first(reviews.text) AS review_text,
        avg(insights.positive_probability) AS positive_probability
    FROM insights
    INNER JOIN {reviews} AS reviews ON insights.review_id = reviews.review_id
    WHERE length(reviews.text) BETWEEN 8 AND 120
    GROUP BY insights.text_id
),

-- Two rankings, each cut at once: so each task keeps only its best, and none sorts all reviews of a language.
best AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY review_language ORDER BY positive_probability DESC, text_id ASC) AS place
    FROM review_texts
    WHERE positive_probability >= 0.5
),

worst AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY review_language ORDER BY positive_probability ASC, text_id ASC) AS place
    FROM review_texts
    WHERE positive_probability < 0.5
),

chosen AS (
    SELECT *
    FROM best
    WHERE place <= :examples
    UNION ALL
    SELECT *
    FROM worst
    WHERE place <= :examples
)

SELECT
    review_language,
    if(positive_probability >= 0.5, 'positive', 'negative') AS sentiment,
    positive_probability,
    review_text
FROM chosen
ORDER BY review_language DESC, abs(positive_probability - 0.5) DESC, text_id ASC
