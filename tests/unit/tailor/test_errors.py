"""An error a user caused is a paragraph; a traceback is for those who ask."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from tailor.errors import ConfigError, report_errors_as_paragraphs
report_errors_as_paragraphs()
raise {error}
"""


def stderr_of(error: str, *, code: int = 1, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(error=error)],
        capture_output=True,
        text=True,
        env={"PATH": "", **environment},
        check=False,
    )
    assert done.returncode == code
    return done.stderr


def test_a_users_error_is_one_paragraph() -> None:
    assert stderr_of("ConfigError('no such key.')") == "error: no such key.\n"


def test_ctrl_c_is_one_word() -> None:
    assert stderr_of("KeyboardInterrupt", code=-signal.SIGINT) == "\ninterrupted.\n"
    within_a_library = "ConfigError('odd') from KeyboardInterrupt()"
    assert stderr_of(within_a_library) == "\ninterrupted.\n"


@pytest.mark.parametrize(
    ("error", "environment"),
    [("ConfigError('no such key.')", {"HYDRA_FULL_ERROR": "1"}), ("ValueError('bug')", {})],
    ids=["asked for", "an error of ours"],
)
def test_the_traceback_is_there_when(error: str, environment: dict[str, str]) -> None:
    assert "Traceback" in stderr_of(error, **environment)


@pytest.mark.parametrize(("word", "stderr"), [("--help", ""), ("--halp", "BrokenPipeError")])
def test_a_command_that_only_prints_ends_with_its_reader(word: str, stderr: str) -> None:
    program = PROGRAM.format(error="SystemExit").replace("raise", "print('.', flush=True); raise")
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", program, word],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert stderr in done.stderr if stderr else not done.stderr


def test_an_interrupted_program_says_so_without_a_traceback() -> None:
    error = "KeyboardInterrupt"
    program = PROGRAM.format(error=error)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr == "\ninterrupted.\n"


INTERRUPTED_AS_IT_COMPOSES = """
import hydra
from hydra._internal.hydra import Hydra
from tailor.errors import report_errors_as_paragraphs

def compose(*args, **kwargs):
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        raise ValueError("a token was expected")

Hydra.compose_config = compose
report_errors_as_paragraphs()

@hydra.main(config_path=None)
def main(config):
    pass

main()
"""


def test_ctrl_c_that_composing_turns_into_its_own_error_is_one_word(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(INTERRUPTED_AS_IT_COMPOSES)
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "\ninterrupted.\n")
