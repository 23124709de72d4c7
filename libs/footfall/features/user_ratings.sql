-- Mean stars that a person gave in the last 365 days before each date; reviews without stars are left out.
SELECT
    calendar.as_of_date,
    reviews.user_id,
    avg(reviews.rating) AS rating_mean_365d
FROM {reviews} AS reviews
INNER JOIN {calendar} AS calendar ON reviews.bits & calendar.bit != 0
GROUP BY calendar.as_of_date, reviews.user_id
