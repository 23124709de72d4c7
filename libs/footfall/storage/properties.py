"""The properties of a Delta table, as they were set: Spark's own list hides some of them. Reads tables only."""

from __future__ import annotations

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from footfall.storage.versions import ABSENT

REDACTED = "*********(redacted)"


def properties_of(spark: SparkSession, name: str) -> dict[str, str] | None:
    """The properties of the table of that name in SQL, None where there is no such table.

    SHOW TBLPROPERTIES hides a value that has "url" or "token" in it, by chance say
    (findings/spark-table-property-with-url-inside.sh); DESCRIBE DETAIL, which counts the table's files too, does not.
    """
    try:
        shown = {row["key"]: row["value"] for row in spark.sql(f"SHOW TBLPROPERTIES {name}").collect()}
    except AnalysisException as fault:
        if fault.getCondition() in ABSENT:
            return None
        raise
    if REDACTED in shown.values():
        shown |= spark.sql(f"DESCRIBE DETAIL {name}").collect()[0]["properties"]
    return shown
