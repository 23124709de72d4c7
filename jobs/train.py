"""Trains the models and registers each version in MLflow; whoever passes its gates serves. --model picks one."""

import sys

from footfall.models.common.declaration import Stage
from footfall.runtime.cli import Job, main
from footfall.runtime.training import train_arguments, train_step, trained_models
from footfall.steps.step import Step


def steps(job: Job) -> list[Step]:
    """One step a model that the shop has rows for, or that was named."""
    return [train_step(job, model) for model in trained_models(job, Stage.TRAIN)]


if __name__ == "__main__":
    sys.exit(main(__doc__, steps, command_line=train_arguments(__doc__, Stage.TRAIN)))
