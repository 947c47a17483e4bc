"""Copying a trial's results to `hydra.sweeper.results_url`, in the process that ran the job."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from hydra.types import HydraContext
from omegaconf import DictConfig

from hydra_tailor import names
from hydra_tailor.errors import TailorError, TrialInterrupted, is_interrupt
from hydra_tailor.internals.hydra import Callbacks, raw_return_value
from hydra_tailor.jobs import remote
from hydra_tailor.trial import current_trial

log = logging.getLogger(__name__)


class UploadWhenJobEnds(Callback):
    """Uploads a job's run directory from the host that ran the job.

    The sweep's process may be on another host, without a shared disk. A failed upload does not
    fail the trial: the error is stored with it and logged.
    """

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        result = raw_return_value(job_return)
        if isinstance(result, TrialInterrupted) or is_interrupt(result):
            return  # the trial continues later, perhaps on another host
        hydra, trial = config.hydra, current_trial()
        sweeper = hydra.sweeper
        url = remote.url_of_trial(sweeper.results_url, str(sweeper.study_name), hydra.job.num)
        try:
            remote.upload(
                Path(hydra.runtime.output_dir), url, exclude=list(sweeper.results_exclude)
            )
        except TailorError as error:
            log.warning("%s", error)
            trial.set_user_attr(names.UPLOAD_ERROR, str(error))
            trial.set_user_attr(names.RESULTS_URL, None)  # an earlier copy is out of date
        else:
            trial.set_user_attr(names.RESULTS_URL, url)


def with_upload(context: HydraContext) -> HydraContext:
    """Return a context whose jobs, on any launcher, upload their results."""
    callbacks = Callbacks()
    callbacks.callbacks = [*context.callbacks.callbacks, UploadWhenJobEnds()]
    return dataclasses.replace(context, callbacks=callbacks)
