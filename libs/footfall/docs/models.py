"""docs/model_reference.md: what each model predicts, for whom, from what, and what it must beat, from the declarations. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from footfall.models.common.card import declared
from footfall.models.common.declaration import Model

HEAD = """# The models as declared

From `MODEL` in each package below `libs/footfall/models/`. The card of a version, with its figures and gates, is
beside it in MLflow as `card.md`. [models.md](models.md) shows examples of output and explains what all models share.
"""


def models_page(models: Iterable[Model]) -> str:
    """The whole page: one section a model, in the order in which they are trained."""
    return "\n".join([HEAD, *(f"## {model.name}\n\n{declared(model)}\n" for model in models)])
