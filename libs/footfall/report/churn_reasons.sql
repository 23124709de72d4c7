-- Of the riskiest tenth of the people with a churn score: for how many a feature is a reason that raises the risk.
-- Scores are cut at the fourth digit after the point, so that no task sorts everybody; who has as much as the last one
-- of the tenth belongs to it.
WITH
scored AS (
    SELECT
        reasons,
        round(score, 4) AS rounded_score
    FROM {user_scores}
    WHERE as_of_date = :as_of AND model = 'churn' AND score IS NOT NULL
),

bins AS (
    SELECT
        rounded_score,
        count(*) AS user_count
    FROM scored
    GROUP BY rounded_score
),

-- At most 10,001 rows.
cumulated AS (
    SELECT
        rounded_score,
        sum(user_count) OVER (ORDER BY rounded_score DESC) - user_count AS riskier_count,
        sum(user_count) OVER () AS scored_count,
        user_count
    FROM bins
),

cut AS (
    SELECT
        min(rounded_score) AS least_score,
        sum(user_count) AS people
    FROM cumulated
    WHERE riskier_count < 0.1 * scored_count
),

exploded AS (
    SELECT
        cut.people,
        explode(scored.reasons) AS reason
    FROM scored
    CROSS JOIN cut
    WHERE scored.rounded_score >= cut.least_score
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
