"""`python -m footfall.docs` writes the generated pages; with --check it says which are stale. Touches docs/ only."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from footfall.docs.declared import declared_steps
from footfall.docs.flow import flow_page
from footfall.docs.models import models_page
from footfall.docs.settings import settings_page
from footfall.docs.tables import tables_page
from footfall.errors import FootfallError
from footfall.models import MODELS

MADE_BY = "<!-- Made by `make docs` from the code: change it there. -->\n\n"


def pages(conf: Path) -> Mapping[str, str]:
    """File name -> text of every generated page."""
    stages = declared_steps(conf)
    made = {
        "tables.md": tables_page(stages),
        "settings.md": settings_page(conf / "base.yaml"),
        "flow.md": flow_page(stages),
        "model_reference.md": models_page(MODELS.values()),
    }
    return {name: MADE_BY + text for name, text in made.items()}


def stale(folder: Path, made: Mapping[str, str]) -> list[str]:
    """Names of the pages that differ from what the code says, or are not there."""
    return [
        name
        for name, text in made.items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None) -> int:
    """Writes docs/tables.md, docs/settings.md and docs/flow.md from contracts, conf/base.yaml and Steps."""
    parser = argparse.ArgumentParser(prog="python -m footfall.docs", description=main.__doc__)
    parser.add_argument("--conf", type=Path, default=Path("conf"), help="folder with base.yaml (default: conf)")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the pages (default: docs)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is stale")
    given = parser.parse_args(arguments)
    try:
        made = pages(given.conf)
    except FootfallError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    old = stale(given.out, made)
    if given.check and old:
        print(f"stale in {given.out}: {', '.join(old)}. Run `make docs` and commit what it changes.", file=sys.stderr)
        return 1
    if not given.check:
        given.out.mkdir(parents=True, exist_ok=True)
        for name in old:
            (given.out / name).write_text(made[name], encoding="utf-8")
            print(f"{given.out / name}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
