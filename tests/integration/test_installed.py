"""The application after `pip install CLONE`, which a notebook uses from any folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow

CELL = """
import tailor, tailor.config
print(tailor.config.conf_directory())
print(tailor.fit(["data=digits", "training.epochs=1"]).result["status"])
search = tailor.sweep(["data=digits", "search=quick", "hydra.sweeper.n_trials=2"], study="a")
print(tailor.analyze(search).directory)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the application; what it requires is in this environment."""
    target = tmp_path_factory.mktemp("packages")
    command = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", target, ROOT]
    subprocess.run([sys.executable, *command], check=True, capture_output=True, text=True)
    return target


def test_it_brings_its_config_files(installed: Path) -> None:
    in_clone = {path.relative_to(ROOT / "conf") for path in (ROOT / "conf").rglob("*.yaml")}
    conf = installed / "tailor" / "conf"
    assert {path.relative_to(conf) for path in conf.rglob("*.yaml")} == in_clone


def test_it_works_in_any_folder(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CELL],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(installed / "tailor" / "conf") in done.stdout
    assert "complete" in done.stdout
    assert (tmp_path / "multirun" / "a" / "analysis" / "report.pdf").is_file()
