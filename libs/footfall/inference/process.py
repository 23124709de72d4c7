"""Keeps one model in this process from task to task: a Python worker of Spark, or a service. torch, no Spark."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from footfall.inference.device import Device
from footfall.inference.lane import lane_to

M = TypeVar("M")

_kept: dict[tuple[Hashable, Device], Any] = {}  # one model at most: models are large


def kept_model(spec: Hashable, device: Device, load: Callable[[], M]) -> M:
    """The one model that this process keeps; another spec or GPU address replaces it."""
    if (spec, device) not in _kept:
        _kept.clear()
        lane_to(device).free()
        _kept[spec, device] = load()
    model: M = _kept[spec, device]
    return model
