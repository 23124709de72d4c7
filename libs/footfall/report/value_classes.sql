-- People and net money by value class. Averages of fewer than :least_people people are left out.
WITH
classes AS (
    SELECT
        value_class,
        count(*) AS user_count,
        CAST(sum(net_amount_365d) AS DOUBLE) AS net_amount_365d,
        avg(recency_days) AS recency_days,
        avg(order_count_365d) AS order_count_365d,
        avg(churn_probability) AS churn_probability
    FROM {user_profiles}
    WHERE as_of_date = :as_of
    GROUP BY value_class
)

SELECT
    value_class,
    user_count,
    user_count / sum(user_count) OVER () AS user_share,
    if(
        user_count >= :least_people AND sum(net_amount_365d) OVER () > 0,
        net_amount_365d / sum(net_amount_365d) OVER (),
        NULL
    ) AS amount_share,
    if(user_count >= :least_people, try_divide(net_amount_365d, user_count), NULL) AS amount_mean_365d,
    if(user_count >= :least_people, recency_days, NULL) AS recency_days,
    if(user_count >= :least_people, order_count_365d, NULL) AS order_count_365d,
    if(user_count >= :least_people, churn_probability, NULL) AS churn_probability
FROM classes
ORDER BY amount_mean_365d DESC NULLS LAST, value_class ASC
