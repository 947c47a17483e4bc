"""Datasets as a run loads them: through `conf/`, in several processes, from the real files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir

from tailor import config as schema
from tailor.config import DataConfig, RunConfig
from tailor.data import LabelledImages, load, load_test
from tailor.data.sources.mnist import fashion_mnist
from tailor.errors import DataError
from tailor.training import fit
from tests.datasets import random_images, write_csv, write_mnist_like
from tests.together import run_together

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("TAILOR_DATA_DIR", "data"))
needs_real_data = pytest.mark.skipif(
    not (REAL / "FashionMNIST" / "raw" / "train-images-idx3-ubyte.gz").is_file(),
    reason=f"Fashion-MNIST is not in {REAL}",
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAILOR_CACHE_DIR", str(tmp_path / "cache"))


def run_config(*overrides: str) -> RunConfig:
    schema.register()
    with initialize_config_dir(str(ROOT / "conf")):
        return schema.run_config(compose("train", list(overrides)))


def data_config(*overrides: str) -> DataConfig:
    return run_config(*overrides).data


def parts(config: DataConfig) -> tuple[LabelledImages, LabelledImages]:
    splits = load(config)
    return splits.train, splits.val


@pytest.mark.parametrize("data", ["fashion_mnist", "mnist", "kmnist"])
def test_the_mnist_family_from_a_directory_of_gz_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str
) -> None:
    dataset = {"fashion_mnist": "FashionMNIST", "mnist": "MNIST", "kmnist": "KMNIST"}[data]
    write_mnist_like(tmp_path / "data here", dataset, monkeypatch, train=100, test=30)
    monkeypatch.setenv("TAILOR_DATA_DIR", str(tmp_path / "data here"))
    config = data_config(f"data={data}")
    splits = load(config)
    assert (len(splits.train), len(splits.val), len(load_test(config))) == (80, 20, 30)


def test_no_network_and_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tailor.torchvision_parts import import_torchvision

    published = import_torchvision().datasets.FashionMNIST
    monkeypatch.setattr(published, "mirrors", ["http://127.0.0.1:9/"])
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("TAILOR_DATA_DIR", str(tmp_path))
    with pytest.raises(DataError) as caught:
        load(data_config())
    for part in (str(tmp_path / "FashionMNIST" / "raw"), "TAILOR_DATA_DIR", "data=digits"):
        assert part in str(caught.value)


BUILDER = """
import sys, time
from pathlib import Path
from tailor.data import cached
from tests.datasets import labelled

source, calls = map(Path, sys.argv[1:])

def decode():
    with calls.open("a") as file:
        file.write("decoded\\n")
    time.sleep(0.2)
    return labelled()

print("ready", flush=True)
sys.stdin.readline()
images = cached("toy", files=[source], settings={}, decode=decode)
print(int(images.images.sum()))
"""


def test_processes_that_start_at_once_decode_once(tmp_path: Path) -> None:
    source, calls = tmp_path / "source", tmp_path / "calls"
    source.write_bytes(b"bytes")
    command = [sys.executable, "-c", BUILDER, str(source), str(calls)]
    sums = set(run_together(command, n=3))
    assert len(sums) == 1
    assert calls.read_text() == "decoded\n"


@pytest.mark.real_data
@needs_real_data
def test_real_fashion_mnist() -> None:
    config = data_config(f"data.root={REAL}")
    splits = load(config)
    assert (len(splits.train), len(splits.val)) == (48_000, 12_000)
    assert torch.bincount(splits.val.targets).tolist() == [1_200] * 10
    assert splits.train.shape == (1, 28, 28)
    assert splits.mean.item() / 255 == pytest.approx(0.286, abs=0.001)
    assert splits.std.item() / 255 == pytest.approx(0.353, abs=0.001)
    test = load_test(config)
    assert torch.bincount(test.targets).tolist() == [1_000] * 10
    assert test.classes[-1] == "Ankle boot"


@pytest.mark.real_data
@needs_real_data
def test_a_start_with_a_fresh_cache_imports_no_torchvision() -> None:
    fashion_mnist(split="train", root=str(REAL))
    code = (
        "import sys\nfrom tailor.data.sources.mnist import fashion_mnist\n"
        f"assert len(fashion_mnist(split='train', root={str(REAL)!r})) == 60_000\n"
        "assert 'torchvision' not in sys.modules\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


@pytest.mark.slow
@pytest.mark.real_data
@needs_real_data
def test_real_fashion_mnist_as_csv_trains_to_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    small = ("data.subset=2000", "model.num_layers=1", "model.neurons=4", "training.epochs=1")
    original = run_config(f"data.root={REAL}", *small)
    for split in ("train", "test"):
        images = fashion_mnist(split=split, root=str(REAL))
        write_csv(tmp_path / f"{split}.csv", images.images.numpy(), images.targets.numpy())
    names = ",".join(images.classes)
    monkeypatch.setenv("TAILOR_DATA_DIR", str(tmp_path))
    files = ("data.source.train=train.csv", "data.source.test=test.csv")
    as_csv = run_config("data=csv", *files, f"data.source.classes=[{names}]", *small)
    for first, second in zip(
        (*parts(original.data), load_test(original.data)),
        (*parts(as_csv.data), load_test(as_csv.data)),
        strict=True,
    ):
        assert torch.equal(first.images, second.images)
        assert torch.equal(first.targets, second.targets)
        assert first.classes == second.classes
    numbers = [
        fit(config, load(config.data), tmp_path / config.data.name).as_dict()
        for config in (original, as_csv)
    ]
    for key in ("val_accuracy", "val_loss", "best_epoch", "parameters"):
        assert numbers[0][key] == numbers[1][key]


def test_describe_prints_and_draws(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "tailor.data", "describe", "data=digits"]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert "8 x 8 pixels, 1 channel" in done.stdout
    assert "1,149" in done.stdout  # training images of all classes
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.glob("outputs/**/*.*"))
    assert [path.name for path in written] == ["description.json", "samples.png"]


def test_describe_reports_missing_data_as_one_paragraph(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TAILOR_DATA_DIR": "nowhere"}
    command = [sys.executable, "-m", "tailor.data", "describe", "data=image_folder"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: there is no folder")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_search_is_not_continued_on_other_images(tmp_path: Path) -> None:
    for seed, folder in enumerate(("here", "there")):
        images, targets = random_images(40, (8, 8), num_classes=2, seed=seed)
        (tmp_path / folder).mkdir()
        for split in ("train", "test"):
            write_csv(tmp_path / folder / f"{split}.csv", images, targets)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    words = [
        *("-m", "~search", "seed=0,1", "hydra.sweeper.n_trials=1", "hydra.sweeper.n_jobs=1"),
        *("training.epochs=1", "data=csv", "data.source.train=train.csv"),
        "data.source.test=test.csv",
    ]

    def search(folder: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "src/train.py"), *words, f"data.root={folder}"]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=tmp_path
        )

    assert search("here").returncode == 0
    refused = search("there")
    assert refused.returncode == 1
    assert re.search("with other data.*checksum of the images of data=csv", refused.stderr, re.S)
    assert "Traceback" not in refused.stderr
    (tmp_path / "here").rename(tmp_path / "moved")
    assert search("moved").returncode == 0
