-- Sessions with the versions of what was known of them, cut from events; in whatever order these come.
-- A chain is a session of all events. As of an earlier day fewer events were known, so the chain may have been several
-- sessions, but never part of a longer one: a gap only grows where an event is left out. So chains are cut first, and
-- each by itself as of the days on which events of it came to be known. Nearly all have one such day.
WITH
acts AS (
    SELECT
        *,
        unix_micros(event_time) AS at_us,
        to_date(from_utc_timestamp(known_at, :time_zone)) AS known_date
    FROM {events}
    WHERE NOT array_contains(:not_of_a_visit, event_type)
),

-- A gap as long as the setting cuts nothing, a longer one does. What the source cut stays as it is.
beside AS (
    SELECT
        *,
        session_key IS NULL AND coalesce(at_us - lag(at_us) OVER actor > :gap_us, FALSE) AS is_after_gap,
        known_date IS DISTINCT FROM lag(known_date) OVER actor AS is_known_otherwise
    FROM acts
    WINDOW actor AS (PARTITION BY actor_id, channel, session_key ORDER BY at_us, event_id)
),

-- A block is a run of events of a chain that were known on one day.
numbered AS (
    SELECT
        *,
        count_if(is_after_gap) OVER so_far AS chain,
        count_if(is_after_gap OR is_known_otherwise) OVER so_far AS block
    FROM beside
    WINDOW so_far AS (
        PARTITION BY actor_id, channel, session_key
        ORDER BY at_us, event_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),

blocks AS (
    SELECT
        actor_id,
        channel,
        session_key,
        chain,
        block,
        known_date,
        min(struct(known_at, at_us, event_id)) AS known_first,
        max(known_at) AS known_at,
        min(event_time) AS started_at,
        max(event_time) AS ended_at,
        min(event_date) AS event_date,
        sum(dwell_ms) AS dwell_ms,
        count(*) AS event_count,
        count_if(event_type = 'view') AS view_count,
        count_if(event_type = 'search') AS search_count,
        count_if(event_type = 'add_to_cart') AS add_to_cart_count,
        count_if(event_type = 'checkout') AS checkout_count,
        count_if(event_type = 'purchase') AS purchase_count,
        count_if(event_type != 'impression') AS interaction_count,
        min(if(item_id IS NULL, NULL, struct(at_us, event_id, item_id))) AS first_item,
        max(if(item_id IS NULL, NULL, struct(at_us, event_id, item_id))) AS last_item,
        min(if(campaign_id IS NULL, NULL, struct(at_us, event_id, campaign_id))) AS first_campaign,
        min(bot_reason) AS bot_reason
    FROM numbered
    GROUP BY actor_id, channel, session_key, chain, block, known_date
),

days_of_chains AS (
    SELECT
        *,
        collect_set(known_date) OVER (PARTITION BY actor_id, channel, session_key, chain) AS days
    FROM blocks
),

-- What was known of the chain at the end of each of these days.
known AS (
    SELECT
        *,
        explode(filter(days, known_day -> known_day >= known_date)) AS day
    FROM days_of_chains
),

known_beside AS (
    SELECT
        *,
        session_key IS NULL AND coalesce(
            unix_micros(started_at) - unix_micros(lag(ended_at) OVER chain_known) > :gap_us, FALSE
        ) AS is_after_gap
    FROM known
    WINDOW chain_known AS (PARTITION BY actor_id, channel, session_key, chain, day ORDER BY block)
),

parts AS (
    SELECT
        *,
        count_if(is_after_gap) OVER (
            PARTITION BY actor_id, channel, session_key, chain, day
            ORDER BY block
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS part
    FROM known_beside
),

-- A session that gets an event on a day is known later than before, and only such a session: so by when it was known
-- its versions can be told apart.
dated AS (
    SELECT
        *,
        max(known_at) OVER (PARTITION BY actor_id, channel, session_key, chain, day, part) AS session_known_at
    FROM parts
),

versions AS (
    SELECT
        *,
        lag(session_known_at) OVER block_by_day AS former_known_at
    FROM dated
    WINDOW block_by_day AS (PARTITION BY actor_id, channel, session_key, block ORDER BY day)
),

-- For each block the session that it belongs to next, if it comes to belong to another version.
succeeded AS (
    SELECT
        *,
        lead(session_known_at) OVER block_by_day AS next_known_at
    FROM versions
    WHERE session_known_at IS DISTINCT FROM former_known_at
    WINDOW block_by_day AS (PARTITION BY actor_id, channel, session_key, block ORDER BY day)
)

SELECT
    min(known_first).event_id AS session_id,
    max(known_at) AS known_at,
    min_by(next_known_at, known_first) AS known_to,
    actor_id,
    channel,
    session_key,
    session_key IS NOT NULL AS is_own,
    min(started_at) AS started_at,
    max(ended_at) AS ended_at,
    min(event_date) AS event_date,
    unix_seconds(max(ended_at)) - unix_seconds(min(started_at)) AS duration_s,
    sum(dwell_ms) AS dwell_ms,
    sum(event_count) AS event_count,
    sum(view_count) AS view_count,
    sum(search_count) AS search_count,
    sum(add_to_cart_count) AS add_to_cart_count,
    sum(checkout_count) AS checkout_count,
    sum(purchase_count) AS purchase_count,
    sum(interaction_count) <= 1 AS is_bounce,
    min(first_item).item_id AS first_item_id,
    max(last_item).item_id AS last_item_id,
    min(first_campaign).campaign_id AS first_campaign_id,
    min(bot_reason) AS bot_reason
FROM succeeded
GROUP BY actor_id, channel, session_key, chain, day, part
