-- The :topics topics of the last 28 days with the most texts, rising ones first; :examples texts of each.
WITH
ranked AS (
    SELECT
        *,
        row_number() OVER (
            ORDER BY is_rising DESC, if(is_rising, p_value, 1.0) ASC, document_count_28d DESC, topic_id ASC
        ) AS topic_rank
    FROM {text_topics}
    WHERE as_of_date = :as_of AND user_count_28d >= :least_people
),

shown AS (
    SELECT *
    FROM ranked
    WHERE topic_rank <= :topics
),

-- Only reviews: tickets are never shown.
review_texts AS (
    SELECT
        text_id,
        min(text) AS document_text
    FROM {reviews}
    GROUP BY text_id
),

representatives AS (
    SELECT
        topic_id,
        explode(
            transform(
                slice(representative_text_ids, 1, :examples), (text_id, text_rank) -> struct(text_rank, text_id)
            )
        ) AS representative
    FROM shown
    WHERE :examples > 0
),

examples AS (
    SELECT
        representatives.topic_id,
        transform(
            array_sort(collect_list(struct(representatives.representative.text_rank, review_texts.document_text))),
            text -> text.document_text
        ) AS document_texts
    FROM representatives
    INNER JOIN review_texts ON representatives.representative.text_id = review_texts.text_id
    GROUP BY representatives.topic_id
)

SELECT
    shown.topic_id,
    shown.document_count_28d,
    shown.document_count_before,
    shown.negative_share_28d,
    shown.rise,
    shown.rise_low,
    shown.rise_high,
    shown.is_rising,
    shown.is_new,
    coalesce(examples.document_texts, CAST(array() AS ARRAY<STRING>)) AS document_texts
FROM shown
LEFT JOIN examples ON shown.topic_id = examples.topic_id
ORDER BY shown.topic_rank
