-- Department and category of every item as of each date: of its versions that had begun and were known before the
-- cut, the one that began last. `valid_to` is not used: it is written when a later version comes, which may not have
-- been known yet. One row per item; `namings` gives the entry for a date, NULL where none was known.
WITH
dates AS (
    SELECT explode(:dates) AS as_of_date
),

cuts AS (
    SELECT collect_list(struct(as_of_date, to_utc_timestamp(CAST(as_of_date AS TIMESTAMP), :time_zone) AS cut)) AS cuts
    FROM dates
),

histories AS (
    SELECT
        item_id,
        collect_list(struct(valid_from, known_at, department, category)) AS versions
    FROM {items}
    GROUP BY item_id
)

SELECT
    histories.item_id,
    map_from_entries(
        transform(
            cuts.cuts,
            c -> struct(
                c.as_of_date,
                -- the greatest struct is the one with the greatest first field, valid_from
                array_max(filter(histories.versions, v -> v.valid_from < c.cut AND v.known_at < c.cut))
            )
        )
    ) AS namings
FROM histories
CROSS JOIN cuts
