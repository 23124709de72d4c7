"""The sources as the rules look at them: files, their syntax trees, what they import, call and say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "libs" / "footfall"


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


def imports_at_top(path: Path) -> Iterator[str]:
    """Modules that a file imports when it is imported itself: `from package import module` counts as that module."""
    for node in tree(path).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "footfall":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = any(
                    (LIBRARY.parent / (inner.replace(".", "/") + end)).exists() for end in (".py", "/__init__.py")
                )
                yield inner if is_module else str(node.module)


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
    module = tree(path)  # one tree for both walks: nodes are compared by identity
    docs = {
        id(node.body[0].value)
        for node in ast.walk(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value
