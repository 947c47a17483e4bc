"""Passwords that were typed: refused before Hydra reads the words."""

import subprocess
import sys
from pathlib import Path

import pytest

from hydra_tailor.errors import ConfigError
from hydra_tailor.storage.typed_passwords import refuse_typed_passwords

URL, BARE = "postgresql+psycopg://me:s%40cret@host/db", "postgresql+psycopg://me@host/db"
KEY = "hydra.sweeper.storage"


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(f"{KEY}={URL}", id="a-url"),
        pytest.param(f"+{KEY}='{URL}'", id="quoted"),
        pytest.param(f'{KEY}="postgresql://h/db?user=me&password=x"', id="in-a-query"),
        pytest.param(f"{KEY}={{_target_: a.B, url: '{URL}', n: [1, '2']}}", id="in-a-target"),
        pytest.param(f"{KEY}.url={URL}", id="a-key-of-a-target"),
        pytest.param(f"{KEY}={{_target_: a.B, connect_args: {{password: x}}}}", id="an-argument"),
        pytest.param(f"hydra.sweeper={{storage: '{URL}'}}", id="in-the-sweeper"),
        pytest.param(f"hydra={{sweeper: {{storage: '{URL}'}}}}", id="in-hydra"),
        pytest.param(f"+{KEY}.engine_kwargs.connect_args.passwd=x", id="a-key-of-an-argument"),
    ],
)
def test_a_typed_password_is_refused(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", "-m", typed, "seed=1"])
    with pytest.raises(ConfigError, match="without a password.*process list.*TAILOR_STORAGE") as e:
        refuse_typed_passwords()
    assert "cret" not in str(e.value)


@pytest.mark.parametrize(
    "typed",
    [
        f"{KEY}={BARE}",
        f"{KEY}=null",
        f"{KEY}=sqlite:///a.db",
        f"{KEY}=${{oc.env:TAILOR_STORAGE}}",
        f"{KEY}=postgresql://me:${{oc.env:PASSWORD}}@host/db",  # no password yet
        f"{KEY}=(",  # Hydra says what is wrong with it
        f"{KEY}_of_another_program={URL}",
    ],
)
def test_any_other_word_is_admitted(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["train.py", typed])
    refuse_typed_passwords()


@pytest.mark.parametrize("multirun", [[], ["-m", "hydra/launcher=basic"]], ids=["run", "search"])
def test_the_program_refuses_one_before_anything_is_written(
    root: Path, tmp_path: Path, multirun: list[str]
) -> None:
    program = [sys.executable, str(root / "src" / "train.py"), *multirun, "data=digits"]
    ended = subprocess.run(
        [*program, f"{KEY}={URL}"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"error: `{KEY}` must be typed without a password")
    assert "cret" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_one_in_a_config_file_is_refused_in_a_single_run(root: Path, tmp_path: Path) -> None:
    group = tmp_path / "conf" / "experiment" / "mine.yaml"
    group.parent.mkdir(parents=True)
    group.write_text(f"# @package _global_\nhydra: {{sweeper: {{storage: '{URL}'}}}}\n")
    program = [sys.executable, str(root / "src" / "train.py"), f"--config-dir={tmp_path}/conf"]
    ended = subprocess.run(
        [*program, "experiment=mine", "data=digits"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ended.returncode == 1
    assert "must stand in a config file without its password" in ended.stderr
    assert "cret" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_a_storage_nothing_heavy_is_imported() -> None:
    program = (
        "import sys; from hydra_tailor.storage import typed_passwords; "
        "typed_passwords.refuse_typed_passwords(); "
        "assert not {'torch', 'optuna', 'sqlalchemy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
