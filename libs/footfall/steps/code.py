"""Hash of the code that a step's result depends on: a package and whatever of footfall it imports, and nothing else.

Comments, docstrings and formatting do not count: the hash is of the syntax tree. Reads footfall's own files, whatever they are
packed in.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from threading import Lock

ROOT = "footfall"
REFERENCE = re.compile(r"(footfall(?:\.\w+)+):\w+")
SQL_COMMENT = re.compile(r"--[^\n]*")
_PARSER = Lock()  # Python 3.11 counts the depth of trees once for all threads, and fails where two parse at once


@cache
def code_hash(name: str) -> str:
    """Hash over the modules of the package (or the module) `name`, all that they import of footfall, and their resources."""
    digest = hashlib.sha256()
    for module in sorted(imported_modules(name)):
        for part in _parts(module):
            digest.update(f"{module}\0".encode() + part + b"\0")
    return digest.hexdigest()[:16]


@cache
def imported_modules(name: str) -> frozenset[str]:
    """Names of the modules that `code_hash` covers."""
    pending, reached = list(_modules_of(name)), set[str]()
    while pending:
        module = pending.pop()
        if module not in reached:
            reached.add(module)
            pending += [imported for imported in _imports(module) if imported not in reached]
    return frozenset(reached)


def _modules_of(name: str) -> Iterator[str]:
    """The module itself, or the modules of a package, without those of packages below it."""
    yield name
    folder = _folder(name)
    if folder is not None:
        for file in folder.iterdir():
            if file.name.endswith(".py") and file.name != "__init__.py":
                yield f"{name}.{file.name.removesuffix('.py')}"


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == ROOT:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if _source(inner) is not None else _defining(node.module, alias.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            referred = REFERENCE.fullmatch(node.value)  # of a declaration: imported when it is used
            if referred and _source(referred[1]) is not None:
                yield referred[1]


def _defining(package: str, name: str) -> str:
    """The module that defines a name which a package hands on, so that one table's module stands for itself alone."""
    for node in _tree(package).body if _folder(package) is not None else ():
        if isinstance(node, ast.ImportFrom) and node.module and any((a.asname or a.name) == name for a in node.names):
            return node.module
    return package


def _parts(module: str) -> Iterator[bytes]:
    """The module's tree, then each `.sql` and `.yaml` beside it that it names."""
    tree = _tree(module)
    yield ast.dump(tree).encode()
    names = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    folders = {module if _folder(module) is not None else module.rpartition(".")[0]}
    folders |= {f"{ROOT}.{name}" for name in names if re.fullmatch(r"[a-z_.]+", name)}  # the package of a query
    for folder in sorted(folders):
        for file in sorted(_resources(folder), key=lambda f: f.name):
            if file.name in names or file.name.rpartition(".")[0] in names:
                yield " ".join(SQL_COMMENT.sub("", file.read_text(encoding="utf-8")).split()).encode()


@cache
def _resources(package: str) -> tuple[Traversable, ...]:
    folder = _folder(package)
    files = folder.iterdir() if folder is not None else ()
    return tuple(file for file in files if file.name.endswith((".sql", ".yaml")))


@cache
def _tree(module: str) -> ast.Module:
    source = _source(module)
    with _PARSER:
        tree = ast.parse(source or "")
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return tree


@cache
def _source(module: str) -> str | None:
    folder = _folder(module)
    package, _, name = module.rpartition(".")
    parent = _folder(package) if package else None
    file = folder.joinpath("__init__.py") if folder is not None else parent.joinpath(f"{name}.py") if parent else None
    return file.read_text(encoding="utf-8") if file is not None and file.is_file() else None


@cache
def _root() -> Traversable:
    """The library's folder; one object, since each reads anew what is in the archive that the library may be packed in."""
    return resources.files(ROOT)


@cache
def _folder(package: str) -> Traversable | None:
    """The folder of a package; None where there is none, or it is a module."""
    folder = _root()
    for part in package.split(".")[1:]:
        folder = folder.joinpath(part)
    is_package = package.split(".")[0] == ROOT and folder.is_dir() and folder.joinpath("__init__.py").is_file()
    return folder if is_package else None
