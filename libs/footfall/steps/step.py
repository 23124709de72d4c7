"""What a Step is: what it reads, what it writes, and the function between. Declarations only; the runner does the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from footfall.contract import Table
from footfall.steps.code import code_hash
from footfall.steps.consent import Consent
from footfall.steps.holding import Limit
from footfall.steps.line_keys import Matching
from footfall.steps.replay import Replay
from footfall.tables.offers import PERMISSIONS


@dataclass(frozen=True)
class Read:
    """A table that a step reads at its pinned version; `new` leaves out the rows that the step's last closed batch read.

    `follows` goes with `new`: where rows that an earlier batch read were deleted or changed since, by hand say, the step begins
    anew: all rows of all its tables are new to it, and what it writes replaces its own tables.
    `lookup` marks a table in which an incremental step only looks things up: news in it alone is no work, unless it `wakes` the
    step, since rows wait for it (`Step.waits_in`). `alias` is the name of the frame, where the same table is read in two ways.
    `derivation` is a hash of how the step derives what it takes from the table: where it is not that of the last closed
    batch, all rows of the table are new to the step.
    `name` is `layer.table`, or `delta:<path or name>` for a shop's own Delta table, read in place.
    """

    name: str
    new: bool = False
    lookup: bool = False
    derivation: str = ""
    follows: bool = False
    wakes: bool = False
    alias: str = ""

    @property
    def frame(self) -> str:
        """The name by which `apply` gets the rows."""
        return self.alias or self.name


@dataclass(frozen=True)
class Files:
    """Files that an ingest step takes, each once: a pattern below a root, a format and Spark's reader options.

    They reach `apply` as the frame `files`: the source's columns and `_file`, `_position`, `_corrupt`. `partitions` are
    columns that folders such as `dt=2024-05-03` give. A line of text becomes columns by `line_pattern`, a regular
    expression with named groups, and is no row where `not_rows` fits it: then it is kept as `_corrupt`. A file that changes
    within `rewritten_days` after it was first taken is taken again. For a sample, `first_lines` of each text file are read (0: all).
    The header of CSV stands on `header_line`, from 1; `strip` are signs around its names, beside blanks and tabs.
    """

    root: str
    pattern: str
    format: str
    options: Mapping[str, str]
    partitions: tuple[str, ...] = ()
    line_pattern: str = ""
    not_rows: str = ""
    rewritten_days: int = 0
    first_lines: int = 0
    header_line: int = 1
    strip: str = ""


@dataclass(frozen=True)
class Output:
    """Computed rows for one table; one that breaks a rule stops the step.

    `as_of` are the dates that a table by dates replaces. `replaces` is, of a table that is updated, a SQL predicate of
    the old rows that leave it in the same commit: none, or `contract.EVERY_ROW`. `landed` is called when the rows have
    landed, or have failed to: what the frame was read from can be dropped. `warnings` is called once the frame was computed:
    sentences for a person, by what it observed. `guarded` gives the same rows where an expression failed on a value.
    """

    table: Table
    frame: DataFrame
    as_of: Sequence[date] = ()
    replaces: str = ""
    landed: Callable[[], None] | None = None
    warnings: Callable[[], Sequence[str]] | None = None
    guarded: Callable[[], Output] | None = None


@dataclass(frozen=True)
class FactRows:
    """Rows with the columns of `footfall.steps.sorting`, which the runner sorts: valid, quarantined, duplicate, in conflict, skipped.

    `feeds` gives for each feed the reasons for which its mapping skips rows. `aside` holds the broken ones among
    them as rows of raw.quarantine; it is looked at only where there are any. `matching` says which rows are one and the
    same (default: those with one key of the table), and `conflicts` holds the sound rows of feeds whose conflicts go to
    quarantine, as they would stand there. `without_known` are the feeds whose rows count as known from when they are
    taken: a late load of them is worth a warning. `ranged_key` is a key column by whose values in the batch files of the
    table are left out when its keys are looked up; empty: by none. `versions` says that rows are told apart by what they
    say, as `steps.history` does it. `reads` gives for each feed the table that its rows were read from. `of_documents`
    are the feeds whose rows are elements of documents, with the name of the list there. `warned` are each feed's own rules
    that only warn. `replayed` are the places of the rows among them that were in raw.quarantine, and leave it; None where no
    replay is wanted. With a replay `frame` may hold rows that are not `_in_batch`: they help to match the others. `guarded`
    gives the same rows where an expression failed on a value: those on which it fails are among
    the broken ones.
    """

    table: Table
    frame: DataFrame
    feeds: Mapping[str, Sequence[str]]
    aside: DataFrame
    matching: Matching | None = None
    conflicts: DataFrame | None = None
    without_known: Sequence[str] = ()
    ranged_key: str = ""
    versions: bool = False
    reads: Mapping[str, str] = field(default_factory=dict)
    of_documents: Mapping[str, str] = field(default_factory=dict)
    warned: Mapping[str, Sequence[str]] = field(default_factory=dict)
    replayed: DataFrame | None = None
    guarded: Callable[[], FactRows] | None = None


@dataclass(frozen=True)
class Expiry:
    """Rows of a table that are to go: those for which a condition in SQL holds.

    `kept` are rows for which it holds too, and that stay: where those that go are too many to be named. `why` begins the label
    of the commit in place of the step's name: readers of a table that is otherwise appended to need not look at all of it
    again where that is `contract.commits.EXPIRE`.
    """

    table: str
    condition: str
    kept: DataFrame | None = None
    why: str = ""


@dataclass(frozen=True)
class StepResult:
    """What `apply` returns: rows for tables, versions of models by name, and the gates that a model missed, in words.

    `promotes` (model -> version number) are versions that become champions when the batch has closed, and not before:
    a run that is killed leaves the old champion and the old tables together. `warnings` are sentences for a person, printed
    after the step's line. `is_part` says that the step has more to
    do: it comes again at once, in a batch of its own, with what it reads pinned anew. So a run that is killed loses one
    part, and the next one goes on. `ended` is called when all has landed, or has failed to: what was staged can be dropped.
    """

    outputs: Sequence[Output | FactRows | Expiry] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    promotes: Mapping[str, str] = field(default_factory=dict)
    gate_failed: str = ""
    warnings: Sequence[str] = ()
    is_part: bool = False
    ended: Callable[[], None] | None = None


Frames = Mapping[str, DataFrame]
ALL_BEFORE = "*"  # in `Step.after`: every step that is declared before it


@dataclass(frozen=True)
class Step:
    """One unit of work, written in batches.

    `apply` gets the frames by name, its own tables as they were before among them. `values` are the settings that change the
    result, `code` the packages whose source does; with the pinned inputs they decide whether there is anything to do.
    `run_values` are values that only a run knows, after the steps before this one: functions that are called when its turn
    comes. `day_values` change with the as-of date and count as inputs. With `cadence_days` changed inputs count only so many days
    after the last batch that registered a model; changed code or values count at once. `models` are registered models whose
    champions it uses, `trains` those of which it registers versions, `makes` files that it writes beside the lake: where one is
    absent it runs again. `consent` is what people must have consented to: `apply` gets the rows of those who did only
    (`runtime/consent.py`). `waits_in` are tables that say which rows wait for what wakes the step. `limits` say of feeds from when
    on what they bring is held back; `replay` which rows of raw.quarantine it takes in again.
    Steps that share nothing of this run side by side; `after` names steps that have to end first all
    the same, `behind` those that only come first: where one of them fails, the step runs still. `requires` are checks of the
    surroundings, made before any step of the run; each raises a FootfallError where something is absent.
    """

    name: str
    reads: tuple[Read, ...]
    writes: tuple[str, ...]
    apply: Callable[[Frames], StepResult]
    code: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    run_values: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    trains: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    files: Files | None = None
    makes: tuple[str, ...] = ()
    day_values: Mapping[str, Any] = field(default_factory=dict)
    cadence_days: int = 0
    waits_in: tuple[str, ...] = ()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    replay: Replay | None = None
    requires: tuple[Callable[[], None], ...] = ()
    consent: Consent | None = None

    def __post_init__(self) -> None:
        if self.consent and all(read.name != PERMISSIONS.full_name for read in self.reads):
            read = Read(PERMISSIONS.full_name, lookup=True, wakes=True, derivation=self.consent.words)
            object.__setattr__(self, "reads", (*self.reads, read))

    def asleep(self, inputs: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
        """The inputs as they are where no row waits: what wakes the step, and is not read as news too, as it was before."""
        news = {r.name for r in self.reads if r.new}
        waking = {r.name for r in self.reads if r.wakes} - news
        kept = {key: pin for key, pin in inputs.items() if key not in waking}
        return {**kept, **{name: before[name] for name in waking if name in before}}

    @property
    def is_incremental(self) -> bool:
        """Whether it only adds rows for new input; then changed code or values do not make it run again."""
        return self.files is not None or (any(r.new for r in self.reads) and all(r.new or r.lookup for r in self.reads))

    def fingerprint(self, inputs: Mapping[str, str]) -> str:
        """Hashes of code, values and pinned inputs, with dots between: why a step runs again can be told from them.

        Its own tables are no inputs. What was done by other code or values is done all the same where the step is incremental
        (`changes`); a batch that is still open is not.
        """
        quiet = {r.name for r in self.reads if r.lookup and not r.wakes and self.is_incremental}
        own = {*self.writes, *(quiet - {r.name for r in self.reads if r.new})}
        pinned = {key: pin for key, pin in inputs.items() if key not in own}
        inputs_hash = digest({**pinned, **self.day_values})
        values = {**self.values, **{name: value() for name, value in self.run_values.items()}}
        return f"{digest({name: code_hash(name) for name in self.code})}.{digest(values)}.{inputs_hash}"

    def changes(self, fingerprint: str, before: str) -> list[str]:
        """What differs from a closed batch, so that there is work: some of code, settings, inputs; of an incremental step inputs."""
        parts = zip(("code", "settings", "inputs"), fingerprint.split("."), before.split("."), strict=False)
        counted = ("inputs",) if self.is_incremental else ("code", "settings", "inputs")
        return [name for name, now, then in parts if now != then and name in counted]


def has_same_definition(fingerprint: str, other: str) -> bool:
    """Whether two fingerprints of a step differ in inputs at most."""
    return fingerprint.rpartition(".")[0] == other.rpartition(".")[0]


def digest(values: Mapping[str, Any]) -> str:
    """Names the values: 16 hexadecimal digits, whatever the order of the keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]
