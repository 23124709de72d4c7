"""Exceptions of Spark, Delta and the operating system as footfall's own, where a person can fix them. Touches nothing.

Footfall's own exceptions come back from Spark's workers as text inside a PythonException; they are read back here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from footfall.errors import ContractError, DataError, EnvironmentFault, FootfallError, SourceError, TryAgain

Maker = Callable[[re.Match[str]], FootfallError]

_KNOWN: tuple[tuple[str, Maker], ...] = (
    (
        r"CONTRACT (\S+) broken: ([\w, ]+)",
        lambda m: ContractError(
            f"table {m[1]}: a computed row breaks {m[2]}; nothing was written.",
            fix="Report it with the table's version: it is a defect of the step that writes the table, not of your logs.",
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


TRACEBACK = "Traceback (most recent call last)"
# where the text of a worker's exception ends: Spark's own words, a Java stack, an empty line
_END = r"(?=\n\s*SQLSTATE: |\n\s+at |\n[ \t]*\n|\nDriver stacktrace|\Z)"


def explain(fault: BaseException) -> FootfallError | None:
    """The fault in footfall's words; None where footfall does not know it, so that it shows whole."""
    text = "\n\n".join(_messages(fault))
    if own := _from_worker(text):
        return own
    for pattern, maker in _KNOWN:
        if match := re.search(pattern, text):
            return maker(match)
    return None


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


def _messages(fault: BaseException | None) -> list[str]:
    """The texts of the exception and of what caused it, ten at most."""
    texts: list[str] = []
    while fault is not None and len(texts) < 10:
        texts.append(str(fault))
        fault = fault.__cause__ or fault.__context__
    return texts
