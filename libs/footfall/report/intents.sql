-- Tickets of the last 365 days by intent, where at least :least_people people wrote.
SELECT
    intent,
    count(*) AS ticket_count,
    count_if(sentiment = 'negative') AS negative_count
FROM {text_insights}
WHERE
    document_kind = 'ticket'
    AND intent IS NOT NULL
    AND event_date >= date_sub(:as_of, 365)
    AND event_date < :as_of
    AND known_at < to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone)
GROUP BY intent
HAVING count(DISTINCT actor_id) >= :least_people
ORDER BY ticket_count DESC, intent ASC
