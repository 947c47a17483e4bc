"""Pictures and facts of a trial that trained a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from optuna.trial import FrozenTrial

from hydra_tailor.files import read_json
from hydra_tailor.pictures.content import Content
from tailor import names

THREADS_KEY = "training.threads"


class TrainingContent(Content):
    """Learning curves and the confusion matrix on validation, from the run directory's files."""

    def pictures(self, directory: Path, *, reported: bool) -> list[str]:
        pictures = []
        if reported or (directory / names.METRICS_FILE).exists():
            pictures.append(names.CURVES_PICTURE)
        if (directory / names.VAL_CONFUSION_FILE).exists():
            pictures.append(names.VAL_CONFUSION_PICTURE)
        return pictures

    def draw(self, picture: str, trial: FrozenTrial, directory: Path) -> bytes:
        from tailor.confusion import read_confusion
        from tailor.dashboard import pictures
        from tailor.history import read_history

        if picture == names.VAL_CONFUSION_PICTURE:
            return pictures.confusion(read_confusion(directory / names.VAL_CONFUSION_FILE))
        history = read_history(directory / names.METRICS_FILE)
        if not history:
            return super().draw(picture, trial, directory)
        return pictures.curves(history, best_epoch=trial.user_attrs.get(names.BEST_EPOCH))

    def trial_facts(self, trial: FrozenTrial) -> Mapping[str, str]:
        labels = {
            names.PARAMETERS: "parameters of the model",
            names.IMAGES_PER_SECOND: "images per second",
        }
        return {
            label: f"{trial.user_attrs[key]:,.0f}"
            for key, label in labels.items()
            if trial.user_attrs.get(key) is not None
        }

    def study_facts(self, fixed: Mapping[str, Any]) -> Mapping[str, str]:
        return {"data": str(fixed["data.name"])} if "data.name" in fixed else {}

    def pinned_overrides(self, directory: Path) -> list[str]:
        """The number of threads, if the config left it open: floating-point sums depend on it."""
        config = directory / names.HYDRA_DIR / names.CONFIG_FILE
        result = directory / names.RESULT_FILE
        if not config.exists() or not result.exists():
            return []
        if OmegaConf.select(OmegaConf.load(config), THREADS_KEY, default=0) is not None:
            return []
        threads = read_json(result).get("machine", {}).get("threads")
        return [f"{THREADS_KEY}={threads}"] if threads else []
