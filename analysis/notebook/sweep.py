"""`tailor.sweep`: run a search, like `python src/train.py -m`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from optuna.trial import FrozenTrial

from analysis.notebook import html
from analysis.notebook.session import CONFIG, Interrupted, listed, session
from hydra_tailor.space.grammar import encode_bare
from hydra_tailor.study.ranking import best_of, complete, ranked
from hydra_tailor.study.stored import open_study
from hydra_tailor.view.wording import short, short_names
from tailor import command_line
from tailor.config import objectives_of
from tailor.program import train

MAX_ROWS = 10


@dataclass(frozen=True)
class Search:
    """A study in its storage; every access reads it again.

    Attributes:
        study: name of the study.
        storage: URL of its storage.
        objectives: names of the objectives that rank the trials.
    """

    study: str
    storage: str
    objectives: tuple[str, ...]

    @property
    def optuna(self) -> optuna.Study:
        """The study itself, for Optuna's own functions."""
        return open_study(self.storage, self.study)

    @property
    def best(self) -> FrozenTrial:
        """The best complete trial: its `number`, `value` and `params`.

        Raises:
            StudyError: no trial is complete.
        """
        return best_of(self.optuna)

    def __repr__(self) -> str:
        trials = self.optuna.get_trials(deepcopy=False)
        return f"Search({self.study}: {len(complete(trials))} of {len(trials)} trials complete)"

    def _repr_html_(self) -> str:
        study = self.optuna
        trials = ranked(study, study.get_trials(deepcopy=False))[:MAX_ROWS]
        keys = list(dict.fromkeys(name for trial in trials for name in trial.params))
        rows = [
            [
                str(trial.number),
                *(f"{value:.5g}" for value in trial.values),
                *(short(trial.params.get(key, "")) for key in keys),
            ]
            for trial in trials
        ]
        header = ["trial", *(name.replace("_", " ") for name in self.objectives)]
        header += [name.replace("_", " ") for name in short_names(keys)]
        return f"<p>{html.escape(repr(self))}</p>{html.table(header, rows)}"


def sweep(overrides: Sequence[str] | str = (), *, study: str | None = None) -> Search:
    """Search until the budget is spent. The same call again continues where it stopped.

    Args:
        overrides: as on the command line, for example `["search=quick", "data=digits"]`.
        study: the study's name; None uses the name in the config.

    Raises:
        TailorError: a key or a value is wrong, or too many trials failed.
        KeyboardInterrupt: the cell was interrupted; the trials continue with the next call.
    """
    given = [
        *command_line.checked(["-m", *listed(overrides)])[1:],
        *([f"study={encode_bare(study)}"] if study is not None else []),
    ]
    with session() as hydra:
        search = _search(hydra, given)
        given.append(f'hydra.sweeper.next_commands=["tailor.analyze({search.study!r})"]')
        try:
            hydra.multirun(CONFIG, train, given, with_log_configuration=False)
        except (SystemExit, KeyboardInterrupt) as error:
            raise Interrupted(
                f"interrupted: study {search.study} is kept. To continue, run the same cell again."
            ) from error
    return search


def _search(hydra: Any, overrides: list[str]) -> Search:
    """The study of a search with these overrides."""
    config = hydra.compose_config(CONFIG, overrides, RunMode.MULTIRUN, False)
    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(config)
    try:
        settings = config.hydra.sweeper
        return Search(
            str(settings.study_name), str(settings.storage), objectives_of(config.objective)
        )
    finally:
        HydraConfig.instance().cfg = before
