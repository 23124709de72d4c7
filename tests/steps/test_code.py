"""The hash of a step's code: what it covers, and that comments and docstrings do not count."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HASHES = "import sys; from footfall.steps.code import code_hash; print(code_hash(sys.argv[1]), code_hash(sys.argv[2]))"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library whose files a test may change."""
    folder = tmp_path_factory.mktemp("code")
    shutil.copytree(ROOT / "libs/footfall", folder / "footfall", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def changed_by(copy: Path, file: str, old: str, new: str) -> tuple[bool, bool]:
    """Whether a change of one file changes the hash of churn's code, and of the intents'."""
    path = copy / "footfall" / file
    text = path.read_text(encoding="utf-8")
    assert old in text, file
    before = _hashes(copy)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    after = _hashes(copy)
    path.write_text(text, encoding="utf-8")
    return before[0] != after[0], before[1] != after[1]


def _hashes(copy: Path) -> list[str]:
    words = [sys.executable, "-c", HASHES, "footfall.models.churn", "footfall.models.intents"]
    done = subprocess.run(words, cwd=copy, env={"PYTHONPATH": str(copy)}, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("models/churn/people.py", '"no_purchase")', '"no_purchase" + "")', (True, False)),
        ("features/labels/no_purchase.sql", "SELECT", "SELECT DISTINCT", (True, False)),
        ("models/common/measures.py", "return (probabilities - labels)", "return -(probabilities - labels)", (True, True)),
        ("models/intents/key_words.py", '"快递"', '"快递员"', (False, True)),
    ],
)  # fmt: skip
def test_a_change_of_the_folder_or_of_what_it_imports_changes_the_hash_and_no_other(
    copy: Path, file: str, old: str, new: str, expected: tuple[bool, bool]
) -> None:
    assert changed_by(copy, file, old, new) == expected


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("models/common/plots.py", 'PAPER = "', 'PAPER = "x'),
        ("models/churn/people.py", "def population(", "# a comment\ndef population("),
        ("models/churn/people.py", '"""Rows of results.user_scores."""', '"""Other words."""'),
        ("features/labels/no_purchase.sql", "SELECT", "-- a comment\nSELECT"),
        ("tables/texts.py", "tolerance=2e-2", "tolerance=3e-2"),
    ],
)
def test_plots_comments_docstrings_and_other_tables_change_no_hash_of_churn(
    copy: Path, file: str, old: str, new: str
) -> None:
    assert not changed_by(copy, file, old, new)[0]


def test_threads_that_ask_at_once_get_the_hashes_of_one() -> None:
    names = [f"footfall.{name}" for name in ("features", "models.churn", "models.aspects", "report", "refine", "text")]
    program = (
        "import sys; from concurrent.futures import ThreadPoolExecutor; from footfall.steps.code import code_hash; "
        "sys.setswitchinterval(1e-5); threads = ThreadPoolExecutor(int(sys.argv[1])); "
        "print(*threads.map(code_hash, sys.argv[2:]))"
    )
    many, one = (
        subprocess.run([sys.executable, "-c", program, n, *names], capture_output=True, text=True, check=True).stdout
        for n in ("6", "1")
    )
    assert many == one
