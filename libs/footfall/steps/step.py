"""What a Step is: what it reads, what it writes, and the function between. Declarations only; the runner does the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from typing import Any

from pyspark.sql import DataFrame

from footfall.contract import Table


@dataclass(frozen=True)
class Read:
    """A table that a step reads at its pinned version; `new` leaves out what the step's last closed batch saw.

    `lookup` marks a table in which an incremental step only looks things up: news in it alone is no work.
    `name` is `layer.table`, or `delta:<path or name>` for a shop's own Delta table, read in place.
    """

    name: str
    new: bool = False
    lookup: bool = False


@dataclass(frozen=True)
class Files:
    """Files that an ingest step takes, each once: a pattern below a root, a format and Spark's reader options.

    They reach `apply` as the frame `files`: the source's columns and `_file`, `_position`, `_corrupt`.
    """

    root: str
    pattern: str
    format: str
    options: Mapping[str, str]


@dataclass(frozen=True)
class Output:
    """Computed rows for one table; one that breaks a rule stops the step."""

    table: Table
    frame: DataFrame
    as_of: Sequence[date] = ()


@dataclass(frozen=True)
class FactRows:
    """Rows with the columns of `footfall.steps.sorting`, which the runner sorts: valid, quarantined, duplicate, skipped.

    `feeds` gives for each feed the reasons for which its mapping skips rows. `aside` holds the broken ones among
    them as rows of raw.quarantine; it is looked at only where there are any. `unique` says that sound rows have keys of
    their own.
    """

    table: Table
    frame: DataFrame
    feeds: Mapping[str, Sequence[str]]
    aside: DataFrame
    unique: bool = False


@dataclass(frozen=True)
class StepResult:
    """What `apply` made: rows for tables, versions of models, and the gates that a model missed.

    `is_part` says that the step has more to do: it comes again at once, in a batch of its own, with what it reads pinned
    anew. So a run that is killed loses one part, and the next one goes on.
    """

    outputs: Sequence[Output | FactRows] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    gate_failed: str = ""
    is_part: bool = False


Frames = Mapping[str, DataFrame]


@dataclass(frozen=True)
class Step:
    """One unit of work and of commitment.

    `apply` gets the frames by name, its own tables as they were before among them. `values` are the settings that
    change the result, `code` the packages whose source does; with the pinned inputs they decide whether there is
    anything to do. `models` are registered models whose champions it uses, `makes` local files that it writes beside
    the lake: where one is absent it runs again.
    """

    name: str
    reads: tuple[Read, ...]
    writes: tuple[str, ...]
    apply: Callable[[Frames], StepResult]
    code: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    files: Files | None = None
    makes: tuple[str, ...] = ()

    @property
    def is_incremental(self) -> bool:
        """Whether it only adds what new input brings; then changed code does not make it run again."""
        return self.files is not None or (any(r.new for r in self.reads) and all(r.new or r.lookup for r in self.reads))

    def fingerprint(self, inputs: Mapping[str, str]) -> str:
        """Hash of the pinned inputs (its own tables left out) and, unless incremental, of code and values."""
        aside = {*self.writes, *(r.name for r in self.reads if r.lookup and self.is_incremental)}
        parts: dict[str, Any] = {"inputs": {k: v for k, v in inputs.items() if k not in aside}}
        if not self.is_incremental:
            parts |= {"values": dict(self.values), "code": {room: code_hash(room) for room in self.code}}
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def code_hash(room: str) -> str:
    """Hash of a package's (or module's) `.py`, `.sql` and `.yaml` files, whatever they are packed in."""
    package, _, module = room.rpartition(".")
    folder = resources.files(package).joinpath(module)
    if folder.is_dir():
        texts = [
            f.read_bytes()
            for f in sorted(folder.iterdir(), key=lambda f: f.name)
            if f.name.endswith((".py", ".sql", ".yaml"))
        ]
    else:
        texts = [resources.files(package).joinpath(f"{module}.py").read_bytes()]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]
