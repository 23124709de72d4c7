"""A case of tests/exports: reads its folder, checks its mapping, runs ingest and refine on it, and says what differs."""

from __future__ import annotations

import copy
import io
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from pyspark.sql import SparkSession

from exports import bookkeeping, readers, rows, traces
from exports.outputs import CommandOutput, short, unprinted
from footfall.runtime.cli import guarded, main, parser
from footfall.settings.sections import ShopSettings
from footfall.storage.lake import Lake
from footfall.tables import FILES
from jobs import ingest, pipeline
from small_shop import SECRET

FOLDER = Path(__file__).resolve().parent
ROWS_CHECKED = 1000
KEYS = {
    "tables", "tables_at_once", "current", "quarantine", "counts", "refused", "check", "run_says", "actors", "files",
    "order_totals", "line_numbers", "source_changes", "features", "readers_agree", "raw", "raw_column", "after_the_way_out",
    "nowhere_outside_raw_and_vault", "nowhere_in_delta_logs_outside_raw_and_vault",
    *(f"{key}_after_run_{run}" for key in ("tables", "current") for run in (1, 2, 3)),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One folder: what a shop exports, how it is mapped, and what must come of it."""

    folder: Path
    mapping: dict[str, Any]
    shop: dict[str, Any]
    expected: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name

    @property
    def runs(self) -> int:
        """How many runs the case has: one a raw folder, or as many as are expected where make.py writes a Delta table."""
        folders = [1, *(int(path.name.removeprefix("raw_")) for path in self.folder.glob("raw_*"))]
        counts: list[int] = [line["run"] for line in self.expected["counts"] if "run" in line]
        return max(folders + counts)

    @property
    def is_made(self) -> bool:
        """Whether make.py writes what lies below sources.root, since Git keeps no Delta tables."""
        return any("delta" in feed for feed in self.mapping["feeds"].values())


@dataclass
class History:
    """What the runs of a case printed, entered in the books and set aside, by the number of the run."""

    outputs: dict[int, CommandOutput] = field(default_factory=dict)
    ledger: list[bookkeeping.Entry] = field(default_factory=list)
    quarantine: list[bookkeeping.Entry] = field(default_factory=list)
    numbers: dict[int, rows.Numbers] = field(default_factory=dict)


def case_names() -> list[str]:
    """The names of all cases."""
    return sorted(path.parent.name for path in FOLDER.glob("*/expected.yaml"))


def read_case(name: str) -> Case:
    """The case of that name; raises an error of YAML or of the file system where its files are not right."""
    folder = FOLDER / name
    mapping, shop, expected = (
        yaml.safe_load((folder / f"{part}.yaml").read_text(encoding="utf-8"))
        for part in ("mapping", "shop", "expected")
    )
    return Case(folder, mapping, shop, expected)


def differences(case: Case, spark: SparkSession, work: Path) -> list[str]:
    """How the outcome differs from what is expected, in plain English; empty: the case passes.

    `work` is an empty folder for the raw logs and the lake.
    """
    with patch.dict(os.environ, {"FOOTFALL_PSEUDONYM_SECRET": SECRET}):
        return list(_attempt("the case", partial(_differences, case, spark, work)))


def _differences(case: Case, spark: SparkSession, work: Path) -> Iterator[str]:
    for key in case.expected.keys() - KEYS:
        yield f"{key}: no such key of expected.yaml"
    lake, history = Lake(spark, str(work / "lake")), History()
    for run in range(1, case.runs + 1):
        lay_out(case, run, work)
        if run == 1:
            yield from _attempt("--check", lambda: _check_differences(case, _check(case, work)))
        history.outputs[run] = _run(case, work)
        yield from _run_differences(case, run, history.outputs[run])
        yield from _attempt(f"the books after run {run}", partial(_note, lake, history, run))
        if run == 1 and case.expected["counts"] and not bookkeeping.has_facts(history.ledger):
            yield "run 1: nothing came in, so nothing else was compared"
            return
        for key in ("tables", "current"):
            wanted = case.expected.get(f"{key}_after_run_{run}", {})
            yield from _table_differences(lake, wanted, f" after run {run}", only_current=key == "current")
    yield from _last_differences(case, lake, history, work)
    if case.expected.get("after_the_way_out"):
        yield from _attempt("the way out", partial(_way_out_differences, case, lake, work))
    if case.expected.get("tables_at_once"):
        yield from _at_once_differences(case, spark, work / "at once")


def _last_differences(case: Case, lake: Lake, history: History, work: Path) -> Iterator[str]:
    """What differs after the last run."""
    expected = case.expected
    yield from _table_differences(lake, expected.get("tables", {}))
    yield from _table_differences(lake, expected.get("current", {}), only_current=True)
    source = case.mapping["source"]
    comparisons: dict[str, Callable[[Any], Iterator[str]]] = {
        "quarantine": partial(bookkeeping.quarantine_differences, actual=history.quarantine, source=source),
        "counts": partial(bookkeeping.count_differences, ledger=history.ledger, source=source),
        "actors": partial(rows.actor_differences, lake),
        "order_totals": partial(rows.total_differences, lake),
        "line_numbers": lambda _: rows.number_differences(history.numbers),
        "source_changes": partial(bookkeeping.change_differences, ledger=history.ledger, source=source),
        "files": partial(bookkeeping.file_differences, lake),
        "readers_agree": partial(readers.reader_differences, lake),
        "raw": partial(readers.raw_differences, lake),
        "raw_column": partial(readers.column_differences, lake),
        "nowhere_outside_raw_and_vault": partial(traces.trace_differences, work / "lake"),
        "nowhere_in_delta_logs_outside_raw_and_vault": partial(traces.trace_differences, work / "lake", logs_only=True),
        "features": lambda people: _feature_differences(case, lake, people, work),
    }
    for key, compare in comparisons.items():
        if key in expected:
            yield from _attempt(key, partial(compare, expected[key]))


def _attempt(what: str, compare: Callable[[], Iterator[str]]) -> Iterator[str]:
    """The differences of one comparison; where it breaks off, that is one too."""
    try:
        yield from compare()
    except Exception as fault:  # whatever a case brings up, the others are compared
        yield f"{what} could not be compared: {short(f'{type(fault).__name__}: {fault}')}"


def _table_differences(
    lake: Lake, tables: dict[str, list[rows.Row]], when: str = "", *, only_current: bool = False
) -> Iterator[str]:
    for table, wanted in tables.items():
        yield from _attempt(table, partial(rows.row_differences, lake, table, wanted, when, only_current=only_current))


def _way_out_differences(case: Case, lake: Lake, work: Path) -> Iterator[str]:
    """What differs once the files that held feeds back in the last run are released, as its words advise, and all runs again."""
    for entry in (entry for entry in case.expected["refused"] if entry["run"] == case.runs):
        step = f"ingest_{case.mapping['source']}_{entry['feed']}"
        for name in (word for word in entry["words"] if (work / "raw" / word).is_file()):
            lake.delete(FILES.full_name, step=step, file=name)
    yield from _run_differences(case, case.runs + 1, _run(case, work))
    before = case.expected[f"tables_after_run_{case.runs}"]
    more = case.expected["after_the_way_out"]
    tables = {table: [*wanted, *more.get(f"{table}_more", [])] for table, wanted in before.items()}
    yield from _table_differences(lake, tables, " after the way out")


def _at_once_differences(case: Case, spark: SparkSession, work: Path) -> Iterator[str]:
    """What differs where the files of all runs are there in the first one."""
    for run in range(1, case.runs + 1):
        lay_out(case, run, work)
    yield from _run_differences(case, 1, _run(case, work))
    yield from _table_differences(Lake(spark, str(work / "lake")), case.expected["tables"], " with all files at once")


def _feature_differences(case: Case, lake: Lake, people: list[rows.Row], work: Path) -> Iterator[str]:
    missing = rows.missing_features(people)
    if missing:
        yield f"features cannot be compared yet: user_features has no {', '.join(missing)}"
        return
    yield from _run_differences(case, case.runs, _run(case, work, stages="featurize"))
    yield from rows.feature_differences(lake, people, as_of=str(case.shop["as_of"]))


def _note(lake: Lake, history: History, run: int) -> Iterator[str]:
    """Takes down what stands in the books after this run."""
    history.ledger = bookkeeping.entries(lake, "books.ledger", history.ledger, run=run)
    history.quarantine = bookkeeping.entries(lake, "raw.quarantine", history.quarantine, run=run)
    history.numbers[run] = rows.line_numbers(lake)
    yield from ()


def _check_differences(case: Case, output: CommandOutput) -> Iterator[str]:
    if output.exit_code and not case.expected.get("refused"):
        yield f"--check refuses the mapping: {output.fault}"
    missing = unprinted(case.expected["check"], output)
    if missing:
        yield f"--check does not say: {missing}"


def _run_differences(case: Case, run: int, output: CommandOutput) -> Iterator[str]:
    refused = [entry for entry in case.expected.get("refused", []) if entry.get("run", run) == run]
    if output.exit_code and not refused:
        yield f"run {run} ended with exit code {output.exit_code}: {output.fault}"
    sayings = [entry for entry in case.expected.get("run_says", []) if entry["run"] == run]
    for entry in (*refused, *sayings):
        missing = unprinted(entry["words"], output)
        if missing:
            words = f"run {run} does not say" + (f" of feed {entry['feed']}" if "feed" in entry else "")
            yield f"{words}: {missing}" + (f" (it says: {output.fault})" if output.fault else "")


def lay_out(case: Case, run: int, work: Path) -> None:
    """Lays what the run finds below sources.root over what is there."""
    work.mkdir(exist_ok=True)
    if case.is_made:
        subprocess.run([sys.executable, str(case.folder / "make.py"), str(work), str(run)], check=True)
        return
    folder = case.folder / ("raw" if run == 1 else f"raw_{run}")
    shutil.copytree(folder, work / "raw", copy_function=shutil.copyfile, dirs_exist_ok=True)


def _mapping(case: Case, work: Path) -> Path:
    """The mapping as the shop would write it: a Delta table of the case by its path."""
    if not case.is_made:
        return case.folder / "mapping.yaml"
    mapping = copy.deepcopy(case.mapping)
    for feed in mapping["feeds"].values():
        feed |= {"delta": str(work / "raw" / feed["delta"])} if "delta" in feed else {}
    path = work / "mapping.yaml"
    path.write_text(yaml.safe_dump(mapping, sort_keys=False), encoding="utf-8")
    return path


def _check(case: Case, work: Path) -> CommandOutput:
    options = parser("")
    options.add_argument("--check", type=Path)
    options.add_argument("--sample", type=int, default=ROWS_CHECKED)
    arguments = [*_arguments(case, work), "--check", str(_mapping(case, work))]
    arguments += ["--sample", str(case.shop.get("sample", ROWS_CHECKED))]
    return _output_of(case, lambda: guarded(partial(ingest.check, options.parse_args(arguments))))


def _run(case: Case, work: Path, *, stages: str = "ingest,refine") -> CommandOutput:
    arguments = [*_arguments(case, work), "--stages", stages]
    return _output_of(case, lambda: main("", pipeline.steps, command_line=pipeline.arguments(), arguments=arguments))


def _arguments(case: Case, work: Path) -> list[str]:
    settings = {"sources.mappings": f"[{_mapping(case, work)}]"}
    for key in ("time_zone", "currency", "first_day"):
        if key in ShopSettings.model_fields:  # a setting that is still missing shows in what comes out
            settings[f"shop.{key}"] = str(case.shop[key])
    arguments = ["--lake", str(work / "lake"), "--raw", str(work / "raw")]
    arguments += ["--as-of", str(case.shop["as_of"]), "--now", case.shop["taken_at"].isoformat()]
    return arguments + [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


def _output_of(case: Case, command: Callable[[], int]) -> CommandOutput:
    """Runs a command and keeps what it prints; an error that footfall does not know counts as exit code 1."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            exit_code = command()
        except (Exception, SystemExit) as fault:  # the error itself is what is compared
            exit_code = 1
            last = traceback.extract_tb(fault.__traceback__)[-3:]
            places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in last)
            stderr.write(f"footfall stopped (unknown error): {type(fault).__name__}: {fault} ({places})")
    printed, stopped = (stream.getvalue().replace(f"{case.folder}/", "") for stream in (stdout, stderr))
    return CommandOutput(exit_code, printed + stopped, short(stopped.partition("footfall stopped ")[2]))
