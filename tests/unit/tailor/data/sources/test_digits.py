import torch

from tailor.data.sources.digits import digits


def test_sizes_and_grey_levels() -> None:
    train, test = digits(split="train"), digits(split="test")
    assert (len(train), len(test)) == (1437, 360)
    assert train.shape == (1, 8, 8)
    assert int(train.images.max()) == 255
    assert train.images.unique().numel() == 17  # 0 to 16
    assert torch.bincount(test.targets).min() >= 34
