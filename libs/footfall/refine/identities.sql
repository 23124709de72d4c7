-- Until people are stitched, every actor is one person, and always was known to be.
SELECT
    actor_id,
    actor_id AS user_id,
    TIMESTAMP '1970-01-01 00:00:00' AS valid_from,
    CAST(NULL AS TIMESTAMP) AS valid_to,
    TIMESTAMP '1970-01-01 00:00:00' AS known_from,
    CAST(NULL AS TIMESTAMP) AS known_to,
    'own actor' AS evidence
FROM {pseudonyms}
