-- Of the riskiest tenth of the people with a churn score: for how many a feature is a reason that raises the risk.
WITH
ranked AS (
    SELECT
        user_id,
        score,
        reasons,
        percent_rank() OVER (ORDER BY score DESC, user_id ASC) AS risk_rank
    FROM {user_scores}
    WHERE as_of_date = :as_of AND model = 'churn' AND score IS NOT NULL
),

riskiest AS (
    SELECT
        reasons,
        count(*) OVER () AS people
    FROM ranked
    WHERE risk_rank < 0.1
),

exploded AS (
    SELECT
        people,
        explode(reasons) AS reason
    FROM riskiest
)

SELECT
    reason.feature,
    count(*) AS user_count,
    count(*) / max(people) AS user_share,
    max(people) AS people
FROM exploded
WHERE reason.contribution > 0
GROUP BY reason.feature
HAVING count(*) >= :least_people
ORDER BY user_count DESC, feature ASC
