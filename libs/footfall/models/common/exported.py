"""Models as files: reads back what `Served.save` wrote. MLflow calls `_load_pyfunc`; footfall must be installed, Spark not used."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from footfall.errors import DataError
from footfall.models.aspects import model as aspects
from footfall.models.churn import training as churn
from footfall.models.common.trained import FILE, Fitted, Served
from footfall.models.intents import training as intents
from footfall.models.segments import training as segments
from footfall.models.sentiment import training as sentiment
from footfall.models.topics import training as topics

KINDS: Mapping[str, Callable[[Mapping[str, Any]], Fitted]] = {
    aspects.NAME: aspects.AspectModel.from_json,
    churn.NAME: churn.ChurnModel.from_json,
    intents.NAME: intents.IntentsModel.from_json,
    segments.NAME: segments.SegmentsModel.from_json,
    sentiment.NAME: sentiment.SentimentModel.from_json,
    topics.NAME: topics.TopicsModel.from_json,
}


def load(folder: Path) -> Fitted:
    """The model in a folder."""
    told = json.loads((folder / FILE).read_text(encoding="utf-8"))
    if told["kind"] not in KINDS:
        raise DataError(
            f"a model of kind '{told['kind']}' is unknown here (known: {', '.join(KINDS)}).",
            fix="Load it with the footfall that trained it.",
        )
    return KINDS[told["kind"]](told)


def _load_pyfunc(path: str) -> Served:
    """What MLflow asks of a loader."""
    return Served(load(Path(path)))
