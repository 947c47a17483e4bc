"""Passwords that were typed: out of the words before Hydra reads them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hydra_tailor.storage.typed_passwords import hide_typed_passwords

URL, BARE = "postgresql+psycopg://me:s%40cret@host/db", "postgresql+psycopg://me@host/db"
KEY = "hydra.sweeper.storage"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        pytest.param(f"{KEY}={URL}", f"{KEY}='{BARE}'", id="a-url"),
        pytest.param(f"+{KEY}='{URL}'", f"+{KEY}='{BARE}'", id="quoted"),
        pytest.param(
            f'{KEY}="{URL}?application_name=me"',
            f'{KEY}="{BARE}?application_name=me"',
            id="with-a-query",
        ),
        pytest.param(
            f"{KEY}={{_target_: a.B, url: '{URL}', n: [1, '2'], of: ${{oc.env:X}}, on: true}}",
            f"{KEY}={{_target_:'a.B',url:'{BARE}',n:[1,'2'],of:'${{oc.env:X}}',on:True}}",
            id="in-a-target",
        ),
        pytest.param(f"{KEY}.url={URL}", f"{KEY}.url='{BARE}'", id="a-key-of-a-target"),
    ],
)
def test_a_typed_password_moves_to_the_environment(
    typed: str, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAILOR_STORAGE", "sqlite:///other.db")
    monkeypatch.setattr(sys, "argv", ["train.py", "-m", typed, "seed=1"])
    hide_typed_passwords()
    assert sys.argv == ["train.py", "-m", kept, "seed=1"]
    assert os.environ["TAILOR_STORAGE"].startswith(URL)


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
def test_any_other_word_stays_as_it_was_typed(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAILOR_STORAGE", "sqlite:///mine.db")
    monkeypatch.setattr(sys, "argv", ["train.py", typed])
    hide_typed_passwords()
    assert sys.argv == ["train.py", typed]
    assert os.environ["TAILOR_STORAGE"] == "sqlite:///mine.db"


def test_a_single_run_knows_the_storage_without_it(root: Path) -> None:
    """What Hydra prints here is what it writes into `.hydra/hydra.yaml`."""
    program = [sys.executable, str(root / "src" / "train.py"), "data=digits"]
    ended = subprocess.run(
        [*program, f"{KEY}={URL}", "--cfg", "hydra"], capture_output=True, text=True, check=True
    )
    assert f"storage: {BARE}" in ended.stdout
    assert "cret" not in ended.stdout


def test_without_a_storage_nothing_heavy_is_imported() -> None:
    program = (
        "import sys; from hydra_tailor.storage import typed_passwords; "
        "typed_passwords.hide_typed_passwords(); "
        "assert not {'torch', 'optuna', 'sqlalchemy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
