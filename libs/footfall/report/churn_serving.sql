-- Who gave the churn scores of the day, or why there are none, and for how many people; the most people first.
SELECT
    served_by,
    no_score_reason,
    model_version,
    count(*) AS user_count
FROM {user_scores}
WHERE as_of_date = :as_of AND model = 'churn'
GROUP BY served_by, no_score_reason, model_version
ORDER BY user_count DESC, served_by ASC, no_score_reason ASC
