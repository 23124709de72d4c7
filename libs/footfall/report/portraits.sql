-- :portraits people, evenly spread over everybody ordered by churn probability. What describes a person from outside
-- (age, household) is shown only where :least_people people look alike.
WITH
described AS (
    SELECT *
    FROM {user_profiles}
    WHERE as_of_date = :as_of
),

ranked AS (
    SELECT
        user_id,
        row_number() OVER (ORDER BY churn_probability ASC, user_id ASC) AS place,
        count(*) OVER () AS people,
        count(*) OVER (PARTITION BY age_band, household_type) AS alike
    FROM described
),

chosen AS (
    SELECT
        user_id,
        place,
        alike >= :least_people AS is_hidden_in_a_crowd
    FROM ranked
    WHERE
        :portraits > 0
        AND array_contains(
            transform(
                sequence(1, greatest(:portraits, 1)),
                i -> CAST(floor((i - 0.5D) * people / greatest(:portraits, 1)) AS BIGINT) + 1
            ),
            place
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
    profiles.review_count,
    profiles.review_sentiment,
    profiles.complaint_share_365d,
    profiles.aspects_cared_about
FROM described AS profiles
INNER JOIN chosen ON profiles.user_id = chosen.user_id
ORDER BY chosen.place
