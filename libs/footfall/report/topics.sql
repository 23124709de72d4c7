-- The :topics topics of the last 28 days with the most texts, those that rise first; :sentences texts stand for each.
WITH
ranked AS (
    SELECT
        *,
        row_number() OVER (
            ORDER BY is_rising DESC, if(is_rising, p_value, 1.0) ASC, document_count_28d DESC, topic_id ASC
        ) AS place
    FROM {text_topics}
    WHERE as_of_date = :as_of AND user_count_28d >= :least_people
),

told AS (
    SELECT *
    FROM ranked
    WHERE place <= :topics
),

-- Only reviews: what somebody wrote to the shop's service is never shown.
written AS (
    SELECT
        text_id,
        min(text) AS document_text
    FROM {reviews}
    GROUP BY text_id
),

named AS (
    SELECT
        topic_id,
        explode(
            transform(
                slice(representative_text_ids, 1, :sentences), (text_id, place) -> struct(place, text_id)
            )
        ) AS one
    FROM told
    WHERE :sentences > 0
),

spoken AS (
    SELECT
        named.topic_id,
        transform(
            array_sort(collect_list(struct(named.one.place, written.document_text))), one -> one.document_text
        ) AS document_texts
    FROM named
    INNER JOIN written ON named.one.text_id = written.text_id
    GROUP BY named.topic_id
)

SELECT
    told.topic_id,
    told.document_count_28d,
    told.document_count_before,
    told.negative_share_28d,
    told.rise,
    told.rise_low,
    told.rise_high,
    told.is_rising,
    told.is_new,
    coalesce(spoken.document_texts, CAST(array() AS ARRAY<STRING>)) AS document_texts
FROM told
LEFT JOIN spoken ON told.topic_id = spoken.topic_id
ORDER BY told.place
