"""The page's own files: template, style and script. No plotly, so that a run with nothing to report need not import it."""

from __future__ import annotations

import hashlib
from importlib import resources

PARTS = ("page.html.j2", "page.css", "page.js")


def looks() -> str:
    """Hash of template, style and script: where it changes, the page is rendered again."""
    return hashlib.sha256("\0".join(map(part, PARTS)).encode()).hexdigest()[:16]


def part(name: str) -> str:
    """The text of one of PARTS."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
