"""The README's commands, in their order, as a new user types them; on the embedded digits."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SERVES = ("make dashboard", "python src/dashboard.py")
"""What runs until it is stopped; tests/e2e/test_dashboard.py opens its pages."""
SMALL = ("hydra.sweeper.n_trials=2", "hydra.sweeper.epoch_budget=12")
LINKED = ("Makefile", "analysis", "conf", "constraints.txt", "pyproject.toml", "src")
A_RUN = "outputs/..."
OF_MAKE = ("ARGS", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL")
"""What `make test-all ARGS=...` would hand down to the commands."""


def commands(readme: str) -> Iterator[str]:
    """The lines of the code blocks, without their comments."""
    for line in readme.splitlines():
        if line.startswith("    ") and (typed := line.partition("  #")[0].strip()):
            yield typed


def is_run_here(command: str) -> bool:
    return command.startswith(("python ", "make ")) and not command.startswith(SERVES)


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    before_the_folders, _, _ = (root / "README.md").read_text().partition("## Where things are")
    return before_the_folders


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A checkout without results and data."""
    for name in LINKED:
        (tmp_path / name).symlink_to(root / name)
    return tmp_path


def on_digits(command: str) -> list[str]:
    """The words of a command, for small data and few trials."""
    words = shlex.split(command)
    if words[:2] != ["python", "src/train.py"]:
        return words
    if not any(word.startswith("data=") for word in words):
        words.append("data=digits")
    return [*words, *SMALL] if "-m" in words else words


def executed(words: list[str], directory: Path) -> str:
    programs = Path(sys.executable).parent
    if words[0] == "make":  # the environment is there
        words = [*words, f"BIN={programs}", "--old-file=.venv/.installed"]
    else:
        words = [sys.executable, *words[1:]]
    done = subprocess.run(
        words,
        cwd=directory,
        env={
            **{key: value for key, value in os.environ.items() if key not in OF_MAKE},
            "TAILOR_DATA_DIR": str(directory / "data"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}"
    assert "Traceback" not in done.stdout
    return done.stdout


def test_the_commands_in_their_order(readme: str, checkout: Path) -> None:
    typed = [command for command in commands(readme) if is_run_here(command)]
    assert typed[:2] == ["make demo", "python src/train.py -m search=quick --help"]
    assert len(typed) > 10
    for command in typed:
        runs = sorted(checkout.glob("outputs/*/*"), key=lambda path: path.stat().st_mtime)
        latest = str(runs[-1].relative_to(checkout)) if runs else ""
        said = executed(on_digits(command.replace(A_RUN, latest)), checkout)
        assert said
        if "analy" in command:
            reports = [
                *checkout.glob("multirun/*/analysis"),
                *checkout.glob("outputs/*/*/analysis"),
            ]
            newest = max(reports, key=lambda path: path.stat().st_mtime)
            assert (newest / "report.pdf").read_bytes().startswith(b"%PDF")
    studies = {path.name for path in checkout.glob("multirun/*") if path.is_dir()}
    assert {"demo", "digits-cnn-quick", "digits-cnn", "wide", "pareto"} <= studies
