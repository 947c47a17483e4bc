"""A Hydra sweeper and launcher on Optuna: pruning, continuing, many workers, many hosts.

A program needs one name of this package, and only to report values: `current_trial`. The rest is
loaded by Hydra (`hydra/sweeper=tailor`, `hydra/launcher=local`).
"""

from hydra_tailor.errors import TailorError, TrialInterrupted
from hydra_tailor.trial import NO_TRIAL, RunningTrial, current_trial

__all__ = ["NO_TRIAL", "RunningTrial", "TailorError", "TrialInterrupted", "current_trial"]

__version__ = "0.1.0"
