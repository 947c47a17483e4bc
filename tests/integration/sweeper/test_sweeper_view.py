"""What a person sees: a live view on a terminal, plain lines without one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from .conftest import ROOT, TOY, Sweep, Toy, X

pytestmark = pytest.mark.slow

ARGUMENTS = [
    X,
    "at=[1:raise,2:print,3:prune]",
    "pause=[0.3]",
    "epochs=4",
    "hydra.sweeper.n_trials=5",
    "hydra.sweeper.max_failure_rate=1",
    "hydra.sweeper.next_commands=[look at it]",
]


def on_a_terminal(toy: Toy, columns: int) -> str:
    """Run on a pseudo-terminal; return all that was written to it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    environment = {
        key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")
    }
    process = subprocess.Popen(
        [sys.executable, str(TOY), "-m", *ARGUMENTS],
        cwd=toy.directory,
        env=environment | {"PYTHONPATH": str(ROOT / "src"), "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    written = b""
    try:
        while block := os.read(ours, 65536):
            written += block
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait(timeout=30) == 0, written.decode()
    return written.decode()


def test_a_terminal_has_a_live_view(toy: Toy) -> None:
    columns = 80
    written = on_a_terminal(toy, columns)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    assert "\x1b[" in written
    assert re.search(r"\d of 5 trials done in \d s: .*; [12] running", text)
    assert re.search(r"1 complete, \d pruned, 1 failed", text)
    assert re.search(r"trial +epochs run +value +x", text)
    assert re.search(r"\d +[━╸╺ ]+ +[1-4]/4 +0\.\d+ +-?0\.\d", text)
    assert re.search(r"best value 0\.\d+ in trial \d: x=", text)
    assert "about" in text
    assert "trial 1 failed: RuntimeError: the toy broke" in text
    # Workers print to their trial's log; no line is wider than the terminal.
    assert "xxxxx" not in text
    assert "toy runs" not in text
    shown = text.replace("\r", "\n").splitlines()
    assert not [line for line in shown if "━" in line and len(line) > columns]
    assert "best trials of toy" in text
    assert "study toy: 3 complete, 1 pruned, 1 failed of 5" in text
    assert "look at it" in text


def test_without_a_terminal_there_are_plain_lines(toy: Toy) -> None:
    output = toy.run(*ARGUMENTS).output
    assert "\x1b" not in output
    assert re.search(r"trial 0 is complete: 0\.\d+ \(\d of 5 done; about \d+ s left; best", output)
    assert "trial 3 was pruned after 0 reports" in output
    assert "study toy: 3 complete, 1 pruned, 1 failed of 5" in output
    assert "type the same command with hydra.sweeper.n_trials=10." in output


def test_more_trials_than_a_grid_has_cells_are_not_suggested(toy: Toy) -> None:
    output = toy.run("x=choice(0,1)", "hydra/sweeper/sampler=grid").output
    assert "study toy: 2 complete of 2" in output
    assert "For more trials" not in output


def test_a_search_that_is_done_advises_no_repetition(toy: Toy) -> None:
    done = ("hydra.sweeper.target=1000", "hydra.sweeper.n_jobs=1")
    output = toy.run(X, "hydra.sweeper.enqueue=[{x: 0.0},{x: 0.5}]", *done).output
    assert "1 complete" in output
    assert "(stopped: trial 0 reached the target" in output
    assert "To continue" not in output


def test_names_that_look_like_markup_are_printed_as_they_are(
    sweep: Sweep, capsys: pytest.CaptureFixture[str]
) -> None:
    name, choice = "[/a] [bold]b", "[INST] x [/INST]"
    sweep(
        lambda config: 1.0,
        f"any=choice('{choice}')",
        f"hydra.sweeper.study_name='{name}'",
        "hydra.sweeper.next_commands=['look at [/it]']",
        "hydra.sweeper.n_trials=1",
        study=name,
    )
    printed = capsys.readouterr().out
    assert f"best trials of {name}" in printed
    assert f"study {name}: 1 complete" in printed
    assert choice in printed
    assert "look at [/it]" in printed


def test_a_dry_run_shows_the_search_and_runs_nothing(toy: Toy) -> None:
    typed = ("x=choice(0.0,0.5)", "y=tag(log,interval(0.1,1))", "hydra.sweeper.dry_run=true")
    output = toy.run(*typed, "hydra.sweeper.epochs_key=epochs").output
    assert re.search(r"x +choice\(0\.0,0\.5\)\n +y +tag\(log,interval\(0\.1,1\)\)\n", output)
    assert "infinitely many" in output
    output = toy.run(
        typed[0], "epochs=choice(1,2)", typed[2], "hydra.sweeper.epochs_key=epochs"
    ).output
    assert "configurations  4; 6 epochs to train all of them to their end" in output
    assert "at most 4 trials (hydra.sweeper.n_trials=" in output
    assert not toy.sweep_dir.exists()
