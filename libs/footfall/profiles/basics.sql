-- What the shop held about a person before the cut: of all versions of all their actors the one that began last.
-- `valid_to` is not used: it is written when a later version comes, which may not have been known yet.
SELECT
    people.user_id,
    max_by(users.age_band, struct(users.valid_from, users.known_at, users.actor_id)) AS age_band,
    max_by(users.income_band, struct(users.valid_from, users.known_at, users.actor_id)) AS income_band,
    max_by(users.household_type, struct(users.valid_from, users.known_at, users.actor_id)) AS household_type
FROM {users} AS users
INNER JOIN {people} AS people
    ON
        users.actor_id = people.actor_id
        AND users.valid_from < people.cut
        AND users.known_at < people.cut
        AND people.valid_from < people.cut
        AND (people.valid_to IS NULL OR people.valid_to >= people.cut)
GROUP BY people.user_id
