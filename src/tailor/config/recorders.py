"""The keys of `recorders`, and the packages they need."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from omegaconf import DictConfig, OmegaConf

from tailor.errors import ConfigError

PACKAGES = {
    "tailor.training.recorders.TensorBoardRecorder": "tensorboard",
    "tailor.training.recorders.MlflowRecorder": "mlflow",
    "tailor.training.recorders.WandbRecorder": "wandb",
}
"""Address of each recorder of ours -> the package that it needs."""


def check_recorder_packages(recorders: Mapping[str, Any] | None) -> None:
    """Check that the packages of our own recorders are installed.

    Raises:
        ConfigError: a package is missing; the message contains the pip command.
    """
    targets = [
        str(recorder.get("_target_")) for recorder in (recorders or {}).values() if recorder
    ]
    packages = [PACKAGES[target] for target in targets if target in PACKAGES]
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ConfigError(
            f"`recorders` names {', '.join(missing)}, which is not installed. Install it: pip "
            f"install {' '.join(missing)}, or leave it out: recorders=none."
        )


def chosen_recorders(config: DictConfig) -> dict[str, Any]:
    """Return the `recorders` of a composed config: by name, a `_target_` with arguments.

    Raises:
        ConfigError: `recorders` is not such a mapping, or needs a package that is not installed.
    """
    chosen = OmegaConf.to_container(config.recorders, resolve=True)
    if not isinstance(chosen, dict) or not all(
        recorder is None or isinstance(recorder, dict) for recorder in chosen.values()
    ):
        raise ConfigError(
            "`recorders` must be a group's option or a mapping of {name: {_target_: ...}}, got "
            f"{chosen!r}."
        )
    check_recorder_packages(chosen)  # type: ignore[arg-type]
    return chosen  # type: ignore[return-value]
