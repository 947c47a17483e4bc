"""Runs of different length: a longer one continues a shorter one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from optuna.trial import FrozenTrial

from hydra_tailor import current_trial, names
from hydra_tailor.policy.pausing import epochs_reported

from .conftest import Sweep, Toy, processes_of

GRID = "hydra/sweeper/sampler=grid"
LENGTH = "hydra.sweeper.length_parameter=epochs"
BRIEF = [
    "epochs=choice(10,20,50)",
    "x=choice(0.1,0.25,0.3)",
    "y=choice(2,3,5)",
    "shape.height=choice(10,20,30)",
    GRID,
    "hydra.sweeper.n_trials=81",
]


def training(trained: list[int]) -> Callable[[DictConfig], float]:
    """A job that keeps a checkpoint in its directory, and appends each epoch that it trains."""

    def job(config: DictConfig) -> float:
        trial = current_trial()
        trial.expect(config.epochs)
        file = Path(HydraConfig.get().runtime.output_dir, "last.json")
        losses: list[float] = json.loads(file.read_text()) if file.exists() else []
        for epoch in range(len(losses) + 1, config.epochs + 1):
            trained.append(epoch)
            losses.append(config.x * config.y + config.shape.height / epoch)
            file.write_text(json.dumps(losses))
            trial.report(sum(losses), epoch)
        return sum(losses)

    return job


def expected(trial: FrozenTrial, epochs: int) -> float:
    known = trial.params
    height = known.get("shape.height", 1.0)
    return sum(known["x"] * known.get("y", 0.0) + height / e for e in range(1, epochs + 1))


@pytest.mark.slow
def test_the_grid_of_the_brief_trains_1350_epochs_for_2160(sweep: Sweep) -> None:
    trained: list[int] = []
    study = sweep(training(trained), *BRIEF, LENGTH)
    assert len(trained) == 27 * 50 == 1350
    assert epochs_reported(study.trials) == 1350
    assert len(study.trials) == 81
    for trial in study.trials:
        reports = trial.intermediate_values
        assert list(reports) == list(range(1, trial.params["epochs"] + 1))
        assert trial.value == pytest.approx(expected(trial, trial.params["epochs"]))
        for epoch, value in reports.items():
            assert value == pytest.approx(expected(trial, epoch))


def test_without_the_key_every_run_begins_at_its_start(sweep: Sweep) -> None:
    trained: list[int] = []
    study = sweep(training(trained), "x=0.1", "epochs=choice(2,4)", GRID)
    assert len(trained) == 2 + 4
    assert all(names.EXTENDS not in trial.user_attrs for trial in study.trials)


@pytest.mark.parametrize("plus", ["", "++"])
def test_a_sampler_that_draws_a_longer_run_by_chance(sweep: Sweep, plus: str) -> None:
    trained: list[int] = []
    shorter, longer = "{x: 0.1, epochs: 2}", "{x: 0.1, epochs: 5}"
    enqueued = f"hydra.sweeper.enqueue=[{shorter},{longer},{{x: 0.3, epochs: 5}}]"
    space = ["x=choice(0.1,0.3)", f"{plus}epochs=choice(2,5)", "hydra.sweeper.n_trials=3"]
    study = sweep(training(trained), *space, enqueued, LENGTH)
    assert len(trained) == 5 + 5
    assert [trial.user_attrs.get(names.EXTENDS) for trial in study.trials] == [None, 0, None]


def test_a_trial_whose_files_are_gone_is_not_extended(sweep: Sweep, tmp_path: Path) -> None:
    trained: list[int] = []
    job = training(trained)
    space = ["x=0.1", "epochs=choice(2,4)", GRID, LENGTH]
    sweep(job, *space, "hydra.sweeper.n_trials=1")
    (tmp_path / "sweep" / "0" / "last.json").unlink()
    (tmp_path / "sweep" / "0").rename(tmp_path / "elsewhere")
    study = sweep(job, *space, "hydra.sweeper.n_trials=2")
    assert len(trained) == 2 + 4
    assert names.EXTENDS not in study.trials[1].user_attrs


@pytest.mark.slow
def test_kill_9_while_a_longer_run_goes_on(toy: Toy) -> None:
    space = ["x=choice(0.1,0.2)", "epochs=choice(3,12)", "shape.height=1", GRID]
    command = [*space, LENGTH, "pause=[0.1]"]
    process = toy.start(*command)
    toy.wait_for(
        lambda: (toy.sweep_dir / "2" / "state.json").exists() or process.poll() is not None
    )
    workers = processes_of(process)
    process.kill()
    toy.end(process, code=None)
    psutil.wait_procs(workers, timeout=10)
    toy.run(*command)
    toy.assert_whole(4)
    for trial in toy.trials:
        epochs = trial.params["epochs"]
        bowl = (trial.params["x"] - 0.3) ** 2 + 0.1**2
        heights = sum(1 / epoch for epoch in range(1, epochs + 1))
        assert trial.value == pytest.approx(bowl + heights / epochs)
        assert list(trial.intermediate_values) == list(range(1, epochs + 1))
    longer = [trial for trial in toy.trials if trial.params["epochs"] == 12]
    assert any(names.EXTENDS in trial.user_attrs for trial in longer)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["any", "epoks"])
def test_a_length_that_is_no_number(toy: Toy, name: str) -> None:
    ended = toy.run("x=choice(1,2)", f"hydra.sweeper.length_parameter={name}", code=1)
    assert f"must be the key of a number, got {name!r}" in ended.output
    assert "Traceback" not in ended.output
