"""Who imports whom: each package belongs to a group, sees only what lies below it, and there is no cycle."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from graphlib import TopologicalSorter

from architecture.sources import LIBRARY, attributes, imports, imports_at_top, module_name, short, tree

# The packages from the bottom up, in groups; a package may import what its group may (BELOW), and inside its group only
# what stands before it.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "errors": ("errors",),
    "contract": ("contract",),
    "tables": ("tables",),
    # words that both wings speak: what a Step and a source are, how rows are sorted, how a query is run
    "language": ("steps", "mapping"),
    # reads a lake without Spark, for people who query
    "query": ("query",),
    "pure packages": (
        "inference",
        "text",
        "privacy",
        "ingest",
        "refine",
        "quality",
        "simulation",
        "features",
        "models.common",
        "tuning",
        "models",
        "profiles",
        "report",
    ),
    "world": ("settings", "storage", "registry"),
    "runtime": ("runtime", "check"),
    "docs": ("docs",),
}
BELOW: Mapping[str, frozenset[str]] = {
    "errors": frozenset(),
    "contract": frozenset({"errors"}),
    "tables": frozenset({"errors", "contract"}),
    "language": frozenset({"errors", "contract", "tables"}),
    "query": frozenset({"errors", "contract", "tables"}),
    "pure packages": frozenset({"errors", "contract", "tables", "language"}),
    "world": frozenset({"errors", "contract", "tables", "language"}),
    "runtime": frozenset({"errors", "contract", "tables", "language", "pure packages", "world"}),
    "docs": frozenset({"errors", "contract", "tables", "language", "pure packages", "world", "runtime"}),
}
IMPORT_EXCEPTIONS = {
    (
        "footfall.storage.vault",
        "footfall.privacy.pseudonyms",
    ): "the vault unwraps bytes into the MintKey that never shows itself",
    ("footfall.models.common.exported", "footfall.models"): "a file names its model; asked for when it is read back",
    ("footfall.registry.__main__", "footfall.models"): "the command line knows the names of the models",
}


def package_of(module: str) -> str:
    """`models.common` is a package of its own, and so are the models beside it, as one."""
    parts = module.split(".")
    return "models.common" if parts[1:3] == ["models", "common"] else parts[1]


def group_of(module: str) -> str:
    return next((group for group, packages in GROUPS.items() if package_of(module) in packages), "")


def is_below(imported: str, importer: str) -> bool:
    """Whether a module may import another: of the same package, of one before it in its group, or of a group below."""
    group, own = group_of(importer), package_of(importer)
    if group_of(imported) == group:
        return GROUPS[group].index(package_of(imported)) <= GROUPS[group].index(own)
    return group_of(imported) in BELOW[group]


def test_every_module_belongs_to_a_group():
    homeless = [short(p) for p in LIBRARY.rglob("*.py") if p.parent != LIBRARY or p.stem != "__init__"
                if not group_of(module_name(p))]  # fmt: skip
    assert homeless == []


def test_packages_import_only_what_lies_below_them_and_the_two_wings_never_each_other():
    wrong = [
        f"{short(path)} imports {imported}"
        for path in LIBRARY.rglob("*.py")
        if (name := module_name(path)) != "footfall"
        for imported in imports(path)
        if not is_below(imported, name) and (name, imported) not in IMPORT_EXCEPTIONS
    ]
    assert wrong == []


def test_no_module_imports_itself_by_way_of_others():
    """At the top of modules: what a function imports when it runs cannot break the start."""
    graph = {module_name(path): set(imports_at_top(path)) for path in LIBRARY.rglob("*.py")}
    sorter = TopologicalSorter({name: {to for to in targets if to in graph} for name, targets in graph.items()})
    sorter.prepare()  # raises CycleError, which names the cycle


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


def test_pure_packages_build_no_session_and_read_or_write_no_tables():
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
        if p != LIBRARY / "__init__.py" and group_of(module_name(p)) == "pure packages"
        for node in attributes(p)
        if node.attr in touched or (node.attr in {"builder", "read", "write"} and _is_of_spark(node.value))
    ]
    assert wrong == []


def _is_of_spark(value: ast.expr) -> bool:
    """Whether `.read`, `.write` or `.builder` is a session's or a frame's: on a name or an attribute, not on an open file."""
    name = value.id if isinstance(value, ast.Name) else value.attr if isinstance(value, ast.Attribute) else ""
    return name in {"spark", "sparkSession", "SparkSession"} or name.endswith(("frame", "rows"))
