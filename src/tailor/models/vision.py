"""Any classifier of torchvision, by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tailor.errors import ModelError
from tailor.torchvision_parts import import_torchvision

WITH_AUXILIARY_OUTPUTS = ("googlenet", "inception_v3")
"""Networks whose auxiliary outputs are turned off: a loss takes one output."""


class TorchvisionModel(nn.Module):
    """A torchvision network with fresh weights, its first convolution adapted to the channels.

    Args:
        in_shape: channels, height and width of an image.
        num_classes: K, the length of the logits.
        name: as in `torchvision.models.list_models()`.
        image_size: side in pixels to which images are scaled first; None: no scaling.
        options: further arguments of the network's builder.

    Raises:
        ModelError: there is no such classifier, or it does not fit the images.
    """

    def __init__(
        self,
        *,
        in_shape: Sequence[int],
        num_classes: int,
        name: str,
        image_size: int | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self._image_size = image_size
        models = import_torchvision().models
        classifiers = models.list_models(module=models)  # without detection and video
        if name not in classifiers:
            raise ModelError(
                f"`model.name` must be a classifier of torchvision, got {name!r}. There are: "
                f"{', '.join(classifiers)}."
            )
        if name in WITH_AUXILIARY_OUTPUTS:
            if (options or {}).get("aux_logits"):
                raise ModelError(
                    "`model.options.aux_logits` must be false, got true: a loss takes one output."
                )
            options = {"aux_logits": False, "init_weights": True, **(options or {})}
        try:
            self.body = models.get_model(
                name, weights=None, num_classes=num_classes, **(options or {})
            )
        except (TypeError, ValueError) as error:
            raise ModelError(f"torchvision's {name} refuses `model.options`: {error}") from error
        _fit_channels(self.body, in_shape[0])
        self.head = _take_head(self.body, name)
        self._check_output(in_shape, num_classes, name)

    def _check_output(self, in_shape: Sequence[int], num_classes: int, name: str) -> None:
        self.eval()
        try:
            with torch.no_grad():
                logits = self(torch.zeros(1, *in_shape))
            fits = isinstance(logits, Tensor) and list(logits.shape) == [1, num_classes]
            reason = "its output is not one row of logits per image"
        except (RuntimeError, AssertionError, ValueError) as error:
            fits, reason = False, str(error).partition("\n")[0]
        if not fits:
            raise ModelError(
                f"torchvision's {name} does not fit images of {in_shape[1]} x {in_shape[2]} "
                f"pixels{f' scaled to {self._image_size}' if self._image_size else ''}: {reason}. "
                "Try model.image_size=64 (or 224), or another model.name."
            )
        self.train()

    def features(self, images: Tensor) -> Tensor:
        """Return the input of the head, [B, F], for images [B, C, H, W] float."""
        if self._image_size is not None:
            size = (self._image_size, self._image_size)
            images = F.interpolate(images, size, mode="bilinear", antialias=False)
        features: Tensor = self.body(images)
        return features

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(images))
        return logits


def _fit_channels(body: nn.Module, channels: int) -> None:
    """Replace the first convolution by one with `channels` input channels."""
    for path, module in body.named_modules():
        if isinstance(module, nn.Conv2d):
            if module.in_channels != channels:
                _replace(body, path, _with_channels(module, channels))
            return


def _with_channels(old: nn.Conv2d, channels: int) -> nn.Conv2d:
    new = nn.Conv2d(
        channels,
        old.out_channels,
        kernel_size=old.kernel_size,  # type: ignore[arg-type]
        stride=old.stride,  # type: ignore[arg-type]
        padding=old.padding,  # type: ignore[arg-type]
        bias=old.bias is not None,
    )
    nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
    if new.bias is not None:
        nn.init.zeros_(new.bias)
    return new


def _take_head(body: nn.Module, name: str) -> nn.Linear:
    """Remove the final linear layer and return it; the body then returns the features."""
    linear = [(path, module) for path, module in body.named_modules() if type(module) is nn.Linear]
    if not linear:
        raise ModelError(f"torchvision's {name} has no linear layer. Try another model.name.")
    path, head = linear[-1]
    _replace(body, path, nn.Identity())
    return head


def _replace(body: nn.Module, path: str, module: nn.Module) -> None:
    parent, _, child = path.rpartition(".")
    setattr(body.get_submodule(parent), child, module)
