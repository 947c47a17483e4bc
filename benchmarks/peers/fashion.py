"""The code that a peer's user writes besides the search: data, network, an epoch of training.

The network, its recipe and the split are those of `python src/train.py`, so that the searches
differ, and the number format (benchmarks/README.md): blocks of convolution, pooling,
normalisation and activation, a dense layer; SGD with momentum, one cycle of the learning rate, 128
images per step.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset

from tailor.torchvision_parts import import_torchvision

torchvision = import_torchvision()  # `import torchvision`, with any build of torch
BATCH_SIZE = 128
WARMUP = 0.2  # share of the steps with a rising rate
WEIGHT_DECAY = 5e-4

Loader = DataLoader[tuple[Tensor, Tensor]]


class Net(nn.Module):
    def __init__(self, num_layers: int, neurons: int) -> None:
        super().__init__()
        channels, side = 1, 28
        layers: list[nn.Module] = []
        for _ in range(num_layers):
            layers.append(nn.Conv2d(channels, neurons, 3, padding=1, bias=False))
            if side > 1:
                layers.append(nn.MaxPool2d(2))
                side //= 2
            layers += [nn.BatchNorm2d(neurons), nn.ReLU(inplace=True)]
            channels = neurons
        layers += [nn.Flatten(), nn.Linear(channels * side * side, 128, bias=False)]
        layers += [nn.BatchNorm1d(128), nn.ReLU(inplace=True), nn.Linear(128, 10)]
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layers(images)
        return logits


def loaders(directory: Path, *, workers: int = 0) -> tuple[Loader, Loader]:
    """Return the loaders of the training and the validation images."""
    images = _images(directory, train=True)
    split = json.loads((directory / "split.json").read_text())
    train = DataLoader(
        Subset(images, split["train"]),
        batch_size=BATCH_SIZE,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    val = DataLoader(
        Subset(images, split["val"]),
        batch_size=BATCH_SIZE,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    return train, val


def test_loader(directory: Path) -> Loader:
    return DataLoader(_images(directory, train=False), batch_size=BATCH_SIZE)


def _images(directory: Path, *, train: bool) -> Dataset[tuple[Tensor, Tensor]]:
    transforms = torchvision.transforms
    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.2860,), (0.3530,))]
    )
    return torchvision.datasets.FashionMNIST(directory, train=train, transform=transform)


def build_optimizer(
    model: nn.Module, lr: float, epochs: int, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Return the optimizer and its schedule for `epochs` of `steps` each."""
    optimizer = torch.optim.SGD(
        model.parameters(), lr=lr, momentum=0.9, nesterov=True, weight_decay=WEIGHT_DECAY
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=lr,
        total_steps=epochs * steps,
        pct_start=WARMUP,
        anneal_strategy="linear",
        cycle_momentum=False,
    )
    return optimizer, scheduler


def train_epoch(
    model: nn.Module,
    loader: Loader,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler,
) -> None:
    model.train()
    for images, targets in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), targets)
        loss.backward()
        optimizer.step()
        scheduler.step()


@torch.no_grad()
def accuracy(model: nn.Module, loader: Loader) -> float:
    """Return the fraction of the images that the network classifies correctly."""
    model.eval()
    right = sum((model(images).argmax(1) == targets).sum().item() for images, targets in loader)
    return right / len(loader.dataset)  # type: ignore[arg-type]
