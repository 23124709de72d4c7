-- :portraits people, evenly spread over everybody ordered by churn probability; people without one come first, by user.
-- Age and household are shown only where :least_people people share them.
WITH
profiles_of_day AS (
    SELECT *
    FROM {user_profiles}
    WHERE as_of_date = :as_of
),

ranked AS (
    SELECT
        user_id,
        row_number() OVER (ORDER BY churn_probability ASC, user_id ASC) AS risk_rank,
        count(*) OVER () AS people_count,
        count(*) OVER (PARTITION BY age_band, household_type) AS people_alike
    FROM profiles_of_day
),

chosen AS (
    SELECT
        user_id,
        risk_rank,
        people_alike >= :least_people AS is_hidden_in_a_crowd
    FROM ranked
    WHERE
        :portraits > 0
        AND array_contains(
            transform(
                sequence(1, greatest(:portraits, 1)),
                i -> CAST(floor((i - 0.5D) * people_count / greatest(:portraits, 1)) AS BIGINT) + 1
            ),
            risk_rank
        )
)

SELECT
    left(profiles.user_id, 8) AS pseudonym,
    if(chosen.is_hidden_in_a_crowd, profiles.age_band, NULL) AS age_band,
    if(chosen.is_hidden_in_a_crowd, profiles.household_type, NULL) AS household_type,
    profiles.tenure_days,
    profiles.recency_days,
    profiles.order_count_365d,
    CAST(profiles.amount_365d AS DOUBLE) AS amount_365d,
    profiles.interests,
    profiles.spending_power,
    profiles.price_sensitivity,
    profiles.value_class,
    profiles.segment_name,
    profiles.churn_probability,
    profiles.churn_reasons,
    profiles.churn_served_by,
    profiles.churn_no_score_reason,
    profiles.review_count,
    profiles.review_sentiment,
    profiles.complaint_share_365d,
    profiles.aspects_cared_about
FROM profiles_of_day AS profiles
INNER JOIN chosen ON profiles.user_id = chosen.user_id
ORDER BY chosen.risk_rank
