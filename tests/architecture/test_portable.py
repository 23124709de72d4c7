"""What is portable, and repeats: nothing looks below Spark Connect, reads a clock or draws by chance."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from architecture.sources import LIBRARY, attributes, calls, short, sources, strings

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
    "libs/footfall/check/sample.py": "numbers the rows of a sample that is shown once and kept nowhere",
    "libs/footfall/runtime/session.py": "counts the partitions of a range, which is how many tasks run at once",
    "libs/footfall/storage/text_lines.py": "monotonically_increasing_id orders the rows of a block as in the file, for the window",
}
UNREPEATABLE_SQL_EXCEPTIONS = {
    "libs/footfall/mapping/sql_words.py": "names them, to refuse them in mappings",
}
UNREPEATABLE_SQL = re.compile(
    rf"\b(?:{'|'.join(sorted(UNREPEATABLE))}|random|now|unix_timestamp)\s*\(\s*\)|\bCURRENT_(?:DATE|TIMESTAMP)\b|\bCACHE\s+TABLE\b",
    re.IGNORECASE,
)


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
        if function == "broadcast" and on not in {"F", "distributed"}  # a hint for a join; torch's, between trainers
    ]
    assert wrong + broadcasts == []


def test_only_the_command_line_reads_the_clock():
    wrong = [
        f"{short(p)}:{call.lineno} {on}.{function}"
        for p in sources()
        if short(p) != "libs/footfall/runtime/cli.py"
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
    in_strings = [
        f"{short(p)}: {text[:60]}"
        for p in sources()
        if short(p) not in UNREPEATABLE_SQL_EXCEPTIONS
        for text in strings(p)
        if UNREPEATABLE_SQL.search(text)
    ]
    in_files = [short(p) for p in LIBRARY.rglob("*.sql") if UNREPEATABLE_SQL.search(_without_comments(p))]
    assert python + in_strings + in_files == []


def _without_comments(path: Path) -> str:
    return re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
