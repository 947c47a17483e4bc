"""Each augmentation against its definition, and torchvision's transform where there is one."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tailor.augment import Augmentation, CutMix, Erase, Flip, Mixup, Shift, apply_all
from tailor.errors import ConfigError
from tailor.torchvision_parts import import_torchvision

import_torchvision()
from torchvision.transforms import v2  # noqa: E402  (imports only after the line above)
from torchvision.transforms.v2 import functional as reference  # noqa: E402

K = 4
STEPS = [
    pytest.param(Flip(p=0.5), id="flip"),
    pytest.param(Shift(pixels=2), id="shift"),
    pytest.param(Erase(p=0.7, scale=(0.05, 0.3), ratio=(0.5, 2.0)), id="erase"),
    pytest.param(Mixup(alpha=0.4), id="mixup"),
    pytest.param(CutMix(alpha=1.0), id="cutmix"),
    pytest.param(CutMix(alpha=1), id="cutmix, a whole number"),
]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(size: int, *, channels: int = 2, height: int = 6, width: int = 8) -> Tensor:
    """Images whose pixels all differ from black."""
    shape = (size, channels, height, width)
    return torch.randint(1, 256, shape, generator=generator(9), dtype=torch.uint8)


def targets_of(size: int) -> Tensor:
    return torch.arange(size) % K


def applied(step: Augmentation, images: Tensor, *, seed: int = 0) -> tuple[Tensor, Tensor]:
    return apply_all([step], images, targets_of(len(images)), generator(seed), num_classes=K)


@pytest.mark.parametrize("step", STEPS)
class TestEveryStep:
    def test_keeps_shape_and_changes_no_argument(self, step: Augmentation) -> None:
        images, targets = batch(16), targets_of(16)
        before = images.clone(), targets.clone()
        result, _ = apply_all([step], images, targets, generator(), num_classes=K)
        assert result.shape == images.shape
        assert torch.equal(images, before[0])
        assert torch.equal(targets, before[1])

    def test_draws_from_its_generator_alone(self, step: Augmentation) -> None:
        images = batch(64)
        torch.manual_seed(1)
        state = torch.get_rng_state()
        first, again, other = (applied(step, images, seed=seed)[0] for seed in (3, 3, 4))
        assert torch.equal(torch.get_rng_state(), state)
        assert torch.equal(first, again)
        assert not torch.equal(first, other)

    def test_each_image_has_a_draw_of_its_own(self, step: Augmentation) -> None:
        one = batch(1).expand(64, -1, -1, -1)
        results, _ = applied(step, one * (1 + torch.arange(64) % 2).view(-1, 1, 1, 1).byte())
        assert len(torch.unique(results.flatten(1), dim=0)) > 2

    def test_one_image_alone_will_do(self, step: Augmentation) -> None:
        assert applied(step, batch(1))[0].shape == (1, 2, 6, 8)


def test_targets_become_probabilities_only_where_a_step_mixes() -> None:
    images, targets = batch(8), targets_of(8)
    plain = apply_all([Flip(p=1)], images, targets, generator(), num_classes=K)[1]
    mixed = apply_all([Flip(p=1), Mixup(1.0)], images, targets, generator(), num_classes=K)[1]
    assert torch.equal(plain, targets)
    assert mixed.shape == (8, K)
    torch.testing.assert_close(mixed.sum(1), torch.ones(8))


class TestFlip:
    def test_always_flipping_is_torchvisions_flip(self) -> None:
        images = batch(5)
        assert torch.equal(applied(Flip(p=1), images)[0], reference.horizontal_flip(images))
        assert torch.equal(applied(Flip(p=0), images)[0], images)

    def test_the_share_of_mirrored_images(self) -> None:
        images = batch(4000, channels=1, height=1, width=2)
        changed = (applied(Flip(p=0.3), images)[0] == images.flip(-1)).flatten(1).all(1)
        same = (images == images.flip(-1)).flatten(1).all(1)
        # 4,000 draws: five standard deviations of the share are 5 * sqrt(0.3 * 0.7 / 4000).
        assert changed[~same].float().mean().item() == pytest.approx(0.3, abs=0.037)


class TestShift:
    def test_each_result_is_a_crop_of_the_padded_image(self) -> None:
        images = batch(200)
        results, _ = applied(Shift(pixels=2), images)
        padded = reference.pad(images, [2, 2, 2, 2])
        used = set()
        for image, result in zip(padded, results, strict=True):
            places = [
                (top, left)
                for top in range(5)
                for left in range(5)
                if torch.equal(reference.crop(image, top, left, 6, 8), result)
            ]
            assert len(places) == 1
            used.update(places)
        assert len(used) == 25  # 200 images miss one of the 25 places once in 140 seeds

    def test_no_pixels_is_no_change(self) -> None:
        images = batch(3)
        assert torch.equal(applied(Shift(pixels=0), images)[0], images)


class TestErase:
    def test_what_is_erased_is_one_black_rectangle(self) -> None:
        images = batch(300, height=12, width=10)
        results, _ = applied(Erase(p=0.6, scale=(0.1, 0.3), ratio=(0.5, 2.0)), images)
        erased = 0
        for image, result in zip(images, results, strict=True):
            changed = (image != result).any(0)
            if not changed.any():
                continue
            erased += 1
            rows, columns = changed.any(1).nonzero(), changed.any(0).nonzero()
            top, left = int(rows[0]), int(columns[0])
            height, width = int(rows[-1]) - top + 1, int(columns[-1]) - left + 1
            value = torch.zeros(2, 1, 1, dtype=torch.uint8)
            expected = reference.erase(image, top, left, height, width, value)
            assert torch.equal(result, expected)
            # Rounding each side moves the area by at most half the other side (and a quarter).
            slack = 0.5 * (height + width) + 0.25
            assert 0.1 * 120 - slack <= height * width <= 0.3 * 120 + slack
        assert erased / 300 == pytest.approx(0.6, abs=0.15)  # five standard deviations

    def test_never_and_everything(self) -> None:
        images = batch(4)
        never = Erase(p=0, scale=(0.1, 0.3), ratio=(0.5, 2.0))
        all_black = Erase(p=1, scale=(1, 1), ratio=(0.75, 0.75))  # 6 x 8 pixels
        assert torch.equal(applied(never, images)[0], images)
        assert applied(all_black, images)[0].sum() == 0


class TestMixup:
    def test_agrees_with_torchvision_where_both_draw_the_same(self) -> None:
        """Of two images the partner is the other one, as under torchvision's roll by one."""
        images, targets = batch(2), torch.tensor([0, 3])
        for seed in range(8):
            results, mixed = apply_all(
                [Mixup(0.7)], images, targets, generator(seed), num_classes=K
            )
            if torch.equal(mixed, F.one_hot(targets, K).float()):
                continue  # each was its own partner
            for index in range(2):
                share = mixed[index, targets[index]].item()
                params = {"lam": share, "labels": targets, "batch_size": 2}
                transform: Any = v2.MixUp(num_classes=K)
                expected = transform.transform(images.float(), params)[index]
                torch.testing.assert_close(results[index], expected)

    def test_images_and_targets_are_blended_by_one_share(self) -> None:
        """With constant images a pixel tells the share."""
        size = 400
        images = (targets_of(size) * 60).byte().view(-1, 1, 1, 1).expand(-1, 1, 3, 3)
        results, mixed = applied(Mixup(1.0), images)
        expected = (mixed * torch.arange(K) * 60).sum(1)
        torch.testing.assert_close(results.mean((1, 2, 3)), expected)
        # Beta(1, 1) is uniform: own shares of pairs of unlike classes average 1/2.
        own = mixed[torch.arange(size), targets_of(size)]
        assert own[own < 1].mean().item() == pytest.approx(0.5, abs=0.09)


