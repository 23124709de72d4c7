"""What a file looks like: how long, what its first line says, which words name values, and that it names no machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from architecture.sources import ROOT, short, sources, tree

LONG_JOBS: dict[str, str] = {}
MAX_LINES, MAX_JOB_LINES = 300, 60
CODE = ("libs", "jobs", "infra", "benchmarks", "examples")
# Participles and pronouns say nothing of what a value holds (style.md, "Plain words").
VAGUE = {"told", "found", "made", "asked", "said", "given", "one", "here", "seen"}
MAX_MARKDOWN = 120
# Pages that still have longer lines. It only shrinks, too.
LONG_MARKDOWN: set[str] = set()
# Folders whose modules still have such names. It only shrinks: a folder that became clean leaves it.
VAGUE_FOLDERS: set[str] = set()
# Put together here, so that this file does not hold what it looks for.
MACHINE_PATHS = tuple("/" + path for path in ("work/", "tmp/w/", "root/", "home/"))


def kept_in_git(*patterns: str) -> Iterator[Path]:
    """Files that git keeps, or would."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    yield from (ROOT / name for name in names if name and (ROOT / name).is_file())


def test_files_stay_under_300_lines_the_tests_too():
    long = {short(p) for p in kept_in_git("*.py") if len(p.read_text(encoding="utf-8").splitlines()) > MAX_LINES}
    assert long == set()


def test_jobs_stay_under_60_lines():
    filled = {short(p): sum(1 for line in p.read_text(encoding="utf-8").splitlines() if line.strip())
              for p in (ROOT / "jobs").glob("*.py")}  # fmt: skip
    assert {name for name, n in filled.items() if n > MAX_JOB_LINES} == set(LONG_JOBS)


def test_every_module_says_in_its_first_line_what_it_is_for():
    first = {short(p): (ast.get_docstring(tree(p)) or "").split("\n")[0] for p in sources()}
    assert [name for name, line in first.items() if not line.endswith(".") or len(line.split()) < 4] == []


def test_nothing_names_a_path_of_somebody_s_machine():
    wrong = [
        f"{short(file)}: {path}"
        for file in kept_in_git()
        for text in [file.read_text(encoding="utf-8", errors="replace")]
        for path in MACHINE_PATHS
        if re.search(rf"(?<![\w.$}}-]){path}", text)
    ]
    assert wrong == []


def names(path: Path) -> Iterator[str]:
    """Every name that a module gives or uses: variables, parameters, attributes, functions, classes, keywords."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name


def test_no_value_has_a_vague_name_but_in_the_folders_that_are_still_to_be_cleaned():
    vague = {short(p.parent) for p in code() if any(name.strip("_") in VAGUE for name in names(p))}
    assert vague == VAGUE_FOLDERS


def test_a_class_name_is_used_once():
    counts = Counter(node.name for p in code() for node in ast.walk(tree(p)) if isinstance(node, ast.ClassDef))
    assert [name for name, count in counts.items() if count > 1] == []


def test_markdown_lines_wrap_at_120_but_for_tables_links_and_code():
    long = {short(p) for p in kept_in_git("*.md") if any(len(line) > MAX_MARKDOWN for line in prose(p))}
    assert long == LONG_MARKDOWN


def prose(path: Path) -> Iterator[str]:
    """Lines of a Markdown page without its tables and blocks of code; of a link only its text counts."""
    is_code = False
    for line in path.read_text(encoding="utf-8").splitlines():
        is_code ^= line.lstrip().startswith("```")
        if not is_code and not line.lstrip().startswith("|") and not line.startswith("    "):
            yield re.sub(r"\]\([^)]*\)", "]", line)


def code() -> Iterator[Path]:
    """Every module that git keeps, the tests left out."""
    yield from kept_in_git(*(f"{folder}/*.py" for folder in CODE))


def test_a_test_module_s_name_is_used_once() -> None:
    """Two of one name cannot be collected together."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
