"""Files that fit a feed's pattern and that nothing can read: hidden ones, archives, names with a colon. Lists local folders only."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from footfall.errors import SourceError
from footfall.storage.text_lines import SCHEME, absolute

WAITS = "take it out of the folder: this feed waits until then."
_KINDS = (
    ((".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"), "an archive"),
    ((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".numbers"), "a workbook"),
    ((".xz", ".lzma", ".lz", ".lzo", ".br", ".z"), "compressed in a way that Spark cannot unpack"),
)  # fmt: skip
_UNPACKED = "Deliver what is in it: CSV, JSON or Parquet, as it is or compressed each by itself (.gz, .bz2, .zst); and "
_ZIP, _GZIP = "PK\x03\x04", "\x1f\ufffd"  # how they begin where they are taken for UTF-8
_COLON = re.compile(r"Relative path in absolute URI: ([^\r\n]*)")
MOST_NAMED = 10


def refuse_archives(names: Collection[str]) -> None:
    """Raises SourceError where the names of files say that they are archives, workbooks or the like."""
    kinds = {name: kind for name in names for endings, kind in _KINDS if name.lower().endswith(endings)}
    if kinds:
        each = " or ".join(dict.fromkeys(kinds.values()))
        raise SourceError(f"{named(sorted(kinds))}: {each}, which is not read.", fix=_UNPACKED + WAITS)


def refuse_packed(file: str, begins: str) -> None:
    """Raises SourceError where the text that a file begins with is that of an archive, whatever it is called."""
    if begins.startswith(_ZIP):
        raise SourceError(f"{file}: it is a ZIP archive or a workbook, which is not read.", fix=_UNPACKED + WAITS)
    if begins.startswith(_GZIP):
        fix = f"Give it a name that ends with .gz, or {WAITS}"
        raise SourceError(f"{file}: it is compressed by gzip, and its name does not say so.", fix=fix)


def refuse_hidden(root: str, pattern: str, taken: Collection[str]) -> None:
    """Raises SourceError where Spark hides files by their names that fit the pattern, `taken` being those that it shows.

    Only a local root is looked at. What tools leave behind (`_SUCCESS`, `.x.csv.crc`, `._x.csv`) is not meant: it has another
    ending than the feed's files, or none.
    """
    where = absolute(root)
    if SCHEME.match(where) and not where.startswith("file:"):
        return
    endings, last = {Path(name).suffix for name in taken}, pattern.rpartition("/")[2]
    hidden = []
    for path in _fitting(SCHEME.sub("", where), pattern):
        name = Path(path).name
        ending = Path(name.lstrip("._")).suffix
        if ending and not name.startswith("._") and (ending in endings or last.endswith(ending)):
            hidden.append(path)
    if hidden:
        raise SourceError(
            f"{named(sorted(hidden))}: Spark reads no file whose name begins with _ or a point.",
            fix=f"Give it another name, or {WAITS}",
        )


def with_a_colon(fault: Exception) -> SourceError | None:
    """What keeps Hadoop from listing a folder, in words: a file with a colon in its name; None for any other fault."""
    match = _COLON.search(str(fault))
    return match and SourceError(
        f"{match[1].strip()}: no folder can be read with a file in it whose name has a colon.",
        fix=f"Give it another name, such as {match[1].strip().replace(':', '-')}, or {WAITS}",
    )


def named(names: Sequence[str]) -> str:
    """The names, of many the first ones."""
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def _fitting(root: str, pattern: str) -> Iterator[str]:
    """The hidden files, by their paths below the root, that the pattern fits."""
    folders = [""]
    *between, last = [step for step in pattern.split("/") if step]
    for step in between:
        if not re.search(r"[\\*?\[{]", step):
            folders = [f"{folder}{step}/" for folder in folders]
            continue
        fits = _fits(step)
        folders = [
            f"{folder}{entry.name}/"
            for folder in folders
            for entry in _entries(f"{root}/{folder}")
            if entry.is_dir() and fits.fullmatch(entry.name)
        ]
    fits = _fits(last)
    for folder in folders:
        for entry in _entries(f"{root}/{folder}"):
            if _is_hidden(entry.name) and entry.is_file() and fits.fullmatch(entry.name):
                yield folder + entry.name


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:  # no such folder, or no right: what Spark says of it counts
        return []


def _fits(step: str) -> re.Pattern[str]:
    """What Hadoop's pattern of one name fits; what cannot be read as one fits nothing."""
    parts, depth, i = [], 0, 0
    while i < len(step):
        sign, i = step[i], i + 1
        if sign == "\\" and i < len(step):
            parts.append(re.escape(step[i]))
            i += 1
        elif sign == "[" and (end := step.find("]", i + 1)) > 0:
            inner = step[i:end].replace("\\", "\\\\")
            parts.append(f"[^{inner[1:]}]" if inner[0] in "!^" else f"[{inner}]")
            i = end + 1
        elif sign == "{":
            parts.append("(?:")
            depth += 1
        elif sign in "},|" and depth:
            parts.append(")" if sign == "}" else "|" if sign == "," else r"\|")
            depth -= sign == "}"
        else:
            parts.append({"*": ".*", "?": "."}.get(sign, re.escape(sign)))
    try:
        return re.compile("".join(parts) + ")" * depth, re.DOTALL)
    except re.error:
        return re.compile(r"(?!)")
