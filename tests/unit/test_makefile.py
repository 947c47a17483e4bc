"""`make`: what is typed reaches the command, or is refused."""

import os
import subprocess

import pytest

from tests.conftest import ROOT


def make(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--dry-run", "--always-make", *words],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("sweep", "src/train.py -m"),
        ("analyze", "-m analysis"),
        ("dashboard", "src/dashboard.py"),
    ],
)
def test_settings_and_arguments_are_passed_on(target: str, command: str) -> None:
    printed = make(target, "model.neurons=choice(8,16)", "ARGS=study=a seed=1").stdout
    last = " ".join(printed.splitlines()[-1].split())
    assert last.endswith(f"{command} 'model.neurons=choice(8,16)' study=a seed=1")


@pytest.mark.parametrize("target", ["demo", "test", "help"])
def test_a_target_that_takes_no_settings_refuses_them(target: str) -> None:
    done = make(target, "search=quick")
    assert done.returncode != 0
    assert f"make {target} does not take it" in done.stderr
