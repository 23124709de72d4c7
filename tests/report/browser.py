"""Opens a page in headless Chromium without any network; returns its elements and the lines of its console."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=10000", "--enable-logging=stderr",
)  # fmt: skip
CONSOLE = re.compile(r"CONSOLE[^\]]*\]\s*(.*)")


@dataclass(frozen=True)
class BrowserPage:
    """A page in the browser: its elements after the scripts ran, and the lines of the console."""

    dom: str
    console: list[str]

    def table(self, name: str) -> list[list[str]]:
        """Text of the cells, row by row, head included."""
        return _Tables.read(self.dom)[name]

    def text(self, name: str) -> str:
        """Text of the first element with the id."""
        match = re.search(rf'id="{name}"[^>]*>([^<]*)<', self.dom)
        return match.group(1).strip() if match else ""

    def plots(self) -> dict[str, int]:
        """Plot -> drawings in it."""
        parts = re.split(r'<div class="plot[^"]*" id="(plot-[a-z_]+)"', self.dom)
        inside = {name: part.split("<script", 1)[0] for name, part in zip(parts[1::2], parts[2::2], strict=True)}
        return {name: part.count('class="main-svg"') for name, part in inside.items()}


def look(page: Path, profile: Path, *, width: int = 1280) -> BrowserPage:
    """The page after it was drawn."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.fail("there is no Chromium to open the report with: make doctor says how to get it")
    process = subprocess.run(
        [program, *QUIET, f"--user-data-dir={profile}", f"--window-size={width},2000", "--dump-dom", page.as_uri()],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return BrowserPage(process.stdout, CONSOLE.findall(process.stderr))


class _Tables(HTMLParser):
    """Cells of every table that has an id."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] | None = None
        self._in_cell = False

    @classmethod
    def read(cls, dom: str) -> dict[str, list[list[str]]]:
        parser = cls()
        parser.feed(dom)
        return {
            name: [[" ".join(c.split()) for c in row] for row in rows if row] for name, rows in parser.tables.items()
        }

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._rows = self.tables.setdefault(str(dict(attrs).get("id")), [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in {"td", "th"} and self._rows:
            self._rows[-1].append("")
            self._in_cell = True
        elif tag == "span" and self._in_cell and self._rows:
            self._rows[-1][-1] += " | "  # a second line in the cell

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._in_cell = False
        elif tag == "table":
            self._rows = None

    def handle_data(self, data: str) -> None:
        if self._in_cell and self._rows:
            self._rows[-1][-1] += data
