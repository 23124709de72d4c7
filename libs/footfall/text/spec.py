"""What a person settles about the encoder (settings `text.*`), as one value that travels to the workers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from footfall.errors import EnvironmentFault, SettingsError, listed


class Pooling(StrEnum):
    """How the vectors of a text's tokens become one."""

    MEAN = "mean"
    CLS = "cls"


class NumberType(StrEnum):
    """In which numbers the encoder computes; `auto` takes the fastest that the hardware does well."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


class Wanted(StrEnum):
    """On what the encoder may run; `auto` takes a GPU if the task owns one."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


@dataclass(frozen=True, kw_only=True)
class EncoderSpec:
    """Settings `text.*`. Strings are accepted for the enumerations; all faults are told at once as a SettingsError.

    `encoder` is a directory, the id of a model on a hub, or a URI with a scheme, such as `models:/name@champion`.
    """

    encoder: str
    prefix: str
    pooling: Pooling | str
    max_tokens: int
    max_parts: int
    overlap_tokens: int
    tokens_per_batch: int
    number_type: NumberType | str
    device: Wanted | str

    def __post_init__(self) -> None:
        faults = [
            f"text.{name} is {getattr(self, name)!r}, expected one of {', '.join(kind)}"
            for name, kind in (("pooling", Pooling), ("number_type", NumberType), ("device", Wanted))
            if getattr(self, name) not in set(kind)
        ]
        bounds = (("max_tokens", 3), ("max_parts", 1), ("overlap_tokens", 0), ("tokens_per_batch", self.max_tokens))
        faults += [
            f"text.{name} is {getattr(self, name)}, expected {least} or more"
            for name, least in bounds
            if getattr(self, name) < least
        ]
        if faults:
            raise SettingsError(
                f"the encoder cannot work so: {listed(faults)}.", fix="Correct conf/ or --set text.<key>=<value>."
            )

    @property
    def has_scheme(self) -> bool:
        """Whether the encoder is a URI that somebody has to fetch first."""
        return ":/" in self.encoder and not self.encoder.startswith("file:")

    @property
    def path(self) -> Path:
        """The encoder read as a local path; a `file:` scheme is dropped."""
        return Path(self.encoder.removeprefix("file:").replace("//", "/")).expanduser()

    @property
    def is_written_as_path(self) -> bool:
        """Whether the encoder can only mean a path: no hub id begins with these or has three parts."""
        return self.encoder.startswith(("/", ".", "~", "file:")) or self.encoder.count("/") > 1


def require_weights(spec: EncoderSpec) -> None:
    """Raises EnvironmentFault where the encoder names a directory that is absent. For the driver, before Spark."""
    if not spec.has_scheme and spec.is_written_as_path and not spec.path.is_dir():
        raise no_weights(spec, "no such directory")


def no_weights(spec: EncoderSpec, why: str) -> EnvironmentFault:
    """The fault of an encoder that cannot be loaded."""
    return EnvironmentFault(
        f"the text encoder '{spec.encoder}' cannot be loaded: {why}.",
        fix="Run `make setup`, which puts the default model below .cache/models/, or name another directory, hub id "
        "or models:/ URI in the setting text.encoder. On a cluster every worker must be able to read it.",
    )
