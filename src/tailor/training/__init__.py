"""One run: train a network, write its files, report its result.

`fit` trains the network of a config and returns a `RunResult`; `restore` rebuilds the network of a
finished run. The schedules are those of `conf/scheduler/`, `Distil` is that of `conf/augment/`.
"""

from tailor.training.checkpoint import restore
from tailor.training.distil import Distil
from tailor.training.fit import fit
from tailor.training.recorders.base import Recorder
from tailor.training.result import RunResult
from tailor.training.step.schedule import constant, cosine, one_cycle

__all__ = ["Distil", "Recorder", "RunResult", "constant", "cosine", "fit", "one_cycle", "restore"]
