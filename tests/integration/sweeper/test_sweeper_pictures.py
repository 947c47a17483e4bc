"""Pictures and notes that a sweep leaves for the dashboard, of a program that is nobody's own."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from optuna.artifacts import get_all_artifact_meta
from optuna_dashboard._note import get_note_from_system_attrs

from .conftest import ROOT, Toy, X, states

pytestmark = pytest.mark.slow

PICTURES = "hydra.sweeper.pictures=true"


def note(toy: Toy, number: int) -> str:
    study = toy.study
    attrs = study._storage.get_study_system_attrs(study._study_id)
    return str(get_note_from_system_attrs(attrs, study.trials[number]._trial_id)["body"])


def announced(toy: Toy, number: int) -> list[str]:
    study = toy.study
    metas = get_all_artifact_meta(study.trials[number], storage=study._storage)
    return [meta.artifact_id for meta in metas]


def files(toy: Toy) -> set[str]:
    return {file.name for file in (toy.sweep_dir / "pictures").iterdir()}


def command_in(text: str) -> str:
    found = re.search(r"```\n(python .*?)\n```", text, flags=re.DOTALL)
    assert found, text
    return found[1]


def test_each_finished_trial_has_a_picture_and_a_note(toy: Toy) -> None:
    toy.run(X, PICTURES, "at=[1:raise,2:prune]", "hydra.sweeper.max_failure_rate=1")
    assert states(toy.study) == "CFPC"
    assert [len(announced(toy, number)) for number in range(4)] == [1, 0, 0, 1]
    assert files(toy) == {*announced(toy, 0), *announced(toy, 3)}
    for name in files(toy):
        content = (toy.sweep_dir / "pictures" / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) <= 100_000
    assert note(toy, 0).startswith("**Complete** after 3 of 3 epochs")
    assert "the toy broke" in note(toy, 1)
    assert note(toy, 2).startswith("**Pruned**")


def test_the_command_in_a_note_repeats_the_trial(toy: Toy) -> None:
    toy.run(
        "x=choice(0.5)",
        "shape=choice(ridge)",
        "any=choice('a,b | c')",
        "epochs=2",
        PICTURES,
        "hydra.sweeper.n_trials=1",
        "hydra.job.chdir=false",
    )
    command = command_in(note(toy, 0))
    assert "hydra.sweep" not in command
    assert "hydra.job.chdir=false" in command
    words = shlex.split(command.replace("\\\n", ""))
    assert words[1] == str(ROOT / "tests" / "apps" / "toy.py")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euc", f"{command} hydra.run.dir=again"],
        cwd=toy.directory,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    state = json.loads((toy.directory / "again" / "state.json").read_text())
    assert state == {"epoch": 2, "sum": toy.trials[0].user_attrs["sum"]}


def test_the_note_of_the_study_says_all_that_was_typed(toy: Toy) -> None:
    toy.run(X, "epochs=2", PICTURES, "hydra/sweeper/sampler=random", "hydra.sweeper.n_trials=1")
    attrs = toy.study._storage.get_study_system_attrs(toy.study._study_id)
    body = str(get_note_from_system_attrs(attrs, None)["body"])
    line = next(line for line in body.splitlines() if line.startswith("- typed: "))
    assert "`epochs=2`" in line
    assert "`hydra/sweeper/sampler=random`, `hydra.sweeper.n_trials=1`" in line
    assert "hydra.mode" not in line
    assert "hydra.sweeper.owner" not in line


def test_the_same_command_again_attaches_nothing_twice(toy: Toy) -> None:
    toy.run(X, PICTURES, "hydra.sweeper.n_trials=2")
    first, said = files(toy), note(toy, 0)
    toy.run(X, PICTURES, "hydra.sweeper.n_trials=3")
    assert [len(announced(toy, number)) for number in range(3)] == [1, 1, 1]
    assert files(toy) == first | set(announced(toy, 2))
    assert note(toy, 0) == said


def test_what_a_killed_sweep_left_undrawn_is_drawn_by_the_next(toy: Toy) -> None:
    process = toy.start(X, PICTURES, "pause=[0.05]")
    drawing = toy.wait_for(lambda: illustrator_of(process))
    drawing.suspend()
    toy.wait_for(lambda: "C" in states(toy.study))
    os.killpg(process.pid, signal.SIGKILL)
    drawing.kill()
    toy.end(process, code=None)
    undrawn = states(toy.study).index("C")
    toy.run(X, PICTURES, "pause=[0.05]")
    toy.assert_whole(4)
    assert files(toy) == {one for number in range(4) for one in announced(toy, number)}
    assert len(announced(toy, undrawn)) == 1
    assert all(note(toy, number) for number in range(4))


def test_a_sweep_outlives_the_process_that_draws(toy: Toy) -> None:
    process = toy.start(X, PICTURES, "pause=[0.1]")
    toy.wait_for(lambda: illustrator_of(process)).kill()
    ended = toy.end(process)
    toy.assert_whole(4)
    assert "drawing the trials' pictures stopped" in ended.output


def test_ctrl_c_ends_a_sweep_that_draws(toy: Toy) -> None:
    process = toy.start(X, PICTURES, "pause=[0.2]", "epochs=20")
    drawing = toy.wait_for(lambda: illustrator_of(process))
    toy.wait_for_epoch(0)
    process.send_signal(signal.SIGINT)
    assert toy.end(process, code=None).code == 130
    assert not drawing.is_running()
    toy.run(X, PICTURES, "epochs=20")
    toy.assert_whole(4)
    assert len(files(toy)) == 4


def test_ctrl_c_leaves_the_pictures_of_a_search_that_is_over_for_later(toy: Toy) -> None:
    process = toy.start(X, PICTURES, "pause=[0.05]")
    drawing = toy.wait_for(lambda: illustrator_of(process))
    drawing.suspend()
    assert process.stdout is not None
    assert any("(Ctrl-C skips them for now)" in line for line in process.stdout)
    process.send_signal(signal.SIGINT)
    ended = toy.end(process, code=130)
    assert "4 trials have no pictures yet; the same command draws them" in ended.output
    assert "stopp" not in ended.output
    assert "study toy: 4 complete of 4" in ended.output
    assert not drawing.is_running()
    toy.run(X, PICTURES, "pause=[0.05]")
    assert len(files(toy)) == 4


def test_a_folder_that_cannot_be_is_refused_before_any_trial(toy: Toy) -> None:
    (toy.directory / "taken").touch()
    ended = toy.run(X, "hydra.sweeper.pictures=taken", code=1)
    assert "taken, is a file. Name another one" in ended.output
    assert not toy.sweep_dir.exists()


@pytest.mark.parametrize("setting", [[], ["hydra.sweeper.pictures=false"]])
def test_a_program_that_did_not_ask_gets_nothing(toy: Toy, setting: list[str]) -> None:
    toy.run(X, "hydra.sweeper.n_trials=1", *setting)
    assert not (toy.sweep_dir / "pictures").exists()
    study = toy.study
    attrs = study._storage.get_study_system_attrs(study._study_id)
    assert [key for key in attrs if "dashboard" in key] == []


def illustrator_of(process: subprocess.Popen[str]) -> psutil.Process | None:
    for child in psutil.Process(process.pid).children():
        try:
            if "hydra_tailor.pictures.process" in child.cmdline():
                return child
        except psutil.NoSuchProcess:
            continue
    return None
