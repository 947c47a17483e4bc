import sys
from pathlib import Path

import pytest

from hydra_tailor.sweep.command import single_run


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param(["src/train.py", "-m"], ["python", "src/train.py"], id="relative"),
        pytest.param(["/opt/train.py", "-m", "a=1,2"], ["python", "/opt/train.py"], id="absolute"),
        pytest.param(
            ["p.py", "-m", "--config-dir", "mine", "-cn", "other", "a=1"],
            ["python", "p.py", "--config-name", "other", "--config-dir", "mine"],
            id="with the config's place",
        ),
    ],
)
def test_the_program_is_called_as_it_was(
    place: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str], expected: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", typed)
    assert single_run(["a=1"], []) == [*expected, "a=1"]


def test_a_module_is_called_as_a_module(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Spec:
        name = "package.__main__"

    monkeypatch.setattr(sys.modules["__main__"], "__spec__", Spec)
    monkeypatch.setattr(sys, "argv", ["/somewhere/package/__main__.py", "-m"])
    assert single_run([], []) == ["python", "-m", "package"]


def test_overrides_of_hydra_are_kept_but_for_those_of_sweeps(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["p.py"])
    hydra = [
        "hydra.job.chdir=true",
        "hydra.sweeper.n_trials=3",
        "+hydra.sweeper.params={}",
        "hydra/sweeper/sampler=random",
        "hydra.sweep.dir=x",
        "hydra/launcher=basic",
        "hydra.launcher.workers=2",
        "hydra.mode=MULTIRUN",
        "hydra.run.dir=y",
    ]
    assert single_run(["a=1"], hydra) == ["python", "p.py", "a=1", "hydra.job.chdir=true"]
