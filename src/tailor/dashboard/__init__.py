"""What the application adds to optuna-dashboard: pictures and facts of its trials, the server."""

from tailor.dashboard.content import TrainingContent

__all__ = ["TrainingContent"]
