"""Programs as people write them: what their jobs and configs do must not reach the sweep."""

import re
from collections.abc import Callable
from typing import Any

import optuna
import pytest
from optuna.trial import Trial

from tests.conftest import ROOT

from .conftest import Toy, X, states

TUTORIAL = ROOT / "tests" / "apps" / "tutorial.py"
JOBLIB = "hydra.launcher.backend"
LAUNCHERS = {
    "basic": [],
    "local": [],
    "joblib": [],
    "submitit_local": ["hydra.launcher.submitit_folder=${hydra.sweep.dir}/.submitit"],
}
Sweep = Callable[..., optuna.Study]


def run(toy: Toy, what: str, launcher: str, *more: str) -> list[list[str]]:
    """Sweep the program; return what each of its four jobs saw of its overrides."""
    ended = toy.run(
        "hydra/sweeper=tailor",
        f"hydra/launcher={launcher}",
        f"what='{what}'",
        "x=interval(0,1)",
        "kind=choice(small,large)",
        "word=choice(cnn,'1','a,b')",
        f"hydra.sweep.dir={toy.sweep_dir}",
        "hydra.sweeper.n_trials=4",
        "hydra.sweeper.n_jobs=2",
        *more,
        program=TUTORIAL,
    )
    assert "4 complete of 4" in ended.output
    assert "best trials of tutorial" in ended.output
    files = [toy.sweep_dir / str(number) / "overrides.txt" for number in range(4)]
    return [file.read_text().splitlines() for file in files]


@pytest.mark.parametrize("launcher", ["basic", "local"])
@pytest.mark.parametrize("what", ["fork", "start method", "save", "type", "tee", "close", "lock"])
def test_what_a_job_does_stays_in_the_job(toy: Toy, what: str, launcher: str) -> None:
    run(toy, what, launcher)


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_a_structured_config_of_the_program_itself(toy: Toy, launcher: str) -> None:
    run(toy, "nothing", launcher, *LAUNCHERS[launcher])


@pytest.mark.slow
@pytest.mark.parametrize("attempt", range(3))
def test_jobs_in_forked_processes_end(toy: Toy, attempt: int) -> None:
    """joblib ends its forked workers by SIGTERM, and they must die of it."""
    toy.run("hydra/launcher=joblib", f"{JOBLIB}=multiprocessing", X, "hydra.sweeper.n_trials=4")
    toy.assert_whole(4)


def test_a_job_sees_its_overrides_as_a_person_types_them(toy: Toy) -> None:
    for lines in run(toy, "nothing", "local"):
        word = next(line for line in lines if line.startswith("word="))
        assert word in ("word=cnn", "word='1'", "word='a,b'")
        assert any(re.fullmatch("kind=(small|large)", line) for line in lines)


def custom(config: Any, trial: Trial) -> None:
    # What the stock sweeper gives such a function: the fixed parameters, as text.
    trial.suggest_float("x", 0, float(trial.user_attrs["y"]))


def test_a_custom_search_space_sees_what_is_fixed(sweep: Sweep) -> None:
    study = sweep(
        lambda config: float(config.x),
        "y=0.25",
        f"hydra.sweeper.custom_search_space={__name__}.custom",
        "hydra.sweeper.n_trials=3",
    )
    assert states(study) == "CCC"
    assert all(trial.params["x"] <= 0.25 for trial in study.trials)


def test_advice_names_the_programs_own_keys(toy: Toy) -> None:
    words = [
        "hydra/sweeper=tailor",
        f"hydra.sweep.dir={toy.sweep_dir}",
        "hydra.sweeper.n_trials=1",
    ]
    toy.run(*words, "x=interval(0,1)", program=TUTORIAL)
    refused = toy.run(*words, "x=interval(0,2)", program=TUTORIAL, code=1).output
    assert "add hydra.sweeper.study_name=NEW_NAME" in refused
