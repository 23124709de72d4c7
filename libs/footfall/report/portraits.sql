-- :portraits people, evenly spread over everybody ordered by churn probability to a thousandth, then by user; people
-- without one come first. Age and household are shown only where :least_people people share them.
WITH
profiles_of_day AS (
    SELECT
        *,
        round(churn_probability, 3) AS risk,
        left(user_id, 2) AS user_prefix
    FROM {user_profiles}
    WHERE as_of_date = :as_of
),

-- No task sorts everybody: people are counted by risk and the first two signs of their pseudonym, which order them too.
-- These are a thousand risks and 256 prefixes at most.
bins AS (
    SELECT
        risk,
        user_prefix,
        count(*) AS user_count
    FROM profiles_of_day
    GROUP BY risk, user_prefix
),

cumulated AS (
    SELECT
        risk,
        user_prefix,
        sum(user_count) OVER (ORDER BY risk ASC, user_prefix ASC) AS last_rank,
        sum(user_count) OVER (ORDER BY risk ASC, user_prefix ASC) - user_count AS rank_before
    FROM bins
),

people AS (
    SELECT sum(user_count) AS people_count
    FROM bins
),

parts AS (
    SELECT
        people_count,
        explode(sequence(1, greatest(:portraits, 1))) AS portrait
    FROM people
),

wanted AS (
    SELECT DISTINCT CAST(floor((portrait - 0.5D) * people_count / greatest(:portraits, 1)) AS BIGINT) + 1 AS risk_rank
    FROM parts
    WHERE :portraits > 0
),

wanted_bins AS (
    SELECT
        cumulated.risk,
        cumulated.user_prefix,
        wanted.risk_rank,
        wanted.risk_rank - cumulated.rank_before AS place_in_bin
    FROM cumulated
    INNER JOIN wanted ON cumulated.rank_before < wanted.risk_rank AND cumulated.last_rank >= wanted.risk_rank
),

placed AS (
    SELECT
        profiles.*,
        wanted_bins.risk_rank,
        wanted_bins.place_in_bin,
        row_number() OVER (PARTITION BY wanted_bins.risk_rank ORDER BY profiles.user_id) AS place
    FROM profiles_of_day AS profiles
    INNER JOIN wanted_bins
        ON profiles.risk <=> wanted_bins.risk AND profiles.user_prefix = wanted_bins.user_prefix
),

people_alike AS (
    SELECT
        age_band,
        household_type,
        count(*) >= :least_people AS is_hidden_in_a_crowd
    FROM profiles_of_day
    GROUP BY age_band, household_type
)

SELECT
    left(profiles.user_id, 8) AS pseudonym,
    if(people_alike.is_hidden_in_a_crowd, profiles.age_band, NULL) AS age_band,
    if(people_alike.is_hidden_in_a_crowd, profiles.household_type, NULL) AS household_type,
    profiles.tenure_days,
    profiles.recency_days,
    profiles.order_count_365d,
    CAST(profiles.net_amount_365d AS DOUBLE) AS net_amount_365d,
    profiles.return_rate_365d,
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
FROM placed AS profiles
INNER JOIN people_alike
    ON profiles.age_band <=> people_alike.age_band AND profiles.household_type <=> people_alike.household_type
WHERE profiles.place = profiles.place_in_bin
ORDER BY profiles.risk_rank
