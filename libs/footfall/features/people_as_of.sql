-- Which actor belongs to which person, as known just before the cut of each date: one row per date, actor and interval.
-- The cut of a date is its 00:00 in the shop's time zone. What became known at the cut itself was not known before it.
WITH
dates AS (
    SELECT explode(:dates) AS as_of_date
),

cuts AS (
    SELECT
        as_of_date,
        to_utc_timestamp(CAST(as_of_date AS TIMESTAMP), :time_zone) AS cut
    FROM dates
)

SELECT
    cuts.as_of_date,
    cuts.cut,
    identities.actor_id,
    identities.user_id,
    identities.valid_from,
    identities.valid_to
FROM {identities} AS identities
INNER JOIN cuts
    ON
        identities.known_from < cuts.cut
        AND (identities.known_to IS NULL OR identities.known_to >= cuts.cut)
