"""Hydra imports what it scans in every program: that must cost next to nothing."""

import subprocess
import sys
from typing import Any

import pytest

from hydra_tailor.plugins.sweeper import TailorSweeper

PROGRAM = """
import sys
import hydra_tailor.plugins.config, hydra_tailor.plugins.sweeper, hydra_tailor.plugins.launcher
heavy = {"torch", "optuna", "sqlalchemy", "cloudpickle", "rich"} & set(sys.modules)
assert not heavy, heavy
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
assert "TailorSweeper" in [one.__name__ for one in Plugins.instance().discover(Sweeper)]
assert "LocalLauncher" in [one.__name__ for one in Plugins.instance().discover(Launcher)]
assert "torch" not in sys.modules
"""


def test_what_is_scanned_imports_nothing_heavy() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_ctrl_c_during_the_sweepers_imports_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Interrupt:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "hydra_tailor.sweep.start":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "hydra_tailor.sweep.start", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupt, *sys.meta_path])
    arguments: Any = dict.fromkeys(("hydra_context", "task_function", "config"))
    with pytest.raises(SystemExit, match="130"):
        TailorSweeper().setup(**arguments)
