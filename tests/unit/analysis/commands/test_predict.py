"""Files of the training folder are read to the same pixels as in training."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from analysis.commands.predict import read_all, reader_of
from tailor.data.sources.folder import image_folder
from tailor.errors import DataError

SETTINGS = {
    "path": ".",
    "background": "black",
    "test_fraction": 0.5,
    "test_seed": 0,
    "on_error": "raise",
}


def restored_from(root, **settings):
    """The attributes that `reader_of` needs of a trial trained on the images below `root`."""
    source = {"root": str(root), **SETTINGS, **settings}
    return SimpleNamespace(
        splits=SimpleNamespace(train=image_folder(split="train", **source)),
        config=SimpleNamespace(
            data=SimpleNamespace(source={"_target_": "tailor.data.image_folder", **source})
        ),
    )


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Two classes of pictures that different readers could decode differently."""
    monkeypatch.setenv("TAILOR_CACHE_DIR", str(tmp_path / "cache"))
    generator = np.random.default_rng(0)
    pictures = [
        Image.fromarray(generator.integers(0, 256, (40, 20, 4), dtype=np.uint8)),  # transparent
        Image.fromarray(generator.integers(0, 2**16, (30, 60), dtype=np.uint16)),  # 16 bits
        Image.fromarray(np.full((50, 25, 3), 255, np.uint8)),  # light
    ]
    for name in "ab":
        folder = tmp_path / "train" / name
        folder.mkdir(parents=True)
        for number, picture in enumerate(pictures):
            picture.save(folder / f"{number}.png")
    (tmp_path / "test" / "a").mkdir(parents=True)
    pictures[0].save(tmp_path / "test" / "a" / "0.png")
    return tmp_path


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
def test_the_same_pixels(root, fit, channels):
    restored = restored_from(root, size=16, channels=channels, fit=fit)
    read = reader_of(restored)
    images = [read(path) for path in sorted((root / "train" / "a").iterdir())]
    assert torch.equal(
        torch.stack([image.pixels for image in images]), restored.splits.train.images[:3]
    )
    assert images[0].steps == (f"read like the training images: {fit} to 16 x 16",)


def test_images_of_other_sizes_are_converted_to_the_size_of_the_folder(root):
    for path in sorted(root.rglob("*.png")):
        Image.open(path).convert("RGB").resize((12, 10)).save(path)
    read = reader_of(restored_from(root, size=None, channels=3, fit="crop"))
    Image.new("RGB", (90, 30)).save(root / "other.png")
    assert read(root / "other.png").pixels.shape == (3, 10, 12)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no image file"), (b"text", "cannot be read as an image .not an image")],
)
def test_files_that_are_not_images_are_rejected(root, content, message):
    if content is not None:
        (root / "file.png").write_bytes(content)
    read = reader_of(restored_from(root, size=16, channels=3, fit="stretch"))
    with pytest.raises(DataError, match=message):
        read(root / "file.png")


def test_the_other_files_are_read_after_one_that_cannot_be(root):
    (root / "text.png").write_bytes(b"text")
    good = sorted((root / "train" / "a").iterdir())
    paths = [good[0], root / "text.png", root / "absent.png", good[1]]
    images, faults = read_all(
        paths, reader_of(restored_from(root, size=16, channels=3, fit="pad"))
    )
    assert list(images) == good[:2]
    assert [str(path) in fault for path, fault in zip(paths[1:3], faults, strict=True)] == [
        True
    ] * 2


def test_a_deep_image_gets_the_white_of_the_training_images(root):
    """By itself it would be taken for one of 12 bits."""
    dark = np.full((30, 60), 3000, np.uint16)
    Image.fromarray(dark).save(root / "dark.png")
    image = reader_of(restored_from(root, size=16, channels=1, fit="stretch"))(root / "dark.png")
    assert image.pixels.unique().tolist() == [12]  # of 255, as 3,000 of 65,535
    assert "warning: the converted image is blank" in image.steps[-1]
