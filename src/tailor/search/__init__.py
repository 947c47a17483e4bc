"""Studies and trials: the one a job belongs to, and those that a storage holds."""

from tailor.search.trial import NO_TRIAL, RunningTrial, TrialInterrupted, current_trial

__all__ = ["NO_TRIAL", "RunningTrial", "TrialInterrupted", "current_trial"]
