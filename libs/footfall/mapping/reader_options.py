"""Which of Spark's reader options a mapping may set: only those under which each row of a file stays a row. Declarations only."""

from __future__ import annotations

from collections.abc import Mapping

from footfall.mapping.yaml_file import Key

# Not here, each for its reason. `mode`, `comment`, `ignoreCorruptFiles`, `ignoreMissingFiles`, `pathGlobFilter`, `modifiedBefore`
# and `modifiedAfter` drop rows or files without a count. `multiLine` lets one open quote swallow the rows after it, and reads only
# the first of several JSON values. A wrong `lineSep` makes one row of a file. `samplingRatio`, `dropFieldIfAllNull`, `mergeSchema`
# and `enforceSchema` lose columns. `allowComments` drops JSON lines. `maxColumns`, `maxCharsPerColumn` and
# `unescapedQuoteHandling` lose values. Types, dates and zones belong to the mapping itself.
_OF_JSON = (
    "encoding",
    "charset",
    "allowSingleQuotes",
    "allowUnquotedFieldNames",
    "allowNumericLeadingZeros",
    "allowNonNumericNumbers",
    "allowBackslashEscapingAnyCharacter",
    "allowUnquotedControlChars",
)
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "csv": (
        "header",
        "sep",
        "delimiter",
        "encoding",
        "charset",
        "quote",
        "escape",
        "charToEscapeQuoteEscaping",
        "nullValue",
        "emptyValue",
        "ignoreLeadingWhiteSpace",
        "ignoreTrailingWhiteSpace",
    ),
    "json": _OF_JSON,
    "parquet": ("datetimeRebaseMode", "int96RebaseMode"),
    "orc": (),
    "json_array": _OF_JSON,
    "text": ("encoding", "charset"),
}
ENCODINGS = frozenset({"encoding", "charset"})
_ONE_SIGN = frozenset({"quote", "escape", "charToEscapeQuoteEscaping"})


def encoding_of(options: Mapping[str, str]) -> str:
    """The encoding that the options name; empty for UTF-8, which Spark takes text for."""
    name = options.get("encoding", options.get("charset", ""))
    return "" if name.casefold() in {"utf-8", "utf8"} else name


def option_faults(format_name: str, options: Mapping[str, str]) -> list[tuple[Key, str]]:
    """The faults of a feed's reader options: the key path within the feed, and the fault in words."""
    allowed = ALLOWED[format_name]
    faults = {name: _fault(format_name, name, value, allowed) for name, value in options.items()}
    return [(("options", name), fault) for name, fault in faults.items() if fault]


def _fault(format_name: str, name: str, value: str, allowed: tuple[str, ...]) -> str:
    """What is wrong with one option; empty where nothing is."""
    if name not in allowed:
        return f"not allowed, since rows could be lost uncounted or read otherwise (allowed for {format_name}: {', '.join(allowed)})"
    if name in ENCODINGS:
        return _encoding_fault(value)
    if name in _ONE_SIGN and len(value) > 1:
        return f'one sign, or none (""), got {value!r}'
    is_switch = name == "header" or name.startswith(("allow", "ignore"))
    return f'write "true" or "false", got {value!r}' if is_switch and value not in {"true", "false"} else ""


def breaks_lines_by_byte(encoding: str) -> bool:
    """Whether the byte 0x0A is a line break in the encoding and nothing else, as Spark takes it; LookupError where there is no such."""
    return "\n".encode(encoding) == b"\n"


def is_by_byte(options: Mapping[str, str]) -> bool:
    """Whether files of the encoding that the options name can be cut into lines at the byte 0x0A."""
    encoding = encoding_of(options)
    return not encoding or breaks_lines_by_byte(encoding)


def _encoding_fault(encoding: str) -> str:
    """What is wrong with an encoding; empty where nothing is."""
    try:
        "".encode(encoding)
    except LookupError:
        return f"no such encoding: {encoding} (write a name such as UTF-8, ISO-8859-1 or GBK)"
    return ""
