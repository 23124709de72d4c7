"""Takes back what a batch wrote that is not to be closed any more. Touches the lake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from footfall.contract import BATCH_ID, Table
from footfall.contract.commits import UNDO
from footfall.storage.lake import Lake, Landing
from footfall.storage.versions import UNREADABLE_VERSION, is_gone

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


def put_back(lake: Lake, table: str, landing: Landing, *, condition: str, key: Sequence[str], batch_id: int) -> bool:
    """Takes back a commit that moved rows out of a part of the table, those for which a condition in SQL holds.

    The batch's own rows leave, and those come back that left in the commit; what others added or deleted since stays so.
    Returns False where no file or log has them any more: then only the batch's rows leave.
    """
    is_mine = f"{BATCH_ID.name} = {batch_id}"
    try:
        with _readable(lake, table, landing.version - 1):
            before, after = (lake.read(table, v).where(condition) for v in (landing.version - 1, landing.version))
            now = lake.read(table, lake.version(table)).where(condition).where(~F.expr(is_mine))
            left = before.join(after.where(~F.expr(is_mine)), list(key), "left_anti")
            back = left.join(now, list(key), "left_anti")  # a try before may have brought some back
            lake.replace(table, now.unionByName(back), condition, label="")
    except Exception as fault:
        if not is_gone(fault):
            raise
        lake.remove(table, f"{condition} AND {is_mine}", label="")
        return False
    return True


@contextmanager
def _readable(lake: Lake, table: str, version: int) -> Iterator[None]:
    """Within it Delta's retention does not stand in the way of reading a version whose files are there."""
    try:
        _ = lake.read(table, version).schema
    except PySparkException as fault:
        if fault.getCondition() not in UNREADABLE_VERSION:
            raise
    else:
        yield
        return
    before = _lifted(lake, table)
    try:
        yield
    finally:
        _set(lake, table, before)
        lake.forget(table)


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
        before = _lifted(lake, table)
        try:
            lake.spark.sql(restore).collect()  # brings the old properties back, too
        except PySparkException:
            _set(lake, table, before)
            raise
    finally:
        lake.forget(table)


def _lifted(lake: Lake, table: str) -> dict[str, str]:
    """Lifts the table's retention; returns the properties to `_set` again behind it."""
    before = lake.properties(table) or {}
    _set(lake, table, dict.fromkeys(RETENTIONS, LONGEST))
    return {key: before[key] for key in RETENTIONS if key in before}


def _set(lake: Lake, table: str, properties: Mapping[str, str]) -> None:
    pairs = ", ".join(f"'{key}' = '{value}'" for key, value in properties.items())
    if pairs:
        lake.spark.sql(f"ALTER TABLE {lake.name(table)} SET TBLPROPERTIES ({pairs})")
