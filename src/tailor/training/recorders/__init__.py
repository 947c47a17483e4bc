"""Recorders of a run: a CSV file, the terminal, and those that `recorders=...` chooses.

TensorBoard, MLflow and Weights & Biases are imported when a run starts, so none has to be
installed.
"""

from tailor.training.recorders.base import Recorder
from tailor.training.recorders.build import build_recorders
from tailor.training.recorders.mlflow import MlflowRecorder
from tailor.training.recorders.tensorboard import TensorBoardRecorder
from tailor.training.recorders.wandb import WandbRecorder

__all__ = [
    "MlflowRecorder",
    "Recorder",
    "TensorBoardRecorder",
    "WandbRecorder",
    "build_recorders",
]
