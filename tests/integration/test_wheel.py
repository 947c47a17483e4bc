"""The published package in an empty environment: alone, small, enough for any program."""

import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

FOREIGN = ("torch", "torchvision", "sklearn", "plotly", "matplotlib", "tailor", "analysis")
TOY = ROOT / "tests" / "apps"
LIMIT_SECONDS = 120
SEED = "hydra.sweeper.seed_key=y"  # the toy has no seed of its own


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(directory), ROOT / "src"]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel and what it requires."""
    environment = tmp_path_factory.mktemp("empty") / "env"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    interpreter = environment / "bin" / "python"
    install = ["-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel]
    subprocess.run([interpreter, *install], check=True, capture_output=True, text=True)
    return interpreter


@pytest.fixture
def run(python: Path, tmp_path: Path) -> Callable[..., str]:
    def call(*words: str | Path, code: int = 0) -> str:
        ended = subprocess.run(
            [python, *words],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout + (ended.stderr if code else "")

    return call


def test_it_holds_one_package(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {"hydra_tailor"}
    assert "hydra_tailor/py.typed" in zipfile.ZipFile(wheel).namelist()


def test_little_comes_with_it(python: Path, run: Callable[..., str]) -> None:
    listed = run("-m", "pip", "list", "--format=freeze").split()
    packages = {line.partition("==")[0] for line in listed} - {"pip", "setuptools", "hydra-tailor"}
    assert len(packages) <= 22
    site = next(python.parents[1].glob("lib/python*/site-packages"))
    sizes = [file.stat().st_size for file in site.rglob("*") if file.is_file()]
    assert sum(sizes) <= 165 * 2**20  # pip included


def test_what_an_extra_brings_is_named(run: Callable[..., str], tmp_path: Path) -> None:
    shutil.copytree(TOY, tmp_path / "apps")
    words = ["apps/toy.py", "-m", "x=interval(-1,1)", "hydra.sweep.dir=sweep"]
    refused = run(*words, "hydra/sweeper/sampler=curves", code=1)
    assert "CurveSampler needs scipy. Type: pip install scipy" in refused
    assert "Traceback" not in refused
    refused = run(*words, "hydra/sweeper/sampler=gp", code=1)
    assert "GPSampler needs torch, scipy. Type: pip install torch scipy" in refused
    many = run(
        *words, "hydra.sweeper.confirm=2", "hydra.sweeper.confirm_seeds=3", SEED, "y=0", code=1
    )
    assert "must be below 3 without SciPy" in many
    few = ["hydra.sweeper.confirm=1", "hydra.sweeper.n_trials=2", SEED, "y=0"]
    assert "2 runs with other seeds" in run(*words, *few)


def test_the_program_of_the_docs_runs_as_written(run: Callable[..., str], tmp_path: Path) -> None:
    page = (ROOT / "docs" / "sweeper.md").read_text()
    for file, language in (("config.yaml", "yaml"), ("program.py", "python")):
        block = re.search(rf"```{language}\n(# {file}\n.*?)```", page, re.DOTALL)
        assert block is not None, file
        (tmp_path / file).write_text(block[1])
    assert "50 done" not in run("program.py", "-m", "hydra.sweeper.n_trials=9")
    again = run("program.py", "-m", "hydra.sweeper.n_trials=12")
    assert "continuing with 9 finished trials of 12" in again
    study = _study(tmp_path / "multirun" / "mine" / "study.db", "mine")
    assert [trial.state.is_finished() for trial in study.trials] == [True] * 12
    assert any(trial.state is TrialState.PRUNED for trial in study.trials)


def test_a_foreign_program_is_killed_and_continued(
    python: Path, run: Callable[..., str], tmp_path: Path
) -> None:
    shutil.copytree(TOY, tmp_path / "apps")
    words = ["apps/toy.py", "-m", "x=interval(-1,1)", "epochs=4", "pause=[0.3]"]
    words += ["hydra.sweep.dir=sweep", "hydra.sweeper.n_trials=4", "hydra.launcher.workers=2"]
    killed = subprocess.Popen(
        [python, *words],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (tmp_path / "sweep" / "0" / "state.json").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert "4 complete of 4" in run(*words)
    trials = _study(tmp_path / "sweep" / "study.db", "toy").trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 4
    assert "goes on after epoch" in (tmp_path / "sweep" / "0" / "output.log").read_text()


def test_a_sweep_imports_nothing_of_the_application(
    run: Callable[..., str], tmp_path: Path
) -> None:
    shutil.copytree(TOY, tmp_path / "apps")
    program = (
        "import runpy, sys; sys.argv = ['apps/toy.py', '-m', 'x=interval(-1,1)', "
        "'hydra/launcher=basic', 'hydra.sweep.dir=sweep', 'hydra.sweeper.n_trials=2']; "
        "sys.path.insert(0, 'apps'); runpy.run_path('apps/toy.py', run_name='__main__'); "
        f"print('imported', sorted(set({FOREIGN!r}) & set(sys.modules)))"
    )
    assert "imported []" in run("-c", program)


def _study(path: Path, name: str) -> optuna.Study:
    return optuna.load_study(study_name=name, storage=f"sqlite:///{path}")
