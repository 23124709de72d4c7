"""Exceptions of Spark, Delta and the operating system as footfall's own, where a person can fix them. Touches nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from footfall.errors import ContractError, DataError, EnvironmentFault, FootfallError, SourceError, TryAgain

Make = Callable[[re.Match[str]], FootfallError]

_KNOWN: tuple[tuple[str, Make], ...] = (
    (
        r"CONTRACT (\S+) broken: ([\w, ]+)",
        lambda m: ContractError(
            f"table {m[1]}: a computed row breaks {m[2]}; nothing was written.",
            fix="This is a defect of the step that makes the table, not of your logs. Please report it with the lake's version.",
        ),
    ),
    (
        r"No space left on device|There is not enough space|DSQuotaExceededException",
        lambda _: EnvironmentFault(
            "the disk is full; readers still have what they had.",
            fix="Free space (the lake, and Spark's spark.local.dir), then start again: the run goes on where it stopped.",
        ),
    ),
    (
        r"(?:Permission denied|AccessControlException|AccessDenied|Mkdirs failed to create)[^\n]{0,200}",
        lambda m: EnvironmentFault(
            f"no right to write: {m[0].strip()}", fix="Give this user the right, or point --lake elsewhere."
        ),
    ),
    (
        r"(?:Could not read footer for file|CANNOT_READ_FILE_FOOTER\S*|is not a Parquet file)[^\n]{0,300}",
        lambda m: SourceError(
            f"a Parquet file cannot be read: {m[0].strip()}",
            fix="Deliver the file again, or take it out of the folder.",
        ),
    ),
    (
        (
            r"CSV header does not conform to the schema[^\n]*\n"
            r"[^\n]*Header: ([^\n]*)\n[^\n]*Schema: ([^\n]*)\n[\s\S]*?CSV file: ([^\n]*)"
        ),
        lambda m: SourceError(
            f"{m[3].strip()}: its header differs from the other files' (it has {m[1].strip()}; they have {m[2].strip()}).",
            fix="Deliver it with the same columns, or give it a feed of its own in the mapping.",
        ),
    ),
    (
        (
            r"\[(CAST_INVALID_INPUT|CAST_OVERFLOW|DIVIDE_BY_ZERO|ARITHMETIC_OVERFLOW"
            r"|CANNOT_PARSE_TIMESTAMP|NUMERIC_VALUE_OUT_OF_RANGE)[^\]]*\]"
        ),
        lambda m: DataError(
            f"an expression of a mapping fails on a value ({m[1]}).",
            fix="Declare the source column under `types:` of its feed (such rows then go to quarantine), or use the try_ form.",
        ),
    ),
    (
        r"\[UNRESOLVED_COLUMN[^\]]*\][^\n]*`([^`]+)`[^\n]*",
        lambda m: SourceError(
            f"a mapping names the column {m[1]}, which the files do not have.",
            fix="Run ./spark-submit.sh jobs/ingest.py --check conf/sources/<source>.yaml: it shows the line.",
        ),
    ),
    (
        r"DELTA_CONCURRENT\w*|ConcurrentAppendException|ConcurrentDelete\w+|ProtocolChangedException",
        lambda m: TryAgain(
            f"another writer was at the same table ({m[0]}).", fix="Start again; the run goes on where it stopped."
        ),
    ),
    (
        r"(?:java\.net\.ConnectException|Connection refused|UnknownHostException)[^\n]{0,200}",
        lambda m: TryAgain(
            f"a server does not answer: {m[0].strip()}",
            fix="Check the address (--lake, --raw, spark.conf), then start again.",
        ),
    ),
)


def explain(fault: BaseException) -> FootfallError | None:
    """The fault in footfall's words; None where footfall does not know it, so that it shows whole."""
    text = "\n".join(_chain(fault))
    for pattern, make in _KNOWN:
        if found := re.search(pattern, text):
            return make(found)
    return None


def _chain(fault: BaseException | None) -> list[str]:
    told: list[str] = []
    while fault is not None and len(told) < 10:
        told.append(str(fault))
        fault = fault.__cause__ or fault.__context__
    return told
