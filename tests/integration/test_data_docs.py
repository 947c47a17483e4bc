"""The worked examples of `docs/data.md`, run as written."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tailor.data import image_folder
from tests.datasets import random_images, write_folder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    """A directory with the page's files in it."""
    for name, text in BLOCKS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def train(workdir: Path, data: str, **environment: str) -> dict:
    command = [sys.executable, str(ROOT / "src" / "train.py"), "--config-dir", "my_conf"]
    settings = [f"data={data}", "training.epochs=2", "model.num_layers=1", "model.neurons=4"]
    done = subprocess.run(
        [*command, *settings, "hydra.run.dir=run"],
        cwd=workdir,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((workdir / "run" / "result.json").read_text())


def test_one_function_and_one_file(workdir: Path) -> None:
    paths = f"{ROOT / 'src'}{os.pathsep}{workdir}"
    result = train(workdir, "stripes", TAILOR_TRUST="stripes", PYTHONPATH=paths)
    assert result["test"]["accuracy"] > 0.9  # stripes are easy: 100 % in five runs of five


def test_a_folder_of_images(workdir: Path) -> None:
    for split, size in (("train", 60), ("test", 20)):
        images, targets = random_images(size, (20, 30, 3), num_classes=2, seed=size)
        write_folder(workdir / "flowers" / split, images, targets, ("daisy", "rose"))
    result = train(workdir, "flowers", PYTHONPATH=str(ROOT / "src"))
    assert set(result["test"]) == {"accuracy", "loss"}


def test_a_csv_file_with_names_of_images(workdir: Path) -> None:
    images, targets = random_images(12, (8, 8, 3), num_classes=2)
    write_folder(workdir / "images", images, targets * 0, (".",))
    names = [f"{index:04}.png,{('ant', 'bee')[target]}" for index, target in enumerate(targets)]
    (workdir / "labels.csv").write_text("\n".join(["filename,label", *names]))
    subprocess.run([sys.executable, "sort_images.py"], cwd=workdir, check=True)
    splits = [
        image_folder(
            split=split,
            root=str(workdir),
            path="sorted",
            size=8,
            channels=3,
            fit="stretch",
            background="black",
            test_fraction=0.5,
            test_seed=0,
            on_error="raise",
        )
        for split in ("train", "test")
    ]
    assert sum(len(split) for split in splits) == 12
    assert splits[0].classes == ("ant", "bee")
