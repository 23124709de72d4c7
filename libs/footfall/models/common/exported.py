"""Fitted models read back from their files. MLflow calls `_load_pyfunc`. Spark is not used; footfall's code travels with each version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from footfall.errors import DataError
from footfall.models.common.declaration import imported
from footfall.models.common.trained import FILE, Fitted, Served


def load(folder: Path) -> Fitted:
    """The model in a folder."""
    from footfall.models import MODELS  # each imports this package

    fields = json.loads((folder / FILE).read_text(encoding="utf-8"))
    if fields["kind"] not in MODELS:
        raise DataError(
            f"a model of kind '{fields['kind']}' is unknown here (known: {', '.join(MODELS)}).",
            fix="Load it with the footfall that trained it.",
        )
    return cast("Fitted", imported(MODELS[fields["kind"]].fitted).from_json(fields))


def _load_pyfunc(path: str) -> Served:
    """What MLflow asks of a loader."""
    return Served(load(Path(path)))
