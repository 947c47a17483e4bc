from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir

from tailor import config as schema
from tailor.config import RunConfig
from tailor.data import DataSplits, LabelledImages

CONF = Path(__file__).parents[4] / "conf"


@pytest.fixture
def config_of() -> Callable[..., RunConfig]:
    """Compose a small run out of `conf/`: a config of two epochs, changed by overrides."""

    def make(*overrides: str) -> RunConfig:
        schema.register()
        small = [
            "data=digits",
            "model.num_layers=1",
            "model.neurons=4",
            "model.head_neurons=8",
            "training.epochs=2",
            "training.batch_size=16",
            "training.threads=1",
            "training.device=cpu",  # elsewhere sums depend on their order
        ]
        with initialize_config_dir(str(CONF)):
            return schema.run_config(compose("train", [*small, *overrides]))

    return make


def _images(size: int, seed: int) -> LabelledImages:
    """Three classes that a network can tell apart: bright rows at different heights."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(size) % 3
    images = torch.randint(0, 120, (size, 1, 6, 6), generator=generator, dtype=torch.uint8)
    images[torch.arange(size), 0, 2 * targets] += 100
    return LabelledImages(images, targets, ("top", "middle", "bottom"))


@pytest.fixture
def splits() -> DataSplits:
    return DataSplits(
        train=_images(50, seed=1),
        val=_images(24, seed=2),
        mean=torch.tensor([70.0]),
        std=torch.tensor([50.0]),
    )
