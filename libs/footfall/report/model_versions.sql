-- Which versions of models the results come from, and how many rows of which table.
WITH
used AS (
    SELECT
        'results.user_profiles' AS table_name,
        explode(model_versions) AS model_version
    FROM {user_profiles}
    WHERE as_of_date = :as_of
    UNION ALL
    SELECT
        'results.text_insights' AS table_name,
        explode(model_versions) AS model_version
    FROM {text_insights}
    WHERE event_date < :as_of AND known_at < to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone)
    UNION ALL
    SELECT
        'results.text_aspects' AS table_name,
        model_version
    FROM {text_aspects}
    WHERE event_date < :as_of AND known_at < to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone)
    UNION ALL
    SELECT
        'results.text_topics' AS table_name,
        model_version
    FROM {text_topics}
    WHERE as_of_date = :as_of
)

SELECT
    model_version,
    table_name,
    count(*) AS row_count
FROM used
GROUP BY model_version, table_name
ORDER BY model_version ASC, table_name ASC
