-- The clearest clauses for and against each aspect, :examples of each; the page cuts them out of their text.
WITH
review_texts AS (
    SELECT
        text_id,
        min(text) AS review_text
    FROM {reviews}
    GROUP BY text_id
),

-- What several people wrote word for word appears once.
clauses AS (
    SELECT
        aspect,
        sentiment,
        text_id,
        start_char,
        end_char,
        max(probability * abs(positive_probability - 0.5)) AS clarity
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
            ORDER BY clarity DESC, text_id ASC, start_char ASC
        ) AS clarity_rank
    FROM clauses
)

SELECT
    ranked.aspect,
    ranked.sentiment,
    ranked.start_char,
    ranked.end_char,
    review_texts.review_text
FROM ranked
INNER JOIN review_texts ON ranked.text_id = review_texts.text_id
WHERE ranked.clarity_rank <= :examples
ORDER BY ranked.aspect ASC, ranked.sentiment DESC, ranked.clarity_rank ASC
