"""A job of `src/train.py`: load the data, train, and, outside a search, read the test split."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import optuna

from hydra_tailor import names as sweep_names
from hydra_tailor.files import from_here, write_json
from hydra_tailor.terminal import in_notebook, plain_console
from hydra_tailor.trial import current_trial
from tailor import names
from tailor.config import RunConfig
from tailor.config.next_command import override
from tailor.data import DataSplits, load, load_test
from tailor.data.batches import Normalise
from tailor.errors import DataError, ModelError
from tailor.models import build_model
from tailor.models.summary import summarise
from tailor.models.table import print_summary
from tailor.training import machine
from tailor.training.checkpoint import restore
from tailor.training.evaluate import evaluate
from tailor.training.fit import PRUNED, fit
from tailor.training.recorders import build_recorders
from tailor.training.recorders.console import ConsoleRecorder
from tailor.training.recorders.notebook import NotebookRecorder
from tailor.training.result import RunResult


def run_job(
    config: RunConfig,
    *,
    directory: Path,
    searching: bool,
    recorders: Mapping[str, Any] | None = None,
) -> float | list[float]:
    """Train one run and return its objective, or a list of several objectives.

    Only a single run reads the test split, once, after its last epoch; a search ranks its trials
    on validation.

    Args:
        config: a checked config.
        directory: of the run.
        searching: whether the run is a trial of a search.
        recorders: the chosen option of the config group `recorders`.
    """
    all_recorders = [
        NotebookRecorder() if in_notebook() else ConsoleRecorder(),
        *build_recorders(recorders, directory=directory, config=config),
    ]
    splits = load(config.data)
    enough_memory = partial(machine.short_of_memory, config.training.batch_size)
    if not searching:
        with enough_memory():
            _show_model(config, splits)
    trial = current_trial()
    trial.expect(config.training.epochs)
    result = fit(config, splits, directory, trial=trial, recorders=all_recorders)
    for name in names.RESULT_ATTRIBUTES:
        trial.set_user_attr(name, getattr(result, name))
    trial.set_user_attr(sweep_names.COMMIT, result.machine["commit"])
    trial.set_user_attr(sweep_names.HOST, result.machine["host"])
    if result.status == PRUNED:
        raise optuna.TrialPruned
    if not searching:
        with enough_memory():
            _test(config, result, directory)
    values = [result.value_of(name) for name in config.objectives]
    return values if len(values) > 1 else values[0]


def _show_model(config: RunConfig, splits: DataSplits) -> None:
    shape, classes = splits.train.shape, splits.train.classes
    model = build_model(config.model, in_shape=shape, num_classes=len(classes), seed=config.seed)
    console = plain_console(soft_wrap=True)
    try:
        print_summary(summarise(model, shape), console)
    except ModelError as error:  # it can be trained without a summary
        console.print(f"no summary of the model: {error}")


def _test(config: RunConfig, result: RunResult, directory: Path) -> None:
    splits = load(config.data)
    device = machine.pick_device(config.training.device)
    model = restore(directory, config, splits).to(device)
    normalise = Normalise(splits.mean, splits.std, device=device)
    try:
        images = load_test(config.data)
    except DataError as error:
        again = override("hydra.run.dir", str(from_here(directory)))
        raise DataError(
            f"{error} The training is kept: once the test images can be read, the same command "
            f"with {again} evaluates it."
        ) from error
    test = evaluate(model, images, normalise, device)
    result.test = {"accuracy": test.accuracy, "loss": test.loss}
    write_json(directory / names.RESULT_FILE, result.as_dict())
    print(
        f"test accuracy {test.accuracy:.2%}, loss {test.loss:.4f} (best epoch's weights, test "
        f"split read once)\n{directory}"
    )
