"""A batch of a step and a pin of a table, as the books know them. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

ABANDONED = "abandoned"  # prefix of the outcome of a batch that failed before it wrote anything
ROWS = "#rows"  # suffix in `outputs`: rows of the table after the batch
FILE = "file:"  # prefix in `inputs` of an open batch: what identifies the content of a file that it takes (`FilePin`)
MODEL = "model:"  # prefix in `inputs` and `outputs`: the version of a model that was used or registered
PROMOTES = "promotes:"  # prefix in `outputs`: the version that becomes champion after the batch has closed


@dataclass(frozen=True)
class FilePin:
    """What identifies the content of a file: its size in bytes, when it changed (ms since 1970), and a hash of its content.

    The hash is empty where nobody asked for it.
    """

    size_bytes: int
    changed_ms: int
    content: str = ""

    def __str__(self) -> str:
        return f"{self.size_bytes}/{self.changed_ms}/{self.content}"

    def differs(self, other: FilePin) -> bool:
        """Whether the content is another; a file that was only copied again has another time of change."""
        return (self.size_bytes, self.content) != (other.size_bytes, other.content)

    @classmethod
    def parse(cls, text: str) -> FilePin:
        """The pin that `str` wrote."""
        size, changed, content = text.split("/")
        return cls(int(size), int(changed), content)


@dataclass(frozen=True)
class TakenFile:
    """A file as it was taken last, and when it was taken first; None where the books no longer say."""

    pin: FilePin
    first_taken: datetime | None


@dataclass(frozen=True)
class Batch:
    """One batch of a step, as a row of books.batches has it."""

    step: str
    batch_id: int
    owner: str
    inputs: Mapping[str, str]
    fingerprint: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    outcome: str = ""
    now: datetime | None = None  # the clock of the run that wrote its newest state

    @property
    def registered(self) -> bool:
        """Whether it registered a version of a model."""
        return any(key.startswith(MODEL) for key in self.outputs)

    @property
    def promotes(self) -> dict[str, str]:
        """Model -> number of the version that becomes champion when the batch has closed; empty: none is any more."""
        versions = {key.removeprefix(PROMOTES): n for key, n in self.outputs.items() if key.startswith(PROMOTES)}
        return dict(sorted(versions.items()))

    @property
    def files(self) -> dict[str, FilePin]:
        """The files that an open batch takes, with what identifies their content."""
        return {key.removeprefix(FILE): FilePin.parse(pin) for key, pin in self.inputs.items() if key.startswith(FILE)}

    def without_files(self) -> Batch:
        """The same batch, less the files that it takes: books.files has those of a closed one."""
        return replace(self, inputs={key: pin for key, pin in self.inputs.items() if not key.startswith(FILE)})

    def __str__(self) -> str:
        return f"{self.step}/{self.batch_id}"


@dataclass(frozen=True)
class Pin:
    """What a reader of a table uses: the version after the last closed batch of its writer, and that batch."""

    version: int
    batch_id: int
    rows: int

    def __str__(self) -> str:
        return f"{self.version}@{self.batch_id}"

    @classmethod
    def parse(cls, text: str) -> Pin:
        """The pin that `str` wrote; rows are not kept."""
        version, _, batch_id = text.partition("@")
        return cls(int(version), int(batch_id), 0)
