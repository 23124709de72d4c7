"""Fine-tunes the text encoder where fine_tune.enabled. On clusters an application of its own: only it holds GPUs for training."""

import sys

from footfall.models.common.declaration import Stage
from footfall.runtime.cli import Job, main
from footfall.runtime.training import train_arguments, train_step, trained_models
from footfall.steps.step import Step


def steps(job: Job) -> list[Step]:
    """One step a model that is trained here; none unless the settings say so."""
    return [train_step(job, model) for model in trained_models(job, Stage.FINE_TUNE)]


if __name__ == "__main__":
    sys.exit(main(__doc__, steps, command_line=train_arguments(__doc__, Stage.FINE_TUNE)))
