"""Wrong keys and values of `src/train.py`: one paragraph, before any data is read."""

import subprocess
import sys
from pathlib import Path

import pytest


def train(root: Path, directory: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "src" / "train.py"), "data.root=/nowhere", *overrides],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("modle.num_layers=2", "Did you mean: 'model'"),
        ("model.num_layer=2", "Did you mean one of: 'num_layers'"),
        ("training.epochs=2.5", "Value '2.5' of type 'float' could not be converted to Integer"),
        ("optimizer.lr=-1", "`optimizer.lr` must be a finite number above 0, got -1.0"),
        ("model=transformer", "Could not find 'model/transformer'"),
        ("+trainig.epochs=3", "there is no key `trainig`. Did you mean `training`?"),
        ("+training.epoch=3", "no key `training.epoch`. Did you mean `training.epochs`?"),
        ("+model.neuron=3", "no key `model.neuron`. Did you mean `model.neurons`?"),
        ("+hydra.launcher.worker=3", "no key `hydra.launcher.worker`. Did you mean"),
        (
            "hydra.sweeper.length_parameter=training.epochs",
            "must be null with scheduler tailor.training.one_cycle",
        ),
    ],
)
def test_a_wrong_key_or_value(root: Path, tmp_path: Path, override: str, message: str) -> None:
    done = train(root, tmp_path, override)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "FashionMNIST" not in done.stderr  # no data was read
    assert len(done.stderr) < 1000


def test_help_shows_groups_keys_and_examples(root: Path, tmp_path: Path) -> None:
    text = train(root, tmp_path, "--help").stdout
    for part in ("  * sgd    Stochastic", "num_layers: 3", "python src/train.py -m"):
        assert part in text
    assert text.count("python src/train.py") >= 3


def test_the_composed_config_is_shown(root: Path, tmp_path: Path) -> None:
    text = train(root, tmp_path, "--cfg", "job", "model=mlp").stdout
    assert "_target_: tailor.models.Mlp" in text
    assert list(tmp_path.iterdir()) == []
