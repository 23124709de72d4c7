"""The rows of one feed with the types that its mapping declares; unreadable values are named, not dropped. Pure."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID
from footfall.contract.frames import names_of
from footfall.mapping.source import Feed
from footfall.steps.sorting import RAW_ROW
from footfall.tables.raw import ARRIVAL, CORRUPT

OWN = {c.name for c in (*ARRIVAL, CORRUPT, BATCH_ID)}
TYPES = "_types"


def source_columns(raw: DataFrame) -> list[str]:
    """The source's own columns of a raw table."""
    return [c for c in raw.columns if c not in OWN]


def typed_source(raw: DataFrame, feed: Feed) -> DataFrame:
    """The raw rows with the feed's declared `types`; what cannot be read becomes NULL, and `_types` names the columns.

    The row as it arrived is kept in `_raw_row`, a struct.
    """
    unreadable = [
        F.when(
            F.col(c).isNotNull()
            & (F.trim(F.col(c).cast("string")) != "")
            & F.expr(f"try_cast(`{c}` AS {kind})").isNull(),
            F.lit(f"{c}_unreadable"),
        )
        for c, kind in feed.types.items()
    ]
    rows = raw.withColumns(
        {
            RAW_ROW: F.struct(*(F.col(f"`{c}`") for c in source_columns(raw))),
            TYPES: names_of(unreadable),
        }
    )
    return rows.withColumns({c: F.expr(f"try_cast(`{c}` AS {kind})") for c, kind in feed.types.items()})
