"""The library and the jobs as one zip that Spark ships to every node. Reads libs/footfall and jobs/, writes the zip."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files give the same bytes


def build_package(root: Path, into: Path) -> Path:
    """Writes `footfall-<hash>.zip` unless it is there: `footfall` with its .sql, .yaml and .html, and `jobs`."""
    content = _zipped(_files(root))
    target = into / f"footfall-{hashlib.sha256(content).hexdigest()[:16]}.zip"
    if not target.exists():
        into.mkdir(parents=True, exist_ok=True)
        half = target.with_suffix(".part")
        half.write_bytes(content)
        half.replace(target)
    return target


def _files(root: Path) -> dict[str, bytes]:
    """Name in the zip -> content. Folders without an __init__.py get one: zips know no namespace packages."""
    libs, jobs = root / "libs" / "footfall", root / "jobs"
    contents = {p.relative_to(libs.parent).as_posix(): p.read_bytes() for p in libs.rglob("*") if _belongs(p)}
    contents |= {f"jobs/{p.name}": p.read_bytes() for p in jobs.glob("*.py")}
    packages = {name.rpartition("/")[0] for name in contents}
    return {f"{folder}/__init__.py": b"" for folder in packages} | contents


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in sorted(files.items()):
            package.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _belongs(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts
