"""What a person settles about where a model runs and in which numbers. Words only, without torch."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class NumberType(StrEnum):
    """In which numbers a model computes; `auto` takes the fastest that the hardware does well."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


class Wanted(StrEnum):
    """On what a model may run; `auto` takes a GPU if the task owns one."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


class ComputeSpec(Protocol):
    """The part of a model's spec that says how it is computed. A string is one of the enumeration's values."""

    @property
    def number_type(self) -> NumberType | str:
        """In which numbers."""

    @property
    def device(self) -> Wanted | str:
        """On what."""

    @property
    def section(self) -> str:
        """Section of the settings in which both stand, as errors name it."""
