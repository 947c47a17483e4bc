"""One small tree of errors: each message names the problem, the given value and a valid one."""

from __future__ import annotations


class TailorError(Exception):
    """Root of every error that a user can cause."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of a traceback: IPython looks for this name."""
        return [f"error: {self}"]


def is_interrupt(error: object) -> bool:
    """Whether Ctrl-C raised an error, or interrupted a library that then raised one of its own."""
    while isinstance(error, BaseException):
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


class ConfigError(TailorError):
    """A setting is invalid, by itself or in combination with another one."""


class StudyError(TailorError):
    """A study or one of its trials is missing, or does not match the request."""


class StorageAway(StudyError):
    """A storage did not answer for too long, or cannot be used until somebody repairs it."""


class DiskFull(TailorError):
    """A file could not be written because no space is left."""


class TrialInterrupted(TailorError):
    """The search was asked to stop; the trial continues when the search is started again."""


class TrialTaken(TrialInterrupted):
    """Another process took the trial over, or finished it."""


class NodeLost(TailorError):
    """The node that ran a job died or was cut off; the job itself did nothing wrong."""


class WorkerDied(TailorError):
    """A worker process ended in the middle of a job."""


class WorkerNotStarted(TailorError):
    """A worker process ended before it could take a job: no trial is to blame."""


class JobExited(TailorError):
    """A job called `sys.exit`."""


class UploadError(TailorError):
    """A run directory could not be copied."""
