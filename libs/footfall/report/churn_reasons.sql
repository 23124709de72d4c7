-- For the riskiest tenth: for how many people a feature is among the reasons that raise the risk.
WITH
ranked AS (
    SELECT
        user_id,
        score,
        reasons,
        percent_rank() OVER (ORDER BY score DESC, user_id ASC) AS place
    FROM {user_scores}
    WHERE as_of_date = :as_of AND model = 'churn'
),

riskiest AS (
    SELECT
        reasons,
        count(*) OVER () AS people
    FROM ranked
    WHERE place < 0.1
),

told_reasons AS (
    SELECT
        people,
        explode(reasons) AS told
    FROM riskiest
)

SELECT
    told.feature,
    count(*) AS user_count,
    count(*) / max(people) AS user_share,
    max(people) AS people
FROM told_reasons
WHERE told.contribution > 0
GROUP BY told.feature
HAVING count(*) >= :least_people
ORDER BY user_count DESC, feature ASC
