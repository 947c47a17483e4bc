"""A database's password: in no file, no output, no other process's command line."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil
import pytest
from omegaconf import OmegaConf

from tests.postgres import Postgres

from .conftest import Toy, X
from .hosts import Joined

pytestmark = pytest.mark.slow

SHORT = [X, "hydra.sweeper.n_trials=2", "hydra.sweeper.n_jobs=1", "epochs=2", "pause=[0.3]"]


def command_lines(process: subprocess.Popen[str]) -> list[str]:
    """Of all processes that a program started."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [" ".join(child.cmdline()) for child in children]


def files_with(text: str, directory: Path) -> list[Path]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert len(files) > 10
    return [path for path in files if text.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("given", "launcher"),
    [
        pytest.param("config", "submitit_local", id="in-a-config-and-jobs-in-files"),
        pytest.param("in-a-target", "joblib", id="in-a-target"),
        pytest.param("variable", "local", id="in-the-environment"),
        pytest.param("pgpass", "local", id="in-pgpass"),
    ],
)
def test_a_password_is_nowhere(
    toy: Toy, postgres: Postgres, given: str, launcher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.database()
    secret = postgres.password
    bare = url.replace(f":{secret}@", "@")
    monkeypatch.delenv("TAILOR_STORAGE", raising=False)
    environment: dict[str, str] = {}
    if given in ("config", "in-a-target"):
        is_url = given == "config"
        config = url if is_url else {"_target_": "optuna.storages.RDBStorage", "url": url}
        directory = toy.directory.parent / f"{toy.directory.name}.conf"
        directory.mkdir()
        group = directory / "hydra" / "sweeper" / "stored.yaml"
        group.parent.mkdir(parents=True)
        OmegaConf.save({"defaults": ["tailor"], "storage": config}, group)
        storage = [f"--config-dir={directory}", "hydra/sweeper=stored"]
    elif given == "variable":
        storage = ["hydra.sweeper.storage=${oc.env:TAILOR_STORAGE}"]
        environment["TAILOR_STORAGE"] = url
    else:
        storage = [f"hydra.sweeper.storage={bare}"]
        pgpass = toy.directory.parent / f"{toy.directory.name}.pgpass"
        pgpass.write_text(f"127.0.0.1:*:*:*:{secret}\n")
        pgpass.chmod(0o600)
        environment["PGPASSFILE"] = str(pgpass)
    process = toy.start(*SHORT, f"hydra/launcher={launcher}", *storage, env=environment)
    toy.wait_for(lambda: toy.events)
    lines = command_lines(process)
    ended = toy.end(process)
    joined = Joined(url)
    assert [trial.state.name for trial in joined.trials] == ["COMPLETE"] * 2
    joined.close()
    assert lines
    assert not [line for line in lines if secret in line]
    assert secret not in ended.output
    assert not files_with(secret, toy.directory)
    dump = subprocess.run(
        [postgres.program("pg_dump"), f"--dbname={bare.replace('+psycopg', '')}"],
        env={**os.environ, "PGPASSWORD": secret},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "COMPLETE" in dump
    assert secret not in dump


def test_a_job_that_cannot_have_the_password_says_what_to_do(
    toy: Toy, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a remote host that the environment does not reach."""
    url = postgres.database()
    ended = toy.run(
        *SHORT,
        "hydra.sweeper.storage=${oc.env:TAILOR_STORAGE}",
        "+hydra.job.env_set.TAILOR_STORAGE=''",
        env={"TAILOR_STORAGE": url},
        code=1,
    )
    assert "no password supplied" in ended.output
    assert "each host that runs trials needs it in TAILOR_STORAGE" in ended.output
    assert postgres.password not in ended.output


@pytest.mark.parametrize(
    ("password", "message"),
    [
        pytest.param("wrong", "password authentication failed", id="wrong"),
        pytest.param("se@cret", "no database URL", id="with-an-at-sign"),
        pytest.param("se/cret", "password authentication failed", id="with-a-slash"),
    ],
)
def test_an_error_does_not_show_it(
    toy: Toy, postgres: Postgres, password: str, message: str
) -> None:
    url = postgres.database().replace(postgres.password, password)
    ended = toy.run(X, "hydra.sweeper.storage=${oc.env:URL}", env={"URL": url}, code=1)
    assert message in ended.output
    assert "searcher:***@127.0.0.1" in ended.output
    assert "Traceback" not in ended.output
    for part in ("wrong", "cret"):
        assert part not in ended.output.replace("went wrong", "")
