-- Clauses that praise or blame each aspect the most clearly, :sentences of each; the page cuts them out of their text.
WITH
written AS (
    SELECT
        text_id,
        min(text) AS review_text
    FROM {reviews}
    GROUP BY text_id
),

-- What several people wrote word for word stands there once.
told AS (
    SELECT
        aspect,
        sentiment,
        text_id,
        start_char,
        end_char,
        max(probability * abs(positive_probability - 0.5)) AS clearness
    FROM {text_aspects}
    WHERE
        document_kind = 'review'
        AND sentiment IN ('positive', 'negative')
        AND end_char - start_char BETWEEN 4 AND 80
        AND event_date >= date_sub(:as_of, 365)
        AND event_date < :as_of
        AND known_at < to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone)
    GROUP BY aspect, sentiment, text_id, start_char, end_char
),

ranked AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY aspect, sentiment
            ORDER BY clearness DESC, text_id ASC, start_char ASC
        ) AS place
    FROM told
)

SELECT
    ranked.aspect,
    ranked.sentiment,
    ranked.start_char,
    ranked.end_char,
    written.review_text
FROM ranked
INNER JOIN written ON ranked.text_id = written.text_id
WHERE ranked.place <= :sentences
ORDER BY ranked.aspect ASC, ranked.sentiment DESC, ranked.place ASC
