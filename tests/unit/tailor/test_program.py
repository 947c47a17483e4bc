"""What a run says at its end, and when it is interrupted."""

import shlex
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from hydra_tailor.names import DEFAULT_STORAGE
from tailor import names, program
from tailor.config.next_command import next_command
from tailor.errors import TrainingError, errors_end_the_program
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
    assert "analy" not in next_steps(run)
    (run / names.HYDRA_DIR).mkdir()
    (run / names.HYDRA_DIR / names.CONFIG_FILE).touch()
    assert "run=outputs/one" in next_steps(run)


def test_a_directory_that_needs_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: name)
    (tmp_path / "Makefile").touch()
    run = tmp_path / "lr (0.1), a=b"
    (run / names.HYDRA_DIR).mkdir(parents=True)
    (run / names.HYDRA_DIR / names.CONFIG_FILE).touch()
    (run / names.LAST_FILE).touch()
    *_, typed = shlex.split(how_to_continue(run))
    assert OverridesParser.create().parse_override(typed).value() == run.name
    _, analysis, _ = next_steps(run).splitlines()
    assert analysis.startswith("  make analyze ARGS=")
    (typed,) = shlex.split(shlex.split(analysis)[2].removeprefix("ARGS="))
    assert OverridesParser.create().parse_override(typed).value() == run.name


def test_one_process_at_a_time_trains_in_a_directory(tmp_path: Path) -> None:
    config = tmp_path / names.HYDRA_DIR / names.CONFIG_FILE
    config.parent.mkdir()
    config.write_text("of the first")
    with program._alone_in(tmp_path):
        config.write_text("of the second")
        with (
            pytest.raises(TrainingError, match="another process trains in"),
            program._alone_in(tmp_path),
        ):
            pytest.fail("two at once")
    assert config.read_text() == "of the first"
    with program._alone_in(tmp_path):
        pass


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
    assert next_command("dashboard", "", DEFAULT_STORAGE) == dashboard


def test_a_command_names_a_storage_that_it_would_not_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    storage = "sqlite:///elsewhere.db"
    expected = "python -m analysis 'study=\"a,b\"' storage=sqlite:///elsewhere.db"
    assert next_command("analyze", "study=a,b", storage) == expected
    monkeypatch.setenv("TAILOR_STORAGE", storage)
    assert next_command("analyze", "study=a", storage) == "python -m analysis study=a"
    assert "secret" not in next_command("dashboard", "", "postgresql://me:secret@host/db")
