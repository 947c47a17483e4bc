"""The result of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tailor import names
from tailor.history import Row as Row


@dataclass
class RunResult:
    """The content of `result.json`.

    Attributes:
        status: `complete`, or `pruned` when a pruner ended the run early.
        best_epoch: epoch with the best validation value; its weights are in `best.pt`.
        val_accuracy: fraction at the best epoch.
        val_loss: mean cross-entropy at the best epoch, in nats.
        epochs_run: epochs trained; fewer than `training.epochs` when the run ended early.
        seconds: training and validation, all epochs, without interruptions.
        images_per_second: training images, median over the epochs.
        parameters: trainable parameters of the network.
        test: `{"accuracy": ..., "loss": ...}` of a single run; None within a search.
        machine: versions and hardware.
        data: checksum of the images, their labels and the split.
    """

    status: str
    best_epoch: int
    val_accuracy: float
    val_loss: float
    epochs_run: int
    seconds: float
    images_per_second: float
    parameters: int
    seed: int
    test: dict[str, float] | None = None
    machine: dict[str, Any] = field(default_factory=dict)
    data: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def value_of(self, objective: str) -> float:
        """Return the value of one objective of `names.DIRECTIONS`."""
        return float(getattr(self, objective))


def ranking_objective(objectives: Sequence[str]) -> str:
    """Return the column that ranks epochs: the first objective that every epoch measures.

    Validation accuracy, if there is none.
    """
    columns = (names.VAL_ACCURACY, names.VAL_LOSS)
    return next((name for name in objectives if name in columns), names.VAL_ACCURACY)


def is_better(row: Row, best: Row | None, objective: str) -> bool:
    """Whether an epoch beats the best so far; on a tie in both columns the earlier one stays.

    Epochs are ranked by validation accuracy, then loss; by loss alone where that is the objective.
    """
    if best is None:
        return True

    def key(epoch: Row) -> tuple[float, ...]:
        loss = -epoch[names.VAL_LOSS]
        return (loss,) if objective == names.VAL_LOSS else (epoch[names.VAL_ACCURACY], loss)

    return key(row) > key(best)
