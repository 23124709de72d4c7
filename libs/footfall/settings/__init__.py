"""Settings: conf/base.yaml, then an environment's file, then the command line, into one frozen object. Reads conf/ only."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from footfall.errors import FootfallError, SettingsError
from footfall.mapping.source import Source, read_source
from footfall.mapping.yaml_file import Key, Places, nearest, parsed, places, problem, read_yaml, validated
from footfall.settings.placeholders import filled_in
from footfall.settings.sections import MlflowSettings, Settings, Text

__all__ = [
    "MlflowSettings",
    "Settings",
    "Text",
    "default_conf",
    "overrides_of",
    "parse_overrides",
    "read_resolved",
    "resolve",
]


def default_conf() -> Path:
    """`conf` of the working folder; without one, the settings that travel inside footfall's wheel."""
    working, packaged = Path("conf"), Path(__file__).parent.parent / "conf"
    return packaged if packaged.is_dir() and not (working / "base.yaml").exists() else working


def resolve(conf: Path, env: str, overrides: Mapping[str, Any]) -> Settings:
    """base.yaml, then env/<env>/settings.yaml if there is one, then `overrides` (dotted keys), mappings read in.

    Raises SettingsError with every fault at once, each with its file, line and key.
    """
    data, lines = read_yaml(conf / "base.yaml")
    where = places(conf / "base.yaml", lines)
    folder = conf / "env" / env
    known = sorted(p.name for p in (conf / "env").glob("*") if p.is_dir())
    if env not in known:
        raise SettingsError(f"--env {env}: no folder {folder}.", fix=f"Use one of: {', '.join(known) or 'none'}.")
    if (folder / "settings.yaml").exists():
        extra, extra_lines = read_yaml(folder / "settings.yaml")
        _merge(data, extra)
        where |= places(folder / "settings.yaml", extra_lines)
    for key, value in overrides.items():
        _set(data, tuple(key.split(".")), value)
        where[tuple(key.split("."))] = "command line"
    settings = validated(Settings, data, where=where)
    mappings = tuple(
        m if isinstance(m, Source) else read_source(_mapping_path(conf, m)) for m in settings.sources.mappings
    )
    _refuse_doubles(mappings, where)
    return settings.model_copy(update={"sources": settings.sources.model_copy(update={"mappings": mappings})})


def read_resolved(path: Path) -> Settings:
    """The settings file that `resolve` wrote, as it travels to a cluster."""
    data, lines = read_yaml(path)
    return validated(Settings, data, where=places(path, lines))


def parse_overrides(pairs: list[str]) -> dict[str, Any]:
    """`key.sub=value` pairs; the value is read as YAML, so 5 is a number and "5" is text."""
    overrides: dict[str, Any] = {}
    for pair in pairs:
        key, sign, text = pair.partition("=")
        if not sign or not key:
            raise SettingsError(
                f"--set {pair}: expected key.sub=value.", fix="Write it as in --set churn.horizon_days=30."
            )
        overrides[key] = _value(key, text)
    return overrides


def _value(key: str, text: str) -> Any:
    """The text as YAML; nothing is an empty text."""
    try:
        return parsed(text) if text else ""
    except yaml.YAMLError as fault:
        raise SettingsError(
            f"--set {key}: the value is not YAML: {problem(fault)}.",
            fix=f"Put a text into quotes of its own, as in --set '{key}=\"a: b\"'.",
        ) from None


def _mapping_path(conf: Path, name: str) -> Path:
    path = Path(name)
    return path if path.is_absolute() or path.exists() else conf.parent / path


def _refuse_doubles(mappings: Sequence[Source], where: Places) -> None:
    """Raises SettingsError where two mappings would take the same files twice, or into the same raw table."""
    sources: dict[str, int] = {}
    tables: dict[str, str] = {}
    faults = []
    for i, source in enumerate(mappings):
        place = nearest(("sources", "mappings", i), where)
        if source.source in sources:
            faults.append(
                f"{place}: source {source.source} is there already, as number {sources[source.source]} of the list"
            )
            continue
        sources[source.source] = i
        for feed in source.feeds:
            table = source.raw_name(feed)
            if table in tables:
                faults.append(
                    f"{place}: feed {feed} of source {source.source} has the raw table {table} of {tables[table]} too"
                )
            tables[table] = f"feed {feed} of source {source.source}"
    if faults:
        raise SettingsError(
            "\n".join(faults), fix="List each mapping once, and give sources and feeds names of their own."
        )


def _merge(into: dict[str, Any], extra: Mapping[str, Any]) -> None:
    for key, value in extra.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def _set(data: dict[str, Any], key: Key, value: object) -> None:
    *above, last = key
    for part in above:
        data = data.setdefault(str(part), {})
        if not isinstance(data, dict):
            raise SettingsError(
                f"--set {'.'.join(map(str, key))}: {part} holds no keys.", fix="Take the keys from conf/base.yaml."
            )
    data[str(last)] = value


def main(arguments: list[str] | None = None) -> int:
    """Writes the one resolved settings file that travels with a job."""
    try:
        write(arguments)
    except FootfallError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    return 0


def write(arguments: list[str] | None = None) -> None:
    """What `main` does, for a caller in Python; raises a FootfallError."""
    parser = argparse.ArgumentParser(prog="python -m footfall.settings", description=main.__doc__)
    parser.add_argument("--conf", type=Path, default=default_conf(), help="folder with base.yaml (default: conf)")
    parser.add_argument("--env", default="local", help="name of a folder below conf/env (default: local)")
    parser.add_argument("--lake", help="root of the tables, a path or URI")
    parser.add_argument("--raw", help="root of the raw logs, a path or URI")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as churn.horizon_days=30"
    )
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    options = parser.parse_args(arguments)
    settings = filled_in(resolve(options.conf, options.env, overrides_of(options.lake, options.raw, options.set)))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        json.dumps(settings.model_dump(mode="json", exclude_unset=True), indent=1, ensure_ascii=False), encoding="utf-8"
    )


def overrides_of(lake: str | None, raw: str | None, pairs: list[str]) -> dict[str, Any]:
    """The command line's overrides: --set first, then the two roots by their short options."""
    roots = {"lake.root": lake, "sources.root": raw}
    return parse_overrides(pairs) | {key: value for key, value in roots.items() if value is not None}
