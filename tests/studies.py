"""A small finished study, created like in a search: ask, compose, train, tell.

Eight trials on the embedded digits with tiny networks: six complete, one pruned, one failed.
"""

from __future__ import annotations

from pathlib import Path

import optuna
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf, open_dict
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from hydra_tailor import NO_TRIAL, RunningTrial
from hydra_tailor import names as sweep_names
from tailor import config as schema
from tailor import names
from tailor.data import load
from tailor.training import fit

CONF = Path(__file__).resolve().parents[1] / "conf"
SPACE = {
    "training.epochs": CategoricalDistribution((2, 4)),
    "optimizer.lr": FloatDistribution(0.01, 0.5, log=True),
    "model.num_layers": IntDistribution(1, 3),
    "model.neurons": CategoricalDistribution((4, 8)),
}
POINTS = (  # epochs, lr, num_layers, neurons
    (2, 0.05, 1, 4),
    (4, 0.2, 2, 8),
    (2, 0.2, 2, 8),
    (4, 0.02, 3, 4),
    (4, 0.3, 1, 8),
    (2, 0.1, 3, 8),
    (4, 0.01, 1, 4),  # pruned
    (4, 0.4, 2, 4),  # failed
)
PRUNED, FAILED = 6, 7


class Reporting(RunningTrial):
    def __init__(self, trial, *, prune):
        self.number = trial.number
        self._trial, self._prune = trial, prune

    def report(self, value, epoch):
        self._trial.report(value, epoch)

    def should_prune(self):
        return self._prune


def make_study(
    root: Path,
    *,
    name: str = "digits-cnn",
    points=POINTS,
    objectives=("val_accuracy",),
    overrides=(),
) -> str:
    """Create the study below `root`, the working directory of a search; return its storage URL.

    The trials do not record their directories, so the study can be copied. `overrides` are fixed
    settings that differ from the defaults.
    """
    schema.register()
    multirun = root / "multirun"
    multirun.mkdir(parents=True, exist_ok=True)
    storage = f"sqlite:///{multirun}/tailor.db"
    study = optuna.create_study(
        study_name=name,
        storage=storage,
        directions=[names.DIRECTIONS[objective] for objective in objectives],
    )
    for point in points:
        params = dict(zip(SPACE, point, strict=True))
        study.enqueue_trial(params)
        trial = study.ask(SPACE)
        directory = multirun / name / str(trial.number)
        config = composed(name, params, objectives, overrides)
        (directory / names.HYDRA_DIR).mkdir(parents=True)
        OmegaConf.save(config, directory / names.HYDRA_DIR / names.CONFIG_FILE)
        if point == POINTS[FAILED]:
            trial.set_user_attr(sweep_names.FAIL_REASON, "training diverged in epoch 1")
            study.tell(trial, state=TrialState.FAIL)
            continue
        checked = schema.run_config(config)
        prune = point == POINTS[PRUNED]
        result = fit(
            checked,
            load(checked.data),
            directory,
            trial=Reporting(trial, prune=prune) if len(objectives) == 1 else NO_TRIAL,
        )
        for key in names.RESULT_ATTRIBUTES:
            trial.set_user_attr(key, getattr(result, key))
        if prune:
            study.tell(trial, state=TrialState.PRUNED)
        else:
            study.tell(trial, [result.value_of(objective) for objective in objectives])
    return storage


def composed(name: str, params: dict, objectives=("val_accuracy",), fixed=()):
    overrides = [*fixed, *(f"{key}={value}" for key, value in params.items())]
    objective = objectives[0] if len(objectives) == 1 else f"[{','.join(objectives)}]"
    with initialize_config_dir(config_dir=str(CONF)):
        config = compose(
            "train",
            overrides=[
                "data=digits",
                "training.batch_size=64",
                "training.threads=1",
                f"study={name}",
                f"objective={objective}",
                *overrides,
            ],
        )
    with open_dict(config):
        config.pop("hydra", None)
    return config
