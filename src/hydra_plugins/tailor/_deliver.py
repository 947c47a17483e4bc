"""Bringing a trial's results to `hydra.sweeper.artifacts_url`, in the process that has them."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

from hydra._internal.callbacks import Callbacks
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from hydra.types import HydraContext
from omegaconf import DictConfig

from tailor import names
from tailor.errors import TailorError
from tailor.search import remote
from tailor.search.trial import TrialInterrupted, current_trial

log = logging.getLogger(__name__)


class Deliver(Callback):
    """Uploads a job's run directory when the job has ended, on whichever host that is.

    The sweeping process may be on another host, without a disk in common. A trial that could not
    be delivered is as good as any other: what was wrong is kept with it and said.
    """

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        if isinstance(job_return._return_value, (TrialInterrupted, KeyboardInterrupt)):
            return  # it goes on later, perhaps elsewhere
        hydra, trial = config.hydra, current_trial()
        url, study = hydra.sweeper.artifacts_url, str(hydra.sweeper.study_name)
        place = remote.place_of(url, study, hydra.job.num)
        try:
            remote.upload(Path(hydra.runtime.output_dir), place)
        except TailorError as error:
            log.warning("%s", error)
            trial.set_user_attr(names.ARTIFACTS_ERROR, str(error))
        else:
            trial.set_user_attr(names.ARTIFACTS_PLACE, place)


def delivering(context: HydraContext) -> HydraContext:
    """Return a context whose jobs, on any launcher, deliver their results."""
    callbacks = Callbacks()
    callbacks.callbacks = [*context.callbacks.callbacks, Deliver()]
    return dataclasses.replace(context, callbacks=callbacks)
