"""The models. A model is one package here that exports MODEL, and one line in PACKAGES; read `common/declaration.py` first."""

import importlib

from footfall.models.common.declaration import Model

PACKAGES = (
    "segments",
    "churn",
    "sentiment_encoder",
    "sentiment",
    "intents",
    "aspects",
    "topics",
)
MODELS: dict[str, Model] = {name: importlib.import_module(f"footfall.models.{name}").MODEL for name in PACKAGES}
