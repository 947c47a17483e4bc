"""Hydra imports what it scans in every program: that must cost next to nothing."""

import subprocess
import sys

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
