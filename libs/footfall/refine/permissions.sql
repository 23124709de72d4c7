-- What people allow as of now, by purpose: the latest thing that any of their identifiers said, NULL where none said
-- anything. One row per actor, person and interval, of people who said something at all. At the same instant a
-- withdrawal counts. What becomes known, or is to hold, only after now does not count yet.
WITH
-- Who is who, as known now.
current_people AS (
    SELECT
        actor_id,
        user_id,
        valid_from,
        valid_to
    FROM {identities}
    WHERE known_from <= :now AND (known_to IS NULL OR known_to > :now)
),

statements AS (
    SELECT
        coalesce(current_people.user_id, consents.actor_id) AS user_id,
        consents.purpose,
        consents.event_time,
        consents.is_given
    FROM {consents} AS consents
    LEFT JOIN current_people
        ON
            consents.actor_id = current_people.actor_id
            AND consents.event_time >= current_people.valid_from
            AND (current_people.valid_to IS NULL OR consents.event_time < current_people.valid_to)
    WHERE consents.event_time <= :now AND consents.known_at <= :now
),

latest AS (
    SELECT
        user_id,
        purpose,
        max_by(is_given, struct(event_time, NOT is_given)) AS is_given
    FROM statements
    GROUP BY user_id, purpose
),

states AS (
    SELECT
        user_id,
        any_value(is_given) FILTER (WHERE purpose = 'analytics') AS analytics,
        any_value(is_given) FILTER (WHERE purpose = 'profiling') AS profiling,
        any_value(is_given) FILTER (WHERE purpose = 'marketing') AS marketing,
        any_value(is_given) FILTER (WHERE purpose = 'text') AS text
    FROM latest
    GROUP BY user_id
),

of_people AS (
    SELECT
        coalesce(current_people.actor_id, states.user_id) AS actor_id,
        states.user_id,
        coalesce(current_people.valid_from, TIMESTAMP '1970-01-01 00:00:00') AS valid_from,
        current_people.valid_to,
        states.analytics,
        states.profiling,
        states.marketing,
        states.text,
        FALSE AS is_former
    FROM states
    LEFT JOIN current_people ON states.user_id = current_people.user_id
),

-- Results as of earlier dates may name a person whom nobody is any more, since identifiers were joined or parted. What
-- its actors allow now, all of them, holds for it.
former_people AS (
    SELECT
        identities.user_id AS actor_id,
        identities.user_id,
        TIMESTAMP '1970-01-01 00:00:00' AS valid_from,
        CAST(NULL AS TIMESTAMP) AS valid_to,
        bool_and(of_people.analytics) AS analytics,
        bool_and(of_people.profiling) AS profiling,
        bool_and(of_people.marketing) AS marketing,
        bool_and(of_people.text) AS text,
        TRUE AS is_former
    FROM {identities} AS identities
    LEFT ANTI JOIN current_people ON identities.user_id = current_people.user_id
    INNER JOIN of_people
        ON
            identities.actor_id = of_people.actor_id
            AND (of_people.valid_to IS NULL OR identities.valid_from < of_people.valid_to)
            AND (identities.valid_to IS NULL OR identities.valid_to > of_people.valid_from)
    WHERE identities.known_from <= :now
    GROUP BY identities.user_id
)

SELECT * FROM of_people
UNION ALL
SELECT * FROM former_people
