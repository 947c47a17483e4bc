"""Train one run, epoch by epoch, so that it can stop at any moment and go on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tailor import names
from tailor.config import RunConfig
from tailor.data.load import DataSplits
from tailor.files import write_json
from tailor.search.trial import NO_TRIAL, RunningTrial
from tailor.training import machine
from tailor.training.fitting import Fitting
from tailor.training.records import CsvRecorder, Recorder
from tailor.training.result import RunResult

COMPLETE = "complete"
PRUNED = "pruned"


def run(
    config: RunConfig,
    splits: DataSplits,
    directory: Path,
    *,
    trial: RunningTrial = NO_TRIAL,
    recorders: Sequence[Recorder] = (),
) -> RunResult:
    """Train the network that `config` describes, or go on where an earlier call stopped.

    Args:
        config: a checked config.
        splits: what `tailor.data.load(config.data)` gave.
        directory: receives `metrics.csv`, `best.pt`, `last.pt` and `result.json`; each is whole
            after every epoch. A `last.pt` of the same config in it is continued.
        trial: the trial of a search; hears of every epoch and may end the run early.
        recorders: hear of the run besides `metrics.csv`.

    Raises:
        TrainingError: the loss is no longer finite, memory is short, or `directory` holds the
            run of another config.
    """
    hearers = [CsvRecorder(directory), *recorders]
    try:
        with machine.short_of_memory(config.training.batch_size):
            fitting = Fitting(config, splits, directory)
            history = fitting.history
            for recorder in hearers:
                recorder.started(
                    history, epochs=config.training.epochs, steps=fitting.steps_per_epoch
                )
            for row in history:  # the process may have died between keeping and reporting one
                fitting.report(row, trial)
            status = COMPLETE
            while not fitting.finished:
                if history and trial.should_prune():
                    status = PRUNED
                    break
                fitting.train_epoch(hearers)
                for recorder in hearers:
                    recorder.finished_epoch(history)
                fitting.report(history[-1], trial)
        result = fitting.result(status)
        write_json(directory / names.RESULT_FILE, result.as_dict())
        for recorder in hearers:
            recorder.finished(result)
        return result
    finally:
        for recorder in hearers:
            recorder.closed()
