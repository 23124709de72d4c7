"""The rules that keep the code one shape: who imports whom, what is portable, who reads the clock, who writes which table."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from jobs.pipeline import STAGES

from footfall.docs.declared import declared_steps
from footfall.docs.flow import trained
from footfall.step import Step
from footfall.tables import ALL

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "libs" / "footfall"

# Each group of modules, and the groups that it may import beside itself.
GROUPS: Mapping[str, frozenset[str]] = {
    "errors": frozenset({"errors", "explain"}),
    "contract": frozenset({"contract"}),
    "tables": frozenset({"tables"}),
    # words that both wings speak: what a Step and a source are, how rows are sorted, how a query is run
    "language": frozenset({"step", "sorting", "query", "source", "yaml_file"}),
    "pure rooms": frozenset(
        [
            "ingest",
            "refine",
            "features",
            "text",
            "models",
            "profiles",
            "report",
            "privacy",
            "decide",
            "quality",
            "fairness",
        ]
    ),
    "world": frozenset(
        ["settings", "session", "lake", "books", "registry", "mlflow_place", "fetch", "files", "vault", "owner"]
    ),
    "runner": frozenset({"runner", "check"}),
    "cli": frozenset({"cli", "docs"}),
}
BELOW: Mapping[str, frozenset[str]] = {
    "errors": frozenset(),
    "contract": frozenset({"errors"}),
    "tables": frozenset({"errors", "contract"}),
    "language": frozenset({"errors", "contract", "tables"}),
    "pure rooms": frozenset({"errors", "contract", "tables", "language"}),
    "world": frozenset({"errors", "contract", "tables", "language"}),
    "runner": frozenset({"errors", "contract", "tables", "language", "pure rooms", "world"}),
    "cli": frozenset({"errors", "contract", "tables", "language", "pure rooms", "world", "runner"}),
}
IMPORT_EXCEPTIONS = {
    (
        "footfall.vault",
        "footfall.privacy.pseudonyms",
    ): "the vault unwraps bytes into the MintKey that never shows itself",
}
LONG_FILES = {
    "libs/footfall/tables/results.py": "declarations only, in the order in which data flows; nothing in it to follow",
}
LONG_JOBS = {
    "jobs/train.py": "three models, each a Step with its own reads and its own split of dates; none would find another place",
    "jobs/score.py": "four Steps that share how a champion is found",
    "jobs/featurize.py": "three Steps, and the refusal of a date before the first event, which needs Spark and so has no place in settings",
}
MAX_LINES, MAX_JOB_LINES = 300, 60

BELOW_CONNECT = {
    "sparkContext", "rdd", "_jvm", "_jsc", "_sc", "_jdf", "_jsparkSession", "cache", "persist", "unpersist", "accumulator",
    "checkpoint", "localCheckpoint", "toJavaRDD",
}  # fmt: skip
CLOCKS = {"now", "today", "utcnow", "time", "time_ns", "localtime", "gmtime", "monotonic"}
UNREPEATABLE = {
    "rand", "randn", "shuffle", "uuid", "current_timestamp", "current_date", "localtimestamp", "curdate",
    "monotonically_increasing_id", "spark_partition_id",
}  # fmt: skip
UNREPEATABLE_EXCEPTIONS = {
    "libs/footfall/check.py": "numbers the rows of a sample that is shown once and kept nowhere",
    "libs/footfall/files.py": "monotonically_increasing_id orders the rows of a block as they stand in the file; the window counts from it",
}
UNREPEATABLE_SQL = re.compile(
    rf"\b(?:{'|'.join(sorted(UNREPEATABLE))}|random|now|unix_timestamp)\s*\(\s*\)|\bCURRENT_(?:DATE|TIMESTAMP)\b|\bCACHE\s+TABLE\b",
    re.IGNORECASE,
)
WRITTEN_BY_THE_RUNNER = {"raw.quarantine", "books.batches", "books.ledger"}
# Put together here, so that this file does not hold what it looks for.
MACHINE_PATHS = tuple("/" + path for path in ("work/", "tmp/w/", "root/", "home/"))


def sources() -> list[Path]:
    """Every module of the library and every job."""
    return sorted([*LIBRARY.rglob("*.py"), *(ROOT / "jobs").glob("*.py")])


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT / "libs").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module of footfall that a file imports, also inside functions."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "footfall")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "footfall":
            whole = [f"footfall.{a.name}" for a in node.names] if node.module == "footfall" else [str(node.module)]
            yield from (name for name in whole if name != "footfall.__version__")


def group_of(module: str) -> str:
    room = module.split(".")[1]
    return next((group for group, rooms in GROUPS.items() if room in rooms), "")


def attributes(path: Path) -> Iterator[ast.Attribute]:
    yield from (node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute))


def calls(path: Path) -> Iterator[tuple[str, str, ast.Call]]:
    """(what it is called on, function, the call) of every call by attribute; the first is empty where it is no name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on = node.func.value
            yield (
                (on.id if isinstance(on, ast.Name) else on.attr if isinstance(on, ast.Attribute) else ""),
                node.func.attr,
                node,
            )


