-- Which versions of models spoke, and of how many people.
WITH
spoken AS (
    SELECT explode(model_versions) AS model_version
    FROM {user_profiles}
    WHERE as_of_date = :as_of
)

SELECT
    model_version,
    count(*) AS user_count
FROM spoken
GROUP BY model_version
ORDER BY model_version
