-- The groups as of the day, the largest first. Averages of fewer than :least_people people are left out.
SELECT
    segment_id,
    segment_name,
    user_count,
    user_share,
    amount_share,
    if(user_count >= :least_people, means, NULL) AS means,
    if(user_count >= :least_people, lifts, NULL) AS lifts,
    model_version
FROM {segment_catalogue}
WHERE as_of_date = :as_of
ORDER BY user_count DESC, segment_id ASC
