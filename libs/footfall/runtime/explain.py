"""Exceptions of Spark, Delta and the operating system as footfall's own, where a person can fix them. Touches nothing.

Footfall's own exceptions come back from Spark's workers as text inside a PythonException; they are read back here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pyspark.errors import PySparkException

from footfall.errors import ContractError, DataError, EnvironmentFault, FootfallError, SourceError, TryAgain

Maker = Callable[[re.Match[str]], FootfallError]

# A contract's rule is checked by raise_error in Spark, so this comes before the data exceptions.
_CONTRACT: tuple[str, Maker] = (
    r"CONTRACT (\S+) broken: ([\w, ]+)",
    lambda m: ContractError(
        f"table {m[1]}: a computed row breaks {m[2]}; nothing was written.",
        fix="Report it with the table's version: it is a defect of the step that writes the table, not of your logs.",
    ),
)
_KNOWN: tuple[tuple[str, Maker], ...] = (
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
        r"DELTA_CANNOT_CREATE_LOG_PATH|ParentNotDirectoryException|Read-only file system",
        lambda _: EnvironmentFault(
            "the lake's folder cannot be made, or nothing can be written there.",
            fix="Point --lake to a folder in which this user may write; what stands there may be a file.",
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
        r"\[(?:PARQUET_TYPE_\w+|UNSUPPORTED_TIME_TYPE|FAILED_READ_FILE\.PARQUET_COLUMN_DATA_TYPE_MISMATCH)[^\]]*\]([^\n]{0,200})",
        lambda m: SourceError(
            f"a column of a Parquet file has a type that Spark cannot read: {m[1].partition('SQLSTATE')[0].strip()}",
            fix="Leave the column out, or write it in another type.",
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
            r"Number of column in CSV header is not equal to number of fields in the schema[^\n]*\n"
            r"[^\n]*Header length: (\d+), schema size: (\d+)[\s\S]*?CSV file: ([^\n]*)"
        ),
        lambda m: SourceError(
            f"{m[3].strip()}: its header differs from the other files' (it has {m[1]} columns; they have {int(m[2])}).",
            fix="Deliver it with the same columns, or give it a feed of its own in the mapping.",
        ),
    ),
    (
        r"\[FAILED_READ_FILE\.NO_HINT\] Encountered error while reading file (\S+?)\.?\s*(?:SQLSTATE|$)",
        lambda m: SourceError(
            f"{m[1]}: it cannot be read to its end, as after an upload that broke off.",
            fix="Deliver it whole, or take it out of the folder: this feed waits until then.",
        ),
    ),
    (
        (
            r"\[UNRESOLVED_(?:COLUMN|FIELD)[^\]]*\][^\n]{0,60}? with name (`[^\n]{1,300}?`) cannot be resolved"
            r"(?:\. Did you mean one of the following\? \[([^\n\]]*)\])?"
        ),
        lambda m: SourceError(
            f"an expression names the column {m[1]}, which is not there{f' (near: {m[2]})' if m[2] else ''}.",
            fix="Run ./spark-submit.sh jobs/ingest.py --check conf/sources/<source>.yaml: it shows the line of a mapping.",
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


# Spark's condition and its SQLSTATE, the first of either after one another: what stands between may be a value.
_CONDITION = re.compile(r"\[([A-Z][A-Z0-9_.]*)\](?:.*?SQLSTATE: (\w{5})\b)?", re.DOTALL)
# Conditions about a value outside SQLSTATE class 22, and those that may come without an SQLSTATE.
_OF_DATA = {
    "CAST_INVALID_INPUT", "CAST_OVERFLOW", "DIVIDE_BY_ZERO", "ARITHMETIC_OVERFLOW", "CANNOT_PARSE_TIMESTAMP",
    "NUMERIC_VALUE_OUT_OF_RANGE", "DUPLICATED_MAP_KEY", "USER_RAISED_EXCEPTION",
}  # fmt: skip
TRACEBACK = "Traceback (most recent call last)"
# where the text of a worker's exception ends: Spark's own words, a Java stack, an empty line
_END = r"(?=\n\s*SQLSTATE: |\n\s+at |\n[ \t]*\n|\nDriver stacktrace|\Z)"


def explain(fault: BaseException) -> FootfallError | None:
    """The fault in footfall's words; None where footfall does not know it, so that it shows whole."""
    chain = list(_chain(fault))
    texts = [str(link) for link in chain]
    if own := _from_worker("\n\n".join(texts)):
        return own
    if broken := _matched(texts, [_CONTRACT]):
        return broken
    if condition := next(filter(None, map(data_condition, chain)), ""):
        return DataError(
            f"an expression fails on a value ({condition}), which is not repeated here.",
            fix=(
                "In a mapping, declare the source column under `types:` of its feed (such rows then go to quarantine), or use "
                "the try_ form of the function; jobs/ingest.py --check conf/sources/<source>.yaml names the line where the "
                "sample has such a value. Spark's own log has the rest."
            ),
        )
    return _matched(texts, _KNOWN)


def is_about_a_value(fault: BaseException) -> bool:
    """Whether an expression failed on a value of some row, and no contract was broken by it."""
    chain = list(_chain(fault))
    return not _matched([str(link) for link in chain], [_CONTRACT]) and any(map(data_condition, chain))


def _matched(texts: Sequence[str], known: Sequence[tuple[str, Maker]]) -> FootfallError | None:
    for pattern, maker in known:
        if match := next(filter(None, (re.search(pattern, text) for text in texts)), None):
            return maker(match)
    return None


def data_condition(fault: BaseException) -> str:
    """The name and SQLSTATE of a data exception of Spark; empty where the fault is none. Its message repeats a value."""
    condition, state = "", ""
    if isinstance(fault, PySparkException):
        condition, state = fault.getCondition() or "", fault.getSqlState() or ""
    if not condition:  # a job's failure carries the condition of its task as text
        conditions = [(m[1], m[2] or "") for m in _CONDITION.finditer(str(fault))]
        condition, state = next((pair for pair in conditions if _is_of_data(*pair)), ("", ""))
    if not _is_of_data(condition, state):
        return ""
    return f"{condition}, SQLSTATE {state}" if state else condition


def _is_of_data(condition: str, state: str) -> bool:
    """Whether a condition of Spark is about a value of a row, which its message then repeats."""
    is_data_exception = state.startswith("22") and not condition.startswith("INVALID_CONF_VALUE")
    return is_data_exception or condition.partition(".")[0] in _OF_DATA


def _from_worker(text: str) -> FootfallError | None:
    """The last of footfall's own exceptions in a worker's traceback, with its class and text; None where there is none."""
    if TRACEBACK not in text:
        return None
    classes = {f"{kind.__module__}.{kind.__qualname__}": kind for kind in _kinds(FootfallError)}
    names = "|".join(map(re.escape, classes))
    matches = list(re.finditer(rf"^\s*({names}): (.*?){_END}", text[text.index(TRACEBACK) :], re.MULTILINE | re.DOTALL))
    if not matches:
        return None
    name, message = matches[-1].groups()
    what, _, fix = message.partition("\nFix: ")
    kind = classes[name]
    own = kind.__new__(kind)
    FootfallError.__init__(own, what, fix=fix)
    return own


def _kinds(kind: type[FootfallError]) -> Iterator[type[FootfallError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    """The exception and what caused it, ten at most.

    What else went wrong before it (its context) counts only where it is Java's side of the same fault.
    """
    for _ in range(10):
        if fault is None:
            return
        yield fault
        context = fault.__context__
        is_of_java = type(context).__module__.startswith("py4j")
        fault = fault.__cause__ or (context if is_of_java else None)
