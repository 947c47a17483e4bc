"""A Hydra sweeper and launcher on Optuna: pruning, continuing, many workers, many hosts.

A program imports only `current_trial`, and only to report values. Hydra loads the rest
(`hydra/sweeper=tailor`, `hydra/launcher=local`).
"""

from hydra_tailor.errors import TailorError, TrialInterrupted
from hydra_tailor.trial import NO_TRIAL, RunningTrial, current_trial

__all__ = ["NO_TRIAL", "RunningTrial", "TailorError", "TrialInterrupted", "current_trial"]

__version__ = "0.1.0"
