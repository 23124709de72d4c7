-- Documents of the last 365 days by aspect, where at least :least_people people wrote.
WITH
documents AS (
    SELECT
        aspect,
        document_kind,
        document_id,
        first(actor_id) AS actor_id,
        bool_or(sentiment = 'positive') AS is_praise,
        bool_or(sentiment = 'negative') AS is_blame
    FROM {text_aspects}
    WHERE
        event_date >= date_sub(:as_of, 365)
        AND event_date < :as_of
        AND known_at < to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone)
    GROUP BY aspect, document_kind, document_id
)

SELECT
    aspect,
    count(*) AS document_count,
    count_if(is_praise) AS praise_count,
    count_if(is_blame) AS blame_count
FROM documents
GROUP BY aspect
HAVING count(DISTINCT actor_id) >= :least_people
ORDER BY document_count DESC, aspect ASC
