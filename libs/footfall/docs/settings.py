"""docs/settings.md: every key of conf/base.yaml with its default, its type and range, and its comment. Reads that file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from footfall.errors import SettingsError
from footfall.mapping.yaml_file import Key, read_yaml
from footfall.settings import Settings

HEAD = """# Settings

Every setting is once in `conf/base.yaml`. What differs on a cluster is in `conf/env/<name>/settings.yaml`, chosen by
`--env <name>`. The command line comes last: `--set churn.horizon_days=30`, and `--lake` and `--raw` for the two roots.
All settings are checked before Spark starts, and an error names the file, the line and the key. Spark's own settings
(memory, cores, master) are in `conf/env/<name>/spark.conf`.
"""
COMMENT = re.compile(r"\s#\s*(.+)$")
WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "names and what each holds",
    "null": "null",
}


def settings_page(base: Path) -> str:
    """The whole page; raises SettingsError where a setting has no comment or is not known."""
    data, lines = read_yaml(base)
    comments = _comments(base, lines)
    schema = Settings.model_json_schema()
    parts = [HEAD]
    for group, values in data.items():
        kind = _resolved(schema, schema["properties"][group])
        rows = "".join(
            _row((group, key), value, kind["properties"][key], comments, schema) for key, value in values.items()
        )
        head = "| setting | default | may be | meaning |\n|---|---|---|---|\n"
        parts.append(f"## {group}\n\n{kind['description']}\n\n{head}{rows}")
    return "\n".join(parts)


def _row(key: Key, value: Any, field: Mapping[str, Any], comments: Mapping[Key, str], schema: Mapping[str, Any]) -> str:
    if key not in comments:
        raise SettingsError(
            f"conf/base.yaml: {'.'.join(map(str, key))} has no comment.", fix="Write its meaning behind it."
        )
    shown = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1000).removesuffix("...\n").strip()
    cells = (f"`{'.'.join(map(str, key))}`", f"`{shown}`", _kind(field, schema), comments[key])
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _comments(base: Path, lines: Mapping[Key, int]) -> dict[Key, str]:
    """The comment at the end of each key's own line."""
    text = base.read_text(encoding="utf-8").splitlines()
    comments = {key: COMMENT.search(text[line - 1]) for key, line in lines.items() if key}
    return {key: match[1].strip() for key, match in comments.items() if match}


def _kind(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What a value may be, in words."""
    kind = _resolved(schema, field)
    if "anyOf" in kind:
        return ", or ".join(_kind(choice, schema) for choice in kind["anyOf"])
    if "enum" in kind:
        return " or ".join(f"`{value}`" for value in kind["enum"])
    if "pattern" in kind:
        return f"{WORDS[kind['type']]} like `{kind['pattern']}`"
    low, high = kind.get("minimum"), kind.get("maximum")
    if low is not None and high is not None:
        return f"{WORDS[kind['type']]} from {low:g} to {high:g}"
    return WORDS[kind["type"]] + (f", {low:g} or more" if low is not None else "")


def _resolved(schema: Mapping[str, Any], field: Mapping[str, Any]) -> Mapping[str, Any]:
    """The definition that a `$ref` points to, or the field itself."""
    name = field.get("$ref", "").rpartition("/")[2]
    definition: Mapping[str, Any] = schema["$defs"][name] if name else field
    return definition
