-- The portrait of every person as of a date: features, model results and texts in one row.
WITH
-- Quintiles and thirds are cut at values, not at ranks: people who are alike get the same class. An exact percentile
-- keeps each distinct value of everybody in one task, so values are counted first by their first four digits. A bin
-- stands for its greatest value: where values have four digits at most, the cut is exact, else it is less than 0.1% too
-- high. Other than percentile_approx, this gives the same cuts in any partitioning.
measured AS (
    SELECT
        stack(
            5,
            'recency', CAST(recency_days AS DOUBLE),
            'frequency', CAST(order_count_365d AS DOUBLE),
            'money', CAST(net_amount_365d AS DOUBLE),
            'order_value', CAST(order_value_90d AS DOUBLE),
            'discount_share', CAST(discount_share_90d AS DOUBLE)
        ) AS (measure, measured_value)
    FROM {user_features}
    WHERE as_of_date = :as_of
),

magnitudes AS (
    SELECT
        measure,
        measured_value,
        floor(log10(abs(measured_value))) AS magnitude
    FROM measured
    WHERE measured_value IS NOT NULL
),

bins AS (
    SELECT
        measure,
        max(measured_value) AS bin_value,
        count(*) AS user_count
    FROM magnitudes
    GROUP BY measure, magnitude, floor(measured_value / power(10, magnitude - 3))
),

thresholds AS (
    SELECT
        percentile(bin_value, array(0.2D, 0.4D, 0.6D, 0.8D), user_count) FILTER (WHERE measure = 'recency') AS recency,
        percentile(bin_value, array(0.2D, 0.4D, 0.6D, 0.8D), user_count) FILTER (
            WHERE measure = 'frequency'
        ) AS frequency,
        percentile(bin_value, array(0.2D, 0.4D, 0.6D, 0.8D), user_count) FILTER (WHERE measure = 'money') AS money,
        percentile(bin_value, array(1D / 3, 2D / 3), user_count) FILTER (WHERE measure = 'order_value') AS order_value,
        percentile(bin_value, array(1D / 3, 2D / 3), user_count) FILTER (
            WHERE measure = 'discount_share'
        ) AS discount_share
    FROM bins
),

-- Scores of 1 to 5, 5 the best: the most recent, the most frequent, the most spent and kept (net of what came back).
scored AS (
    SELECT
        features.*,
        5 - size(filter(thresholds.recency, t -> t < features.recency_days)) AS recency_score,
        1 + size(filter(thresholds.frequency, t -> t < features.order_count_365d)) AS frequency_score,
        1 + size(filter(thresholds.money, t -> t < features.net_amount_365d)) AS money_score,
        element_at(
            array('low', 'middle', 'high'), 1 + size(filter(thresholds.order_value, t -> t < features.order_value_90d))
        ) AS spending_power,
        element_at(
            array('low', 'middle', 'high'),
            1 + size(filter(thresholds.discount_share, t -> t < features.discount_share_90d))
        ) AS price_sensitivity
    FROM {user_features} AS features
    CROSS JOIN thresholds
    WHERE features.as_of_date = :as_of
),

-- The first rule that fits decides; docs/features.md says them in words.
classed AS (
    SELECT
        *,
        CASE
            WHEN order_count_365d = 0 THEN 'dormant'
            WHEN tenure_days <= :new_days THEN 'new'
            WHEN recency_score >= 4 AND frequency_score + money_score >= 8 THEN 'champion'
            WHEN recency_score >= 3 AND frequency_score + money_score >= 6 THEN 'loyal'
            WHEN recency_score >= 3 THEN 'promising'
            WHEN frequency_score + money_score >= 6 THEN 'at_risk'
            ELSE 'dormant'
        END AS value_class
    FROM scored
)

SELECT
    classed.as_of_date,
    classed.user_id,
    basics.age_band,
    basics.income_band,
    basics.household_type,
    classed.tenure_days,
    classed.recency_days,
    classed.order_count_365d,
    classed.net_amount_365d,
    classed.return_rate_365d,
    classed.order_value_90d,
    coalesce(interests.interests, CAST(array() AS ARRAY<STRING>)) AS interests,
    CASE WHEN classed.order_value_90d IS NOT NULL THEN classed.spending_power END AS spending_power,
    CASE WHEN classed.discount_share_90d IS NOT NULL THEN classed.price_sensitivity END AS price_sensitivity,
    classed.value_class,
    segments.segment_id,
    catalogue.segment_name,
    scores.score AS churn_probability,
    scores.reasons AS churn_reasons,
    scores.served_by AS churn_served_by,
    scores.no_score_reason AS churn_no_score_reason,
    coalesce(review_sentiments.review_count, 0) AS review_count,
    review_sentiments.review_sentiment,
    opinions.complaint_share_365d,
    opinions.aspects_cared_about,
    array_sort(
        array_distinct(
            array_compact(
                concat(
                    array(segments.model_version, scores.model_version),
                    coalesce(review_sentiments.model_versions, CAST(array() AS ARRAY<STRING>))
                )
            )
        )
    ) AS model_versions
FROM classed
LEFT JOIN {basics} AS basics ON classed.user_id = basics.user_id
LEFT JOIN {interests} AS interests ON classed.user_id = interests.user_id
LEFT JOIN {review_sentiments} AS review_sentiments ON classed.user_id = review_sentiments.user_id
LEFT JOIN {user_opinions} AS opinions
    ON classed.as_of_date = opinions.as_of_date AND classed.user_id = opinions.user_id
LEFT JOIN {segments} AS segments ON classed.as_of_date = segments.as_of_date AND classed.user_id = segments.user_id
LEFT JOIN {segment_catalogue} AS catalogue
    ON segments.as_of_date = catalogue.as_of_date AND segments.segment_id = catalogue.segment_id
LEFT JOIN {user_scores} AS scores
    ON
        classed.as_of_date = scores.as_of_date
        AND classed.user_id = scores.user_id
        AND scores.model = :churn_model
