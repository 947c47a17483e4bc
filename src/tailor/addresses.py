"""The public addresses of this package, and the targets that each config section admits.

Configs are stored in studies and run directories, so these addresses stay valid when modules move.
Users admit their own classes by `TAILOR_TRUST`.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

from hydra_tailor import instantiate
from hydra_tailor.errors import ConfigError

ADMITTED: Mapping[str, tuple[str, ...]] = {
    "data.source": tuple(
        f"tailor.data.{name}"
        for name in (
            "cifar10",
            "cifar100",
            "csv",
            "digits",
            "fashion_mnist",
            "image_folder",
            "kmnist",
            "mnist",
            "npz",
        )
    ),
    "augment": (
        *(f"tailor.augment.{name}" for name in ("CutMix", "Erase", "Flip", "Mixup", "Shift")),
        "tailor.training.Distil",
    ),
    # Whole modules, because Hydra also checks the class of a callable result.
    "model": (
        *(f"tailor.models.{name}" for name in ("Cnn", "Mlp", "ResNet", "TorchvisionModel")),
        "torch.nn.*",
        "torchvision.models.*",
    ),
    "optimizer": ("torch.optim.*",),
    "scheduler": tuple(f"tailor.training.{name}" for name in ("constant", "cosine", "one_cycle")),
    "training.loss": ("torch.nn.*",),
    "recorders": tuple(
        f"tailor.training.recorders.{name}"
        for name in ("MlflowRecorder", "TensorBoardRecorder", "WandbRecorder")
    ),
}
"""Section of the config -> exact names, or `module.*`."""

MOVED: Mapping[str, str] = {
    "tailor.data.augment.CutMix": "tailor.augment.CutMix",
    "tailor.data.augment.Erase": "tailor.augment.Erase",
    "tailor.data.augment.Flip": "tailor.augment.Flip",
    "tailor.data.augment.Mixup": "tailor.augment.Mixup",
    "tailor.data.augment.Shift": "tailor.augment.Shift",
    "tailor.data.cifar.cifar10": "tailor.data.cifar10",
    "tailor.data.cifar.cifar100": "tailor.data.cifar100",
    "tailor.data.csv_images.csv": "tailor.data.csv",
    "tailor.data.digits.digits": "tailor.data.digits",
    "tailor.data.folder.image_folder": "tailor.data.image_folder",
    "tailor.data.mnist.fashion_mnist": "tailor.data.fashion_mnist",
    "tailor.data.mnist.kmnist": "tailor.data.kmnist",
    "tailor.data.mnist.mnist": "tailor.data.mnist",
    "tailor.data.npz.npz": "tailor.data.npz",
    "tailor.training.recorders.mlflow.MlflowRecorder": "tailor.training.recorders.MlflowRecorder",
    "tailor.training.recorders.tensorboard.TensorBoardRecorder": (
        "tailor.training.recorders.TensorBoardRecorder"
    ),
    "tailor.training.recorders.wandb.WandbRecorder": "tailor.training.recorders.WandbRecorder",
    "tailor.training.schedule.constant": "tailor.training.constant",
    "tailor.training.schedule.cosine": "tailor.training.cosine",
    "tailor.training.schedule.one_cycle": "tailor.training.one_cycle",
}
"""Addresses of version 0.1, found in run directories from before the public addresses."""


def build(
    section: str, config: Mapping[str, Any], *, key: str | None = None, **arguments: Any
) -> Any:
    """Build the `_target_` of a config, if its section admits it; see `hydra_tailor.instantiate`.

    Args:
        section: a key of `ADMITTED`.
        config: a mapping with `_target_`.
        key: of the config, if it is not `section` itself.
        arguments: passed to the target, besides those of the config.

    Raises:
        ConfigError: the section does not admit the target, or the target rejects its arguments.
    """
    return instantiate.build(key or section, config, trusted=ADMITTED[section], **arguments)


def check_arguments(section: str, config: Mapping[str, Any], *, key: str | None = None) -> None:
    """Check that the `_target_` of a config has parameters of these names, without calling it.

    Raises:
        ConfigError: it has not, or the section does not admit the target.
    """
    call = build(section, {**config, "_partial_": True}, key=key)
    try:
        signature(call.func).bind_partial(**call.keywords)
    except TypeError as error:
        raise ConfigError(
            f"`{key or section}`: {config['_target_']!r} cannot be built: {error}"
        ) from error


def with_current_addresses(value: Any) -> Any:
    """Return plain containers in which every `_target_` is a current address."""
    if isinstance(value, dict):
        return {
            key: MOVED.get(inner, inner)
            if key == "_target_" and isinstance(inner, str)
            else with_current_addresses(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [with_current_addresses(inner) for inner in value]
    return value
