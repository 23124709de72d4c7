"""YAML into frozen, closed, typed objects; a fault names the file, the line and the key. Reads only the file it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from footfall.errors import SettingsError

COMMAS = "within {...} a comma ends a value, so put SQL with commas in quotes, or each key on a line of its own"
Key = tuple[str | int, ...]
Lines = Mapping[Key, int]
Places = Mapping[Key, str]


class Closed(BaseModel):
    """A frozen object that knows all its keys and never guesses a type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, serialize_by_alias=True, allow_inf_nan=False)


ClosedModel = TypeVar("ClosedModel", bound=BaseModel)


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[Key, int]]:
    """The mapping in the file, and for each key path the line (from 1) on which it stands.

    Raises SettingsError where the file is absent, is no YAML, holds a key twice or is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = parsed(text)
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file.", fix="Check the path, or the name after --env.") from None
    except OSError as fault:
        words = f"{path} cannot be read: {(fault.strerror or str(fault)).lower()}."
        raise SettingsError(words, fix="Name a YAML file that you have the right to read.") from None
    except UnicodeDecodeError as fault:
        raise SettingsError(f"{path}: not UTF-8 (byte {fault.start}).", fix="Save the file as UTF-8.") from None
    except yaml.YAMLError as fault:
        raise SettingsError(f"{path}: not YAML: {problem(fault)}.", fix="Correct the file at that line.") from None
    if data is None:
        return {}, {}
    if not isinstance(data, dict) or node is None:
        raise SettingsError(f"{path}: expected keys and values.", fix="Write `key: value` lines.")
    lines: dict[Key, int] = {}
    try:
        doubles = _collect_lines(node, (), lines)
    except RecursionError:  # an anchor within what it names
        raise SettingsError(
            f"{path}: an anchor (&) stands within what it names.", fix="Write the values out where it is used."
        ) from None
    if doubles:
        raise SettingsError(f"{path}: given twice: {', '.join(doubles)}.", fix="Keep one of each.")
    return data, lines


def validated(
    model: type[ClosedModel], data: Mapping[str, Any], *, where: Places, keys_in: str = "conf/base.yaml"
) -> ClosedModel:
    """The typed object, or SettingsError with every fault.

    `where` names file and line of a key path; `keys_in` the page that explains the keys.
    """
    try:
        return model.model_validate(dict(data))
    except ValidationError as fault:
        fault_lines = [f"{nearest(e['loc'], where)}: {_sentence(e)}" for e in fault.errors()]
        raise SettingsError("\n".join(fault_lines), fix=f"Look up the keys in {keys_in}, and correct these.") from None


def refuse(model: type[BaseModel], faults: Sequence[tuple[Key, str]]) -> None:
    """Raises pydantic's error for the faults of a validator, each at its key path below the model; nothing where there is none."""
    if faults:
        details = [
            InitErrorDetails(type=PydanticCustomError("fault", "{text}", {"text": text}), loc=key, input=None)
            for key, text in faults
        ]
        raise ValidationError.from_exception_data(model.__name__, details)


def places(path: Path | str, lines: Lines) -> dict[Key, str]:
    """`file:line` of every key path."""
    return {key: f"{path}:{line}" for key, line in lines.items()}


def _collect_lines(node: yaml.Node, at: Key, lines: dict[Key, int]) -> list[str]:
    lines.setdefault(at, node.start_mark.line + 1)
    doubles: list[str] = []
    if isinstance(node, yaml.MappingNode):
        keys = set()
        for key_node, value in node.value:
            key = (*at, key_node.value)
            lines[key] = key_node.start_mark.line + 1
            if key in keys:
                doubles.append(f"{_dotted(key)} (line {lines[key]})")
            keys.add(key)
            doubles += _collect_lines(value, key, lines)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            doubles += _collect_lines(value, (*at, i), lines)
    return doubles


def nearest(loc: Key, where: Places) -> str:
    """`file:line: key` of the nearest known place at or above a key path: a missing key stands nowhere."""
    for end in range(len(loc), -1, -1):
        if loc[:end] in where:
            return f"{where[loc[:end]]}: {_dotted(loc)}"
    return _dotted(loc)


def _sentence(error: Any) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return "unknown key" if error["input"] is not None else f"unknown key ({COMMAS})"
    if kind == "missing":
        return "missing"
    shown = f", got {error['input']!r}" if isinstance(error["input"], str | int | float | bool) else ""
    words = error["msg"].removeprefix("Value error, ")
    return f"{words[0].lower()}{words[1:]}{shown}"


def _dotted(key: Key) -> str:
    return ".".join(str(k) for k in key) or "the file"


def parsed(text: str) -> Any:
    """What the text says in YAML; raises YAMLError also for a date that the calendar does not know, such as 2018-02-30."""
    try:
        return yaml.safe_load(text)
    except (ValueError, OverflowError) as fault:
        raise yaml.YAMLError(str(fault)) from fault


def problem(fault: yaml.YAMLError) -> str:
    """What is wrong with the YAML, and in which line."""
    mark = getattr(fault, "problem_mark", None)
    words = getattr(fault, "problem", None) or str(fault).splitlines()[0]
    return f"line {mark.line + 1}: {words}" if mark else str(words)
