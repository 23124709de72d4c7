"""Text files that a step writes beside the lake, such as the report: on a local path or on S3. Touches these files only."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from footfall.errors import EnvironmentFault, SettingsError

_S3 = re.compile(r"^s3[an]?://")


def require_writable_kind(location: str, *, setting: str) -> None:
    """Raises SettingsError where the location is neither a local path nor on S3."""
    if "://" in location and not _S3.match(location):
        raise SettingsError(
            f"{setting} is {location}: such a file is written to a local path or to S3.",
            fix="Give a path, such as /srv/footfall/report/index.html, or s3://<bucket>/report/index.html.",
        )


def with_suffix(location: str, suffix: str) -> str:
    """The same location with another ending: `s3://bucket/index.html` -> `s3://bucket/index.txt`."""
    folder, slash, name = location.rpartition("/")
    return f"{folder}{slash}{Path(name).with_suffix(suffix)}"


def is_there(location: str) -> bool:
    """Whether the file exists."""
    if not _S3.match(location):
        return Path(location).exists()
    try:
        storage, path = _storage(location)
        return bool(storage.get_file_info(path).type == fs.FileType.File)
    except (OSError, pa.ArrowInvalid) as fault:
        raise _unreachable(location, fault) from fault


def read_text(location: str) -> str:
    """The whole text of the file, UTF-8."""
    if not _S3.match(location):
        return Path(location).read_text(encoding="utf-8")
    try:
        storage, path = _storage(location)
        with storage.open_input_file(path) as file:
            return bytes(file.read()).decode("utf-8")
    except (OSError, pa.ArrowInvalid) as fault:
        raise _unreachable(location, fault) from fault


def write_text(location: str, text: str) -> None:
    """Writes the whole file or none of it: nobody reads half a page."""
    if not _S3.match(location):
        _write_local(Path(location), text)
        return
    try:
        storage, path = _storage(location)
        with storage.open_output_stream(path) as file:  # an object shows when it is whole
            file.write(text.encode("utf-8"))
    except (OSError, pa.ArrowInvalid) as fault:
        raise _unreachable(location, fault) from fault


def _write_local(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as fault:
        fix = "Give this user the right, free some space, or set report.path."
        raise EnvironmentFault(f"{path} cannot be written: {fault.strerror}.", fix=fix) from fault


def _storage(location: str) -> tuple[fs.FileSystem, str]:
    """Arrow's client; rights, region and endpoint are those of the process's AWS environment."""
    storage, path = fs.FileSystem.from_uri(_S3.sub("s3://", location))
    return storage, path


def _unreachable(location: str, fault: Exception) -> EnvironmentFault:
    return EnvironmentFault(
        f"{location} cannot be reached: {str(fault).splitlines()[0][:200]}",
        fix="Check report.path, the rights of this user, and AWS_REGION (AWS_ENDPOINT_URL for storage elsewhere).",
    )
