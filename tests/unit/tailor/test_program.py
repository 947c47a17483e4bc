"""What a run says at its end, and when it is interrupted."""

from pathlib import Path

import pytest

from tailor import names
from tailor.config.next_command import next_command
from tailor.errors import errors_end_the_program
from tailor.program import how_to_continue, next_steps


def test_an_interrupted_run_says_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "outputs" / "one"
    run.mkdir(parents=True)
    assert how_to_continue(run).endswith("nothing is kept.")
    (run / names.LAST_FILE).touch()
    row = ",".join("1" for _ in names.METRIC_COLUMNS)
    (run / names.METRICS_FILE).write_text(f"{','.join(names.METRIC_COLUMNS)}\n{row}\n")
    assert how_to_continue(run) == (
        "interrupted: 1 epoch is kept. To continue, repeat it with hydra.run.dir=outputs/one"
    )
    assert "run=outputs/one" in next_steps(run)


def test_an_interrupt_ends_the_program_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        pytest.raises(SystemExit, match="130"),
        errors_end_the_program(interrupted=lambda: "what is kept"),
    ):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "\nwhat is kept\n"


@pytest.mark.parametrize(
    ("make", "analyze", "dashboard"),
    [
        ("/usr/bin/make", 'make analyze ARGS="study=a"', "make dashboard"),
        (None, "python -m analysis study=a", "python src/dashboard.py"),
    ],
)
def test_commands_suit_the_machine(
    make: str | None, analyze: str, dashboard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: make)
    assert next_command("analyze", "study=a") == analyze
    assert next_command("dashboard") == dashboard
