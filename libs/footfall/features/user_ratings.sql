-- Mean stars that a person gave in the last 365 days before each date; reviews without stars are left out.
SELECT
    people.as_of_date,
    people.user_id,
    avg(reviews.rating) AS rating_mean_365d
FROM {reviews} AS reviews
INNER JOIN {people} AS people
    ON
        reviews.actor_id = people.actor_id
        AND reviews.event_date >= date_sub(people.as_of_date, 365)
        AND reviews.event_date < people.as_of_date
        AND reviews.known_at < people.cut
        AND reviews.event_time >= people.valid_from
        AND (people.valid_to IS NULL OR reviews.event_time < people.valid_to)
GROUP BY people.as_of_date, people.user_id
