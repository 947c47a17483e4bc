"""The Lightning callback of docs/sweeper.md, with Lightning's part played by plain objects."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import optuna
import pytest
import torch

from hydra_tailor.trial import RunningTrial

PAGE = (Path(__file__).parents[2] / "docs" / "sweeper.md").read_text(encoding="utf-8")
MAX_LINES = 15


class Trial(RunningTrial):
    """Records what is reported; prunes at the second report."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def expect(self, epochs: int) -> None:
        self.calls.append(("expect", epochs))

    def report(self, value: float, epoch: int) -> None:
        self.calls.append((round(value, 3), epoch))

    def should_prune(self) -> bool:
        return len(self.calls) > 2


def test_it_reports_after_each_validation_and_prunes(monkeypatch: pytest.MonkeyPatch) -> None:
    block = re.search(r"```python\n# pruning.py\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    body = block[1][block[1].index("class") :]
    assert len([line for line in body.splitlines() if line.strip()]) <= MAX_LINES
    lightning = ModuleType("lightning")
    lightning.Callback = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lightning", lightning)
    trial = Trial()
    monkeypatch.setattr("hydra_tailor.current_trial", lambda: trial)
    namespace: dict[str, Any] = {}
    exec(block[1], namespace)  # noqa: S102  (the page's own code)

    callback = namespace["Pruning"]("val/acc")
    trainer = SimpleNamespace(
        max_epochs=10,
        current_epoch=0,
        sanity_checking=True,
        callback_metrics={"val/acc": torch.tensor(0.5)},
    )
    callback.on_fit_start(trainer, None)
    callback.on_validation_end(trainer, None)  # Lightning's check before the first epoch
    trainer.sanity_checking = False
    callback.on_validation_end(trainer, None)
    trainer.current_epoch = 1
    with pytest.raises(optuna.TrialPruned):
        callback.on_validation_end(trainer, None)
    assert trial.calls == [("expect", 10), (0.5, 1), (0.5, 2)]
