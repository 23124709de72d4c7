"""The runner's tests have a table of their own, which the runner finds by name as it finds footfall's."""

from __future__ import annotations

import pytest

from footfall import tables
from runtime.numbers_shared import NUMBERS


@pytest.fixture(autouse=True)
def _known_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tables.BY_NAME, NUMBERS.full_name, NUMBERS)
