"""Lines of text by a regular expression with named groups, or by a ready one. Declarations and their checks only."""

from __future__ import annotations

import re

from footfall.mapping.words import java_fault
from footfall.mapping.yaml_file import Key

# NCSA's combined format, as nginx and Apache write it by default: https://httpd.apache.org/docs/2.4/logs.html#combined
_QUOTED = r'[^"\\]*+(?:\\.[^"\\]*+)*+'
COMBINED = (
    rf"(?P<host>\S+) (?P<ident>\S+) (?P<user>\S+) \[(?P<time>[^\]]+)\] "
    rf'"(?P<request>(?P<method>[A-Z]+) (?P<path>\S+)(?: (?P<protocol>\S+))?|{_QUOTED})" '
    rf'(?P<status>\d{{3}}) (?P<bytes>\d+|-)(?: "(?P<referer>{_QUOTED})" "(?P<agent>{_QUOTED})")?'
)
READY = {"combined": COMBINED}


def line_pattern(pattern: str) -> re.Pattern[str]:
    """The compiled pattern, a ready one by its name; `(?<name>...)` is a named group too. Raises re.error."""
    return re.compile(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", READY.get(pattern, pattern)))


def pattern_faults(format_name: str, *, pattern: str, not_rows: str) -> list[tuple[Key, str]]:
    """The faults of a feed's patterns: the key within the feed, and the fault in words."""
    faults: list[tuple[Key, str]] = []
    if bool(pattern) != (format_name == "text"):
        words = (
            "missing: text becomes columns by a regular expression with named groups" if not pattern else "is for text"
        )
        faults.append((("pattern",), words))
    if not_rows and format_name not in {"text", "csv"}:
        faults.append((("not_rows",), "is for lines of text and CSV"))
    for key, expression in (("pattern", pattern), ("not_rows", not_rows)):
        try:
            groups = line_pattern(expression).groupindex
        except re.error as fault:
            faults.append(((key,), f"no regular expression: {fault}"))
            continue
        own = re.sub(r"\(\?P<", "(?<", expression) if key == "pattern" else expression
        if words := java_fault(own) if expression not in READY else "":
            faults.append(((key,), words))
        if key == "pattern" and expression and not groups:
            faults.append(((key,), "has no named group (?<name>...), and so no column"))
    return faults
