"""Recorders that a config chooses (`recorders=...`): TensorBoard, MLflow, Weights & Biases.

Each module imports the package of its own name when a run starts, so none of them has to be there.
"""

from tailor.training.recorders.build import build_recorders

__all__ = ["build_recorders"]
