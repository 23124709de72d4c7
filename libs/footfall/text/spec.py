"""The settings of the encoder (`text.*`) as one value that is sent to the workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from footfall.errors import EnvironmentFault, SettingsError, listed
from footfall.inference.compute import NumberType, Wanted

ENCODER = "text_encoder"  # under this name the books keep the fingerprints of the encoders that read texts last


class Pooling(StrEnum):
    """How the vectors of a text's tokens become one."""

    MEAN = "mean"
    CLS = "cls"


@dataclass(frozen=True, kw_only=True)
class EncoderSpec:
    """Settings `text.*`. Strings are accepted for the enumerations. Raises SettingsError with all faults at once.

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

    @property
    def section(self) -> str:
        """Section of the settings, as errors name it."""
        return "text"

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
                f"the encoder cannot work with these settings: {listed(faults)}.",
                fix="Correct conf/ or --set text.<key>=<value>.",
            )

    @property
    def has_scheme(self) -> bool:
        """Whether the encoder is a URI that has to be fetched first."""
        return ":/" in self.encoder and not self.encoder.startswith("file:")

    @property
    def path(self) -> Path:
        """The encoder read as a local path; a `file:` scheme is dropped."""
        return Path(self.encoder.removeprefix("file:").replace("//", "/")).expanduser()

    @property
    def is_written_as_path(self) -> bool:
        """Whether the encoder can only be a path: no hub id begins with these or has three parts."""
        return self.encoder.startswith(("/", ".", "~", "file:")) or self.encoder.count("/") > 1


def encoder_specs(text: Mapping[str, Any]) -> list[EncoderSpec]:
    """Of the settings `text.*`: the encoders that champions still read by (`serving`), and last the one that is wanted."""
    wanted = {field.name: text[field.name] for field in fields(EncoderSpec)}
    changes = [{name: value for name, value in of_one.items() if value is not None} for of_one in text["serving"]]
    return [EncoderSpec(**{**wanted, **changed}) for changed in (*changes, {})]


def require_weights(specs: Sequence[EncoderSpec], *, workers_elsewhere: bool = False) -> None:
    """Raises EnvironmentFault, with every name, where encoders name directories that this machine lacks.

    With `workers_elsewhere` an absolute path is left to the workers, whose disks this machine cannot see. A relative
    one always means this machine's.
    """
    absent = [
        spec.encoder
        for spec in specs
        if not spec.has_scheme and spec.is_written_as_path and not spec.path.is_dir()
        if not (workers_elsewhere and spec.path.is_absolute())
    ]
    if absent:
        raise _cannot_load(absent, "no such directory")


def no_weights(spec: EncoderSpec, reason: str) -> EnvironmentFault:
    """The fault of an encoder that cannot be loaded."""
    return _cannot_load([spec.encoder], reason)


def _cannot_load(encoders: Sequence[str], reason: str) -> EnvironmentFault:
    names = ", ".join(f"'{encoder}'" for encoder in dict.fromkeys(encoders))
    return EnvironmentFault(
        f"the text encoder {names} cannot be loaded: {reason}.",
        fix="Run `make setup`, which puts the default model below .cache/models/, or name another directory, hub id "
        "or models:/ URI in the setting text.encoder. On a cluster every worker must be able to read it.",
    )
