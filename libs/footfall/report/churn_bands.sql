-- People with a churn score, in bands of a tenth.
WITH
banded AS (
    SELECT
        least(CAST(floor(score * 10) AS INT), 9) AS band,
        score
    FROM {user_scores}
    WHERE as_of_date = :as_of AND model = 'churn' AND score IS NOT NULL
)

SELECT
    band / 10.0D AS from_probability,
    (band + 1) / 10.0D AS to_probability,
    count(*) AS user_count,
    sum(score) AS expected_churners
FROM banded
GROUP BY band
ORDER BY band
