"""Links to a table whose path delta-rs misreads: it decodes `%20` in a path and takes a backslash as a slash. Touches /tmp only."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

_MISREAD = ("%", "\\")
LOG = "_delta_log"


def is_misread(path: str) -> bool:
    """Whether delta-rs (1.6.6) may read the log of another folder than that of this name."""
    return any(sign in path for sign in _MISREAD)


def link_log(root: str, below: str) -> Path:
    """A folder with a plain name that holds a link to the log of the table `below` the root, where there is one.

    The folder itself is no link, since delta-rs would follow it back to the path that it misreads.
    """
    folder = _folder_of(root) / below
    folder.mkdir(parents=True, exist_ok=True)
    _link(Path(root, below, LOG), folder)
    return folder


def link_files(root: str, below: str) -> None:
    """Adds links to all that lies beside the log; call it after the log was read, so that no file of the log is missing."""
    for path in Path(root, below).iterdir():
        _link(path, _folder_of(root) / below)


def _link(path: Path, folder: Path) -> None:
    link = folder / path.name
    if path.exists() and not link.is_symlink():
        link.symlink_to(path)


def _folder_of(root: str) -> Path:
    return Path(_temporary(root).name)


@cache
def _temporary(_: str) -> tempfile.TemporaryDirectory[str]:
    """One folder a lake and process; it stays until the process ends, since frames may be read that long."""
    return tempfile.TemporaryDirectory(prefix="footfall-lake-")
