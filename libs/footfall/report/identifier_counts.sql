-- How many identifiers are how many people as known just before the as-of day: all together (`all`), those that each
-- evidence joined to somebody (`evidence`), and the people of the most identifiers (`size`, whose name is that number).
WITH
known AS (
    SELECT
        actor_id,
        user_id,
        evidence
    FROM {identities}
    WHERE
        valid_to IS NULL
        AND known_from < to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone)
        AND (known_to IS NULL OR known_to >= to_utc_timestamp(CAST(:as_of AS TIMESTAMP), :time_zone))
),

people AS (
    SELECT
        user_id,
        count(*) AS size
    FROM known
    GROUP BY user_id
),

sizes AS (
    SELECT
        size,
        count(*) AS user_count
    FROM people
    WHERE size > 1
    GROUP BY size
    ORDER BY size DESC
    LIMIT 5
),

counts AS (
    SELECT
        'all' AS what,
        '' AS name,
        sum(size) AS identifier_count,
        count(*) AS user_count
    FROM people
    HAVING count(*) > 0
    UNION ALL
    SELECT
        'evidence' AS what,
        evidence AS name,
        count(*) AS identifier_count,
        count(DISTINCT user_id) AS user_count
    FROM known
    WHERE evidence <> 'own actor'
    GROUP BY evidence
    HAVING count(DISTINCT user_id) >= :least_people
    UNION ALL
    SELECT
        'size' AS what,
        CAST(size AS STRING) AS name,
        size * user_count AS identifier_count,
        user_count
    FROM sizes
)

SELECT
    what,
    name,
    identifier_count,
    user_count
FROM counts
ORDER BY what ASC, if(what = 'size', CAST(name AS INT), identifier_count) DESC, name ASC