class TestCutMix:
    def test_the_targets_hold_the_shares_of_pixels(self) -> None:
        size = 200
        images = (1 + targets_of(size)).byte().view(-1, 1, 1, 1).expand(-1, 1, 7, 9)
        results, mixed = applied(CutMix(1.0), images)
        shares = torch.stack([(results == k + 1).float().mean((1, 2, 3)) for k in range(K)], 1)
        torch.testing.assert_close(mixed, shares)
        assert results.dtype == torch.uint8

    def test_what_is_pasted_is_one_rectangle_of_one_partner(self) -> None:
        images = torch.arange(1, 41, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 7, 9)
        results, _ = applied(CutMix(1.0), images)
        for image, result in zip(images, results, strict=True):
            pasted = (result != image)[0]
            if not pasted.any():
                continue
            rows, columns = pasted.any(1).nonzero(), pasted.any(0).nonzero()
            box = result[0, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            assert len(box.unique()) == 1
            assert box.numel() == pasted.sum()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            lambda: Flip(p=1.5), r"augment\.flip\.p` must be in \[0, 1\], got 1\.5", id="p"
        ),
        pytest.param(lambda: Flip(p=None), r"augment\.flip\.p.*got None", id="no p"),  # type: ignore[arg-type]
        pytest.param(lambda: Shift(pixels=1.5), r"shift\.pixels.*whole.*got 1\.5", id="part"),  # type: ignore[arg-type]
        pytest.param(lambda: Shift(pixels=-1), r"shift\.pixels.*\[0, 1024\], got -1", id="pixels"),
        pytest.param(lambda: Shift(pixels=True), r"shift\.pixels.*got True", id="truth"),
        pytest.param(lambda: Shift(pixels=10**5), r"shift\.pixels.*got 100000", id="wide"),
        pytest.param(
            lambda: Erase(p=0.5, scale=0.1, ratio=(1, 1)),  # type: ignore[arg-type]
            r"erase\.scale.*got 0\.1",
            id="one number",
        ),
        pytest.param(
            lambda: Erase(p=0.5, scale=(0.1, 0.2), ratio=(1, math.inf)),
            r"erase\.ratio.*inf",
            id="infinite ratio",
        ),
        pytest.param(lambda: CutMix(alpha=1e300), r"cutmix\.alpha.*at most", id="huge alpha"),
        pytest.param(
            lambda: Erase(p=0.5, scale=(0.3, 0.1), ratio=(1, 1)), r"erase\.scale.*low", id="scale"
        ),
        pytest.param(
            lambda: Erase(p=0.5, scale=(0.1, 0.3), ratio=(0, 1)), r"erase\.ratio.*low", id="ratio"
        ),
        pytest.param(lambda: Mixup(alpha=0), r"mixup\.alpha.*above 0 .*got 0", id="mixup"),
        pytest.param(lambda: Mixup(alpha=math.inf), r"mixup\.alpha.*got inf", id="infinite"),
        pytest.param(lambda: CutMix(alpha=-1), r"cutmix\.alpha.*above 0 .*got -1", id="cutmix"),
    ],
)
def test_impossible_settings_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()
