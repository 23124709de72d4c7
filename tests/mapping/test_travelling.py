"""A mapping that travels to a cluster within the resolved settings is read there as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from footfall.mapping.source import Source, read_source
from footfall.settings import read_resolved, resolve, write
from footfall.settings.placeholders import filled_in

ROOT = Path(__file__).resolve().parents[2]
MAPPINGS = [*sorted((ROOT / "conf/sources").glob("*.yaml")), *sorted((ROOT / "tests/exports").glob("*/mapping.yaml"))]


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_mapping_is_the_same_after_it_was_written_out_in_full(path: Path) -> None:
    source = read_source(path)
    assert Source.model_validate(json.loads(json.dumps(source.model_dump(mode="json", exclude_unset=True)))) == source


def test_settings_that_were_written_out_are_read_as_they_were(tmp_path: Path) -> None:
    out = tmp_path / "settings.yaml"
    write(["--conf", str(ROOT / "conf"), "--out", str(out)])
    assert read_resolved(out) == filled_in(resolve(ROOT / "conf", "local", {}))
