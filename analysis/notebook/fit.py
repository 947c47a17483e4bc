"""`tailor.fit`: train one run, like `python src/train.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from analysis.notebook import html
from analysis.notebook.session import CONFIG, Interrupted, listed, session
from analysis.read.run_files import read_history, read_result
from tailor import command_line
from tailor.dashboard.pictures import curves
from tailor.errors import ConfigError, TailorError
from tailor.program import how_to_continue, train
from tailor.training.result import Row


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        directory: with its config, `metrics.csv`, `best.pt` and `result.json`.
        result: content of `result.json` (`tailor.training.RunResult`); accuracies are fractions.
        history: one row per epoch, by the columns of `metrics.csv`.
    """

    directory: Path
    result: dict[str, Any]
    history: tuple[Row, ...]

    def __repr__(self) -> str:
        return f"Run({', '.join(f'{name} {value}' for name, value in self._facts())})"

    def _repr_html_(self) -> str:
        picture = html.picture(curves(self.history, best_epoch=self.result["best_epoch"]))
        return html.table([], self._facts()) + picture

    def _facts(self) -> list[tuple[str, str]]:
        result, test = self.result, self.result["test"]
        return [
            ("test accuracy", f"{test['accuracy']:.2%}"),
            ("validation accuracy", f"{result['val_accuracy']:.2%}"),
            ("best epoch", f"{result['best_epoch']} of {result['epochs_run']}"),
            ("parameters", f"{result['parameters']:,}"),
            ("seconds", f"{result['seconds']:.1f}"),
            ("files", str(self.directory)),
        ]


def fit(overrides: Sequence[str] | str = ()) -> Run:
    """Train one run, read the test split once, and return the run.

    Args:
        overrides: as on the command line, for example `["data=digits", "training.epochs=3"]`.
            `hydra.run.dir=DIRECTORY` sets the run's directory; a run of the same config is
            continued.

    Raises:
        TailorError: a key or a value is wrong, or the run cannot continue.
        KeyboardInterrupt: the cell was interrupted.
    """
    directory: list[Path] = []
    errors: list[TailorError] = []

    def task(config: DictConfig) -> None:
        directory.append(Path(HydraConfig.get().runtime.output_dir))
        try:
            train(config)
        except TailorError as error:  # Hydra would print an extra line before it
            errors.append(error)

    given = command_line.checked(listed(overrides))
    if searched := [word for word in given if command_line.is_searched(word)]:
        raise ConfigError(
            f"{searched[0]} has several values, which a search tries: tailor.sweep([...])."
        )
    try:
        with session() as hydra:
            hydra.run(CONFIG, task, given, with_log_configuration=False)
    except KeyboardInterrupt as error:
        kept = how_to_continue(directory[0]) if directory else "interrupted: nothing is kept."
        raise Interrupted(kept) from error
    if errors:
        raise errors[0]
    result = read_result(directory[0])
    return Run(directory[0], result, tuple(read_history(directory[0])))
