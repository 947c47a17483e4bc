"""The examples of docs/extend.md, run as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
PATH = re.compile(r"^# (mine/\S+)$", re.MULTILINE)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections() -> list[tuple[str, str]]:
    """The page's sections by their headings; the first part of the page is named setup."""
    first, *rest = PAGE.split("\n## ")
    return [("setup", first), *(tuple(part.split("\n", 1)) for part in rest)]


def blocks(section: str, language: str) -> list[str]:
    return [body for kind, body in BLOCK.findall(section) if kind == language]


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with tailor's `src/` and `conf/` and every file of the page."""
    directory = tmp_path_factory.mktemp("extend")
    for name in ("src", "conf"):
        (directory / name).symlink_to(ROOT / name, target_is_directory=True)
    for body in [*blocks(PAGE, "python"), *blocks(PAGE, "yaml")]:
        path = directory / PATH.findall(body)[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    return directory


EXPORTS = blocks(dict(sections())["setup"], "bash")[0]
EXAMPLES = [pytest.param(body, id=title) for title, body in sections()[1:]]


def test_the_page_has_the_six_examples() -> None:
    titles = [title for title, _ in sections()[1:]]
    assert titles == [
        "A model",
        "An optimizer",
        "A loss",
        "An augmentation",
        "A recorder",
        "A search space",
    ]


@pytest.mark.parametrize("section", EXAMPLES)
def test_the_commands_of_a_section_run(section: str, workdir: Path) -> None:
    commands = blocks(section, "bash")
    assert commands
    # The page's `python` is the interpreter that has tailor installed.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        ["bash", "-euc", "\n".join([EXPORTS, 'PYTHONPATH="$PYTHONPATH:src"', *commands])],
        cwd=workdir,
        env={**environment, "PATH": path, "TAILOR_STORAGE": "sqlite:///study.db"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" not in done.stderr


def test_an_untrusted_module_is_refused_with_the_way_out(workdir: Path) -> None:
    command = [sys.executable, "src/train.py", "--config-dir", "mine/conf", "data=digits"]
    environment = {key: value for key, value in os.environ.items() if key != "TAILOR_TRUST"}
    done = subprocess.run(
        [*command, "model=wide", "training.epochs=1"],
        cwd=workdir,
        env={**environment, "PYTHONPATH": f".{os.pathsep}src"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode != 0
    assert "'mine.wide.Wide' cannot stand here" in done.stderr
    assert "TAILOR_TRUST=mine" in done.stderr
