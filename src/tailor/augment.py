"""Batched augmentations: random parameters are drawn separately for each image of a batch.

A step is called with images [B, C, H, W] (uint8 or float, black is 0), targets and a generator on
the images' device; it returns new images and targets and changes neither argument. Targets are [B]
class indices; if any step of the run mixes images (its `mixes` is true), all steps receive and
return [B, K] probabilities. `conf/augment/` combines steps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from hydra_tailor.bounds import is_number, is_whole
from tailor.addresses import build
from tailor.errors import ConfigError

Batch = tuple[Tensor, Tensor]

MAX_SHIFT = 1024
"""Pixels; a wider border has no use and fills the memory."""
MAX_ALPHA = 1e6
"""Of a beta distribution: above, every draw is 0.5."""
ALPHA_RULE = f"above 0 and at most {MAX_ALPHA:g}"


class Augmentation(Protocol):
    def __call__(self, images: Tensor, targets: Tensor, generator: torch.Generator) -> Batch: ...


def build_all(steps: Mapping[str, Mapping[str, Any]]) -> list[Augmentation]:
    """Build the steps of `augment`, in their order.

    Raises:
        ConfigError: a step's target is not admitted, or rejects its arguments.
    """
    return [build("augment", step, key=f"augment.{name}") for name, step in steps.items()]


def apply_all(
    steps: Sequence[Augmentation],
    images: Tensor,
    targets: Tensor,
    generator: torch.Generator,
    *,
    num_classes: int,
) -> Batch:
    """Apply the steps in order to images [B, C, H, W] and class indices [B]."""
    if any(getattr(step, "mixes", False) for step in steps):
        targets = F.one_hot(targets, num_classes).float()
    for step in steps:
        images, targets = step(images, targets, generator)
    return images, targets


def _uniform(size: int, generator: torch.Generator) -> Tensor:
    return torch.rand(size, generator=generator, device=generator.device)


def _check(key: str, holds: bool, rule: str, value: object) -> None:
    if not holds:
        raise ConfigError(f"`augment.{key}` must be {rule}, got {value!r}.")


def _number(value: object) -> float:
    """A finite number itself; for anything else NaN, which no rule admits."""
    if is_number(value) and math.isfinite(value):
        return value
    return math.nan


def _pair(value: object) -> tuple[float, float]:
    """Two finite numbers themselves; for anything else NaN, which no rule admits."""
    if isinstance(value, Sequence) and len(value) == 2:
        return _number(value[0]), _number(value[1])
    return math.nan, math.nan


@dataclass(frozen=True)
class Flip:
    """Mirror an image left to right with probability `p`."""

    p: float

    def __post_init__(self) -> None:
        _check("flip.p", 0 <= _number(self.p) <= 1, "in [0, 1]", self.p)

    def __call__(self, images: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        chosen = _uniform(len(images), generator) < self.p
        return torch.where(chosen.view(-1, 1, 1, 1), images.flip(-1), images), targets


@dataclass(frozen=True)
class Shift:
    """Pad by `pixels` of black on each side and crop back at a random position."""

    pixels: int

    def __post_init__(self) -> None:
        rule = f"a whole number in [0, {MAX_SHIFT}]"
        _check(
            "shift.pixels",
            is_whole(self.pixels) and 0 <= self.pixels <= MAX_SHIFT,
            rule,
            self.pixels,
        )

    def __call__(self, images: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        pad = self.pixels
        size, _, height, width = images.shape
        offsets = torch.randint(
            2 * pad + 1, (2, size), generator=generator, device=generator.device
        )
        padded = F.pad(images, (pad, pad, pad, pad))
        # View of all windows, [B, C, 2 pad + 1, 2 pad + 1, H, W]; the index takes one per image.
        windows = padded.unfold(2, height, 1).unfold(3, width, 1)
        rows = torch.arange(size, device=images.device)
        return windows[rows, :, offsets[0], offsets[1]], targets


@dataclass(frozen=True)
class Erase:
    """Fill a rectangle with black, with probability `p`.

    Its share of the image's area is drawn uniformly from `scale`, its ratio of height to width
    log-uniformly from `ratio`. Its sides are clamped to the image's, and it lies inside the image.

    Source: Zhong et al. 2017, arXiv:1708.04896, algorithm 1 (one attempt, clamped to the image).
    """

    p: float
    scale: tuple[float, float]
    ratio: tuple[float, float]

    def __post_init__(self) -> None:
        _check("erase.p", 0 <= _number(self.p) <= 1, "in [0, 1]", self.p)
        low, high = _pair(self.scale)
        rule = "[low, high] with 0 < low <= high <= 1"
        _check("erase.scale", 0 < low <= high <= 1, rule, self.scale)
        low, high = _pair(self.ratio)
        _check("erase.ratio", 0 < low <= high, "[low, high] with 0 < low <= high", self.ratio)

    def __call__(self, images: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        size, _, height, width = images.shape
        low, high = self.scale
        area = height * width * (low + (high - low) * _uniform(size, generator))
        log_low, log_high = map(math.log, self.ratio)
        ratio = (log_low + (log_high - log_low) * _uniform(size, generator)).exp()
        box_height = (area * ratio).sqrt().round().clamp(1, height)
        box_width = (area / ratio).sqrt().round().clamp(1, width)
        inside = _boxes(box_height, box_width, height, width, generator)
        chosen = _uniform(size, generator) < self.p
        return images.masked_fill(inside & chosen.view(-1, 1, 1, 1), 0), targets


def _boxes(
    box_height: Tensor, box_width: Tensor, height: int, width: int, generator: torch.Generator
) -> Tensor:
    """Masks [B, 1, H, W] of boxes of sizes [B], at uniformly drawn positions inside the image."""
    size = len(box_height)
    top = (_uniform(size, generator) * (height - box_height + 1)).floor().view(-1, 1)
    left = (_uniform(size, generator) * (width - box_width + 1)).floor().view(-1, 1)
    y = torch.arange(height, device=generator.device).view(1, -1)
    x = torch.arange(width, device=generator.device).view(1, -1)
    rows = (y >= top) & (y < top + box_height.view(-1, 1))  # [B, H]
    columns = (x >= left) & (x < left + box_width.view(-1, 1))  # [B, W]
    return (rows.unsqueeze(2) & columns.unsqueeze(1)).unsqueeze(1)


def _beta(alpha: float, size: int, generator: torch.Generator) -> Tensor:
    """Draw [B] from Beta(alpha, alpha): the ratio of two gamma variates."""
    concentration = torch.full((2, size), float(alpha), device=generator.device)
    gammas = torch._standard_gamma(concentration, generator=generator)
    return gammas[0] / gammas.sum(0).clamp_min(torch.finfo(gammas.dtype).tiny)


@dataclass(frozen=True)
class Mixup:
    """Blend each image and target with another of the batch, weighted by Beta(alpha, alpha).

    Source: Zhang et al. 2017, arXiv:1710.09412, equation 1.
    """

    mixes: ClassVar[bool] = True
    alpha: float

    def __post_init__(self) -> None:
        _check("mixup.alpha", 0 < _number(self.alpha) <= MAX_ALPHA, ALPHA_RULE, self.alpha)

    def __call__(self, images: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        size = len(images)
        weight = _beta(self.alpha, size, generator)
        partner = torch.randperm(size, generator=generator, device=generator.device)
        pixels = images.float()
        mixed = torch.lerp(pixels[partner], pixels, weight.view(-1, 1, 1, 1))
        return mixed, torch.lerp(targets[partner], targets, weight.view(-1, 1))


@dataclass(frozen=True)
class CutMix:
    """Paste a rectangle of another image; the targets are mixed by the share of pixels kept.

    Source: Yun et al. 2019, arXiv:1905.04899, section 3.1 (the rectangle always inside the image).
    """

    mixes: ClassVar[bool] = True
    alpha: float

    def __post_init__(self) -> None:
        _check("cutmix.alpha", 0 < _number(self.alpha) <= MAX_ALPHA, ALPHA_RULE, self.alpha)

    def __call__(self, images: Tensor, targets: Tensor, generator: torch.Generator) -> Batch:
        size, _, height, width = images.shape
        side = (1 - _beta(self.alpha, size, generator)).sqrt()
        inside = _boxes((side * height).round(), (side * width).round(), height, width, generator)
        partner = torch.randperm(size, generator=generator, device=generator.device)
        kept_share = 1 - inside.float().mean((1, 2, 3))
        mixed = torch.lerp(targets[partner], targets, kept_share.view(-1, 1))
        return torch.where(inside, images[partner], images), mixed
