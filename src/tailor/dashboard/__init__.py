"""The application's additions to optuna-dashboard: pictures and facts of trials, the server."""

from tailor.dashboard.content import TrainingContent

__all__ = ["TrainingContent"]
