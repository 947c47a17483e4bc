from __future__ import annotations

import pytest
import torch

from tailor.data.batches import Normalise, shuffled_batches

CPU = torch.device("cpu")


def batches(size: int, batch_size: int, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return list(shuffled_batches(size, batch_size, generator=generator, device=CPU))


@pytest.mark.parametrize(
    ("size", "batch_size", "lengths"),
    [
        pytest.param(8, 4, [4, 4], id="even"),
        pytest.param(10, 4, [4, 4, 2], id="a smaller last one"),
        pytest.param(9, 4, [4, 5], id="a last image alone joins the others"),
        pytest.param(3, 4, [3], id="less than a batch"),
        pytest.param(1, 4, [1], id="one image"),
        pytest.param(3, 1, [1, 1, 1], id="batches of one"),
    ],
)
def test_every_image_is_seen_once(size: int, batch_size: int, lengths: list[int]) -> None:
    drawn = batches(size, batch_size)
    assert [len(batch) for batch in drawn] == lengths
    assert sorted(torch.cat(drawn).tolist()) == list(range(size))


def test_the_generator_decides_the_order() -> None:
    orders = [torch.cat(batches(100, 10, seed)).tolist() for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]


def test_normalised_pixels_have_no_mean_and_unit_deviation() -> None:
    images = torch.randint(0, 256, (50, 3, 8, 8), dtype=torch.uint8)
    before = images.clone()
    floats = images.double()
    mean, std = floats.mean((0, 2, 3)), floats.std((0, 2, 3), correction=0)
    result = Normalise(mean.float(), std.float(), device=CPU)(images)
    assert result.dtype == torch.float32
    assert result.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(result.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(result.std((0, 2, 3), correction=0), torch.ones(3))
    assert torch.equal(images, before)


def test_float_images_are_normalised_and_stay_as_they_are() -> None:
    images = torch.rand(4, 1, 5, 5).mul(255).to(memory_format=torch.channels_last)
    before = images.clone()
    result = Normalise(torch.tensor([100.0]), torch.tensor([50.0]), device=CPU)(images)
    torch.testing.assert_close(result, (before - 100) / 50)
    assert torch.equal(images, before)
