-- The mean sentiment of a person's reviews that were written and known before the date.
SELECT
    people.user_id,
    count(*) AS review_count,
    avg(insights.positive_probability) AS review_sentiment,
    array_distinct(flatten(collect_list(insights.model_versions))) AS model_versions
FROM {text_insights} AS insights
INNER JOIN {people} AS people
    ON
        insights.actor_id = people.actor_id
        AND insights.document_kind = 'review'
        AND insights.event_date < people.as_of_date
        AND insights.known_at < people.cut
        AND insights.event_time >= people.valid_from
        AND (people.valid_to IS NULL OR insights.event_time < people.valid_to)
GROUP BY people.user_id
