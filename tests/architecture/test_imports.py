"""Who imports whom: each module belongs to a group, and a group sees only what lies below it."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from architecture.sources import LIBRARY, attributes, imports, module_name, short, tree

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
            "tuning",
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


def group_of(module: str) -> str:
    room = module.split(".")[1]
    return next((group for group, rooms in GROUPS.items() if room in rooms), "")


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
