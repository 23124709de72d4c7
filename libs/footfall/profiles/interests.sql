-- Up to three departments to which a person gives more of their money than people do on average, strongest lift first.
WITH
shares AS (
    SELECT
        user_id,
        explode(department_shares_365d) AS (department, share)
    FROM {user_features}
    WHERE as_of_date = :as_of
),

people AS (
    SELECT count(*) AS user_count
    FROM {user_features}
    WHERE as_of_date = :as_of AND department_shares_365d IS NOT NULL
),

-- People who bought nothing of a department count with 0 in its mean.
means AS (
    SELECT
        shares.department,
        sum(shares.share) / any_value(people.user_count) AS mean_share
    FROM shares
    CROSS JOIN people
    GROUP BY shares.department
),

lifts AS (
    SELECT
        shares.user_id,
        shares.department,
        shares.share / means.mean_share AS lift
    FROM shares
    INNER JOIN means ON shares.department = means.department
    WHERE
        shares.department != 'unknown'
        AND shares.share >= :minimum_share
        AND shares.share > means.mean_share
)

SELECT
    user_id,
    -- struct order is by its first field, so the strongest lift comes first and equal lifts by name
    transform(
        slice(array_sort(collect_list(struct(-lift AS order_key, department))), 1, 3), found -> found.department
    ) AS interests
FROM lifts
GROUP BY user_id
