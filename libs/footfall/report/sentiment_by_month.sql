-- Sentiment of reviews by month, in the shop's time zone.
SELECT
    CAST(date_trunc('MONTH', event_date) AS DATE) AS month_begin,
    count(*) AS review_count,
    count_if(sentiment = 'positive') AS positive_count,
    avg(positive_probability) AS positive_probability
FROM {text_insights}
WHERE
    document_kind = 'review'
    AND event_date < :as_of
    AND known_at < to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone)
GROUP BY month_begin
ORDER BY month_begin
