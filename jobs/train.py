"""Trains the models and registers each version in MLflow; whoever passes its gates serves. --model picks one."""

import sys

from footfall.models import MODELS
from footfall.models.common.declaration import Stage
from footfall.runtime.cli import Job, main, parser
from footfall.runtime.training import train_step, trained_models
from footfall.steps.step import Step

NAMES = [model.name for model in MODELS.values() if model.stage is Stage.TRAIN]


def steps(job: Job) -> list[Step]:
    """One step a model that the shop has rows for, or that was named."""
    return [train_step(job, model) for model in trained_models(job, Stage.TRAIN)]


if __name__ == "__main__":
    arguments = parser(__doc__)
    arguments.add_argument("--model", action="append", choices=NAMES, help="only this one (may be given again)")
    sys.exit(main(__doc__, steps, command_line=arguments))