def strings(path: Path) -> Iterator[str]:
    """Every string of a module but its docstrings."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.fixture(scope="module")
def stages() -> Mapping[str, Sequence[Step]]:
    """The Steps of all jobs, declared without Spark."""
    return declared_steps(ROOT / "conf")


# --- who imports whom


def test_every_module_belongs_to_a_group():
    homeless = [short(p) for p in LIBRARY.rglob("*.py") if p.parent != LIBRARY or p.stem != "__init__"
                if not group_of(module_name(p))]  # fmt: skip
    assert homeless == []


def test_modules_import_only_what_lies_below_them_and_the_two_wings_never_each_other():
    wrong = []
    for path in LIBRARY.rglob("*.py"):
        name = module_name(path)
        for imported in imports(path) if name != "footfall" else ():
            allowed = {group_of(name), *BELOW[group_of(name)]}
            if group_of(imported) not in allowed and (name, imported) not in IMPORT_EXCEPTIONS:
                wrong.append(f"{short(path)} imports {imported}")
    assert wrong == []


def test_every_import_exception_is_still_needed():
    used = {(module_name(p), imported) for p in LIBRARY.rglob("*.py") for imported in imports(p)}
    assert set(IMPORT_EXCEPTIONS) <= used


def test_the_library_imports_no_job():
    wrong = [
        short(p)
        for p in LIBRARY.rglob("*.py")
        for node in ast.walk(tree(p))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "jobs")
        or (isinstance(node, ast.Import) and any(a.name.split(".")[0] == "jobs" for a in node.names))
    ]
    assert wrong == []


def test_pure_rooms_build_no_session_and_read_or_write_no_tables():
    touched = {
        "writeTo",
        "saveAsTable",
        "insertInto",
        "writeStream",
        "readStream",
        "newSession",
        "createOrReplaceTempView",
    }
    wrong = [
        f"{short(p)}:{node.lineno} {node.attr}"
        for p in LIBRARY.rglob("*.py")
        if p != LIBRARY / "__init__.py" and group_of(module_name(p)) == "pure rooms"
        for node in attributes(p)
        if node.attr in touched or (node.attr in {"builder", "read", "write"} and _is_of_spark(node.value))
    ]
    assert wrong == []


def _is_of_spark(value: ast.expr) -> bool:
    """Whether `.read`, `.write` or `.builder` is a session's or a frame's: on a name or an attribute, not on an open file."""
    name = value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""
    return name in {"spark", "sparkSession", "SparkSession"} or name.endswith(("frame", "rows"))


# --- what a file looks like


def test_files_stay_under_300_lines():
    long = {short(p) for p in sources() if len(p.read_text(encoding="utf-8").splitlines()) > MAX_LINES}
    assert long == set(LONG_FILES)


def test_jobs_stay_under_60_lines():
    filled = {short(p): sum(1 for line in p.read_text(encoding="utf-8").splitlines() if line.strip())
              for p in (ROOT / "jobs").glob("*.py")}  # fmt: skip
    assert {name for name, n in filled.items() if n > MAX_JOB_LINES} == set(LONG_JOBS)


def test_every_module_says_in_its_first_line_what_it_is_for():
    first = {short(p): (ast.get_docstring(tree(p)) or "").split("\n")[0] for p in sources()}
    assert [name for name, line in first.items() if not line.endswith(".") or len(line.split()) < 4] == []


def test_nothing_names_a_path_of_somebody_s_machine():
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    wrong = [
        f"{name}: {path}"
        for name in names
        if name and (ROOT / name).is_file()
        for text in [(ROOT / name).read_text(encoding="utf-8", errors="replace")]
        for path in MACHINE_PATHS
        if re.search(rf"(?<![\w.$}}-]){path}", text)
    ]
    assert wrong == []


# --- what is portable, and repeats


def test_only_session_py_looks_below_spark_connect():
    wrong = [
        f"{short(p)}:{node.lineno} {node.attr}"
        for p in sources()
        if p.name != "session.py"
        for node in attributes(p)
        if node.attr in BELOW_CONNECT and not (isinstance(node.value, ast.Name) and node.value.id == "functools")
    ]
    broadcasts = [
        f"{short(p)}:{call.lineno} broadcast variable"
        for p in sources()
        for on, function, call in calls(p)
        if function == "broadcast" and on != "F"  # F.broadcast is a hint for a join
    ]
    assert wrong + broadcasts == []


def test_only_the_command_line_reads_the_clock():
    wrong = [
        f"{short(p)}:{call.lineno} {on}.{function}"
        for p in sources()
        if short(p) != "libs/footfall/cli.py"
        for on, function, call in calls(p)
        if function in CLOCKS and (on in {"datetime", "date", "time", "dt", "Timestamp", "pd", "F"})
    ]
    assert wrong == []


def test_no_query_or_expression_gives_another_answer_next_time():
    python = [
        f"{short(p)}:{call.lineno} {function}"
        for p in sources()
        for on, function, call in calls(p)
        if on == "F" and function in UNREPEATABLE and short(p) not in UNREPEATABLE_EXCEPTIONS
    ]
    in_strings = [f"{short(p)}: {text[:60]}" for p in sources() for text in strings(p) if UNREPEATABLE_SQL.search(text)]
    in_files = [short(p) for p in LIBRARY.rglob("*.sql") if UNREPEATABLE_SQL.search(_without_comments(p))]
    assert python + in_strings + in_files == []


def _without_comments(path: Path) -> str:
    return re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))


# --- Steps and tables


def test_every_stage_is_a_job_and_every_job_is_a_stage():
    jobs = {p.stem for p in (ROOT / "jobs").glob("*.py")} - {"__init__", "pipeline"}
    assert jobs == set(STAGES)


def test_step_names_are_unique(stages: Mapping[str, Sequence[Step]]):
    names = Counter(step.name for steps in stages.values() for step in steps)
    assert [name for name, n in names.items() if n > 1] == []


def test_exactly_one_step_writes_a_table(stages: Mapping[str, Sequence[Step]]):
    writers = Counter(table for steps in stages.values() for step in steps for table in step.writes)
    assert {table: n for table, n in writers.items() if n > 1} == {}


def test_every_table_is_written_by_a_step_or_by_the_runner(stages: Mapping[str, Sequence[Step]]):
    written = {table for steps in stages.values() for step in steps for table in step.writes}
    declared = {table.full_name for table in ALL}
    assert declared - written == WRITTEN_BY_THE_RUNNER
    assert {table for table in written if not table.startswith("raw.")} <= declared


def test_a_step_reads_only_what_a_step_before_it_wrote(stages: Mapping[str, Sequence[Step]]):
    written: set[str] = set(WRITTEN_BY_THE_RUNNER)
    wrong = []
    for steps in stages.values():
        for step in steps:
            needed = {read.name for read in step.reads if not read.name.startswith("delta:")}
            wrong += [f"{step.name} reads {table}" for table in sorted(needed - written - set(step.writes))]
            written |= set(step.writes)
    assert wrong == []


def test_every_champion_that_a_step_uses_is_trained_by_a_step_before_it(stages: Mapping[str, Sequence[Step]]):
    made: set[str] = set()
    wrong = []
    for steps in stages.values():
        for step in steps:
            wrong += [f"{step.name} uses {model}" for model in step.models if model not in made]
            made |= set(trained(step))
    assert wrong == []


def test_every_sql_file_is_run_and_every_query_that_is_run_is_there():
    there = {p.relative_to(LIBRARY).with_suffix("").as_posix() for p in LIBRARY.rglob("*.sql")}
    run = {name for p in sources() for name in _queries(p, there)}
    assert run == there


def _queries(path: Path, there: set[str]) -> Iterator[str]:
    """`room/name` of the queries that a module runs; where the name is a variable, those whose name stands in the module."""
    said = set(strings(path))
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "run_sql":
            room, name = node.args[0], node.args[1]
            assert isinstance(room, ast.Constant), f"{short(path)}:{node.lineno} the room of a query is written out"
            folder = str(room.value).replace(".", "/")
            if isinstance(name, ast.Constant):
                yield f"{folder}/{name.value}"
            else:
                yield from (
                    query for query in there if query.rpartition("/")[0] == folder and query.rpartition("/")[2] in said
                )


def test_the_sql_of_a_table_bears_its_name():
    """A room may have helpers beside them; what is missing here is a table whose maker nobody finds."""
    made = {p.stem for p in LIBRARY.rglob("*.sql") if p.parent.name == "features"}
    assert {"daily_activity", "user_features", "item_features"} <= made
