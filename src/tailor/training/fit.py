"""Train one run epoch by epoch; a run that was stopped continues after its last epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hydra_tailor.disk import cannot_be_written, is_full
from hydra_tailor.errors import DiskFull
from hydra_tailor.files import write_json
from hydra_tailor.trial import NO_TRIAL, RunningTrial
from tailor import names
from tailor.config import RunConfig
from tailor.data.load import DataSplits
from tailor.errors import TrainingError
from tailor.training import machine
from tailor.training.recorders.base import Recorder
from tailor.training.recorders.csv_file import CsvRecorder
from tailor.training.result import RunResult
from tailor.training.run_state import RunState

COMPLETE = "complete"
PRUNED = "pruned"


def fit(
    config: RunConfig,
    splits: DataSplits,
    directory: Path,
    *,
    trial: RunningTrial = NO_TRIAL,
    recorders: Sequence[Recorder] = (),
) -> RunResult:
    """Train the network that `config` describes, or continue where an earlier call stopped.

    Args:
        config: a checked config.
        splits: from `tailor.data.load(config.data)`.
        directory: receives `metrics.csv`, `best.pt`, `last.pt` and `result.json`; each is
            complete after every epoch. A `last.pt` of the same config in it is continued.
        trial: the trial of a search; receives a report after every epoch and may prune the run.
        recorders: receive the run's events, besides `metrics.csv`.

    Raises:
        TrainingError: the loss is no longer finite, memory is short, a file cannot be written, or
            `directory` holds the run of another config.
        DiskFull: no space is left for the files.
    """
    all_recorders = [CsvRecorder(directory), *recorders]
    try:
        with machine.short_of_memory(config.training.batch_size), _writing_into(directory):
            state = RunState(config, splits, directory)
            history = state.history
            for recorder in all_recorders:
                recorder.started(
                    history, epochs=config.training.epochs, steps=state.steps_per_epoch
                )
            for row in history:  # the process may have died before it reported the last one
                state.report(row, trial)
            status = COMPLETE
            while not state.finished:
                if history and trial.should_prune():
                    status = PRUNED
                    break
                state.train_epoch(all_recorders)
                for recorder in all_recorders:
                    recorder.finished_epoch(history)
                state.report(history[-1], trial)
        result = state.result(status)
        with _writing_into(directory):
            write_json(directory / names.RESULT_FILE, result.as_dict())
        for recorder in all_recorders:
            recorder.finished(result)
        return result
    finally:
        for recorder in all_recorders:
            recorder.closed()


@contextmanager
def _writing_into(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        named = Path(str(error.filename)) if error.filename else directory
        elsewhere = not named.absolute().is_relative_to(directory.absolute())
        if elsewhere and not is_full(error):  # such as a file that the user's own model reads
            raise
        kind = DiskFull if is_full(error) else TrainingError
        raise kind(cannot_be_written(error, directory.absolute())) from error
