"""One run: fit a network, keep its files, say what it came to.

`run` is the whole of it, from a config to a `RunResult`; `restore` brings a finished run's network
back.
"""

from tailor.training.checkpoint import restore
from tailor.training.fit import run
from tailor.training.records import Recorder
from tailor.training.result import RunResult

__all__ = ["Recorder", "RunResult", "restore", "run"]
