"""Takes back what a batch wrote that is not to be closed any more. Touches the lake."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.errors import PySparkException

from footfall.contract import BATCH_ID, Table
from footfall.contract.commits import UNDO
from footfall.storage.lake import Lake, Landing
from footfall.storage.versions import UNREADABLE_VERSION

RETENTIONS, LONGEST = ("delta.deletedFileRetentionDuration", "delta.logRetentionDuration"), "interval 36500 days"
FILES_ARE_GONE = "Not all files from version"  # how RESTORE says so; Delta has no condition for it


def undo(lake: Lake, table: str, landing: Landing, *, label: str, batch_id: int) -> None:
    """Takes back the batch's commit of that label; what others deleted before it or since stays deleted.

    Appended rows are removed. Rows that the commit replaced come back by RESTORE, unless somebody else changed the table
    since, or their files are gone: then the batch's rows are removed, and those that they replaced are lost.
    """
    is_mine = f"{BATCH_ID.name} = {batch_id}"
    if landing.appends:
        lake.remove(table, is_mine, label=UNDO + label)
        return
    lake.versions.forget(table)
    later = lake.versions.since(table, landing.version)
    is_changed_since = any(not commit.keeps_rows and not commit.batch(table) for commit in later)
    if is_changed_since or not _is_restored(lake, table, landing.version - 1):
        lake.remove(table, is_mine, label="")


def bring_back(lake: Lake, table: Table, *, label: str) -> None:
    """Adds again, once, the rows that the commit of that label took out of a table; does nothing where there is none."""
    removal, name = lake.landing(table.full_name, label), table.full_name
    if removal and lake.landing(name, UNDO + label) is None:
        before, after = (lake.read(name, version) for version in (removal.version - 1, removal.version))
        lake.write(table, before.exceptAll(after), label=UNDO + label, batch_id=0)  # each row keeps its own batch


def _is_restored(lake: Lake, table: str, version: int) -> bool:
    """Whether the table is again what it was at a version, by a new commit. Delta's retention does not stand in the way."""
    try:
        _restore(lake, table, version)
    except PySparkException as fault:
        if fault.getCondition() not in UNREADABLE_VERSION and FILES_ARE_GONE not in str(fault):
            raise
        return False
    return True


def _restore(lake: Lake, table: str, version: int) -> None:
    restore = f"RESTORE TABLE {lake.name(table)} TO VERSION AS OF {version}"
    try:
        lake.spark.sql(restore).collect()
    except PySparkException as fault:
        if fault.getCondition() not in UNREADABLE_VERSION:
            raise
        before = lake.properties(table) or {}
        _set(lake, table, dict.fromkeys(RETENTIONS, LONGEST))
        try:
            lake.spark.sql(restore).collect()  # brings the old properties back, too
        except PySparkException:
            _set(lake, table, {key: before[key] for key in RETENTIONS if key in before})
            raise
    finally:
        lake.forget(table)


def _set(lake: Lake, table: str, properties: Mapping[str, str]) -> None:
    pairs = ", ".join(f"'{key}' = '{value}'" for key, value in properties.items())
    if pairs:
        lake.spark.sql(f"ALTER TABLE {lake.name(table)} SET TBLPROPERTIES ({pairs})")
