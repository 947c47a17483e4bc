"""Wrong keys and values of `src/train.py`: one paragraph, before any data is read."""

import re
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
        ("hydra.run.dir=${oc.env:NOPE}", "Environment variable 'NOPE' not found"),
        ("training.epochs=2.5", "Value '2.5' of type 'float' could not be converted to Integer"),
        ("optimizer.lr=-1", "`optimizer.lr` must be a finite number above 0, got -1.0"),
        ("model=transformer", "Could not find 'model/transformer'"),
        ("+trainig.epochs=3", "there is no key `trainig`. Did you mean `training`?"),
        ("+training.epoch=3", "no key `training.epoch`. Did you mean `training.epochs`?"),
        ("+model.neuron=3", "no key `model.neuron`. Did you mean `model.neurons`?"),
        ("++hydra.n_trials=3", "there is no key `hydra.n_trials`"),
        ("++hydra.sweep.foo=3", "there is no key `hydra.sweep.foo`. The keys are dir, subdir"),
        ("hydra.job.chdir=true", "`hydra.job.chdir` must be false"),
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
    assert "use +" not in done.stderr  # refused, too
    assert "FashionMNIST" not in done.stderr  # no data was read
    assert len(done.stderr) < 1000


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "hydra.sweeper.target=${oc.env:NOPE}"),
        ("-m", "hydra.sweeper.study_name=${nope}"),
        ("--cfg", "hydra", "--resolve"),
    ],
)
def test_a_value_that_refers_to_nothing(root: Path, tmp_path: Path, words: tuple[str]) -> None:
    done = train(root, tmp_path, *words)
    assert done.returncode == 1
    assert re.fullmatch(r"error: .*not found.* \(`hydra\.[\w.]+`\)\.\n", done.stderr)


@pytest.mark.parametrize(
    ("test_file", "message"),
    [
        pytest.param(
            "pixel0,pixel1,pixel2,pixel3", "lacks the label's column 'label'", id="label"
        ),
        pytest.param("label,p0,p1,p2,p3", "must have the columns of", id="other-columns"),
        pytest.param("label,pixel0", "must have the 4 pixels per image", id="another-size"),
        pytest.param(None, "there is no file", id="missing"),
    ],
)
def test_a_wrong_test_file_is_found_before_a_search_begins(
    root: Path, tmp_path: Path, test_file: str | None, message: str
) -> None:
    rows = "".join(f"{label},1,2,3,{value}\n" for label in (0, 1) for value in range(10))
    (tmp_path / "train.csv").write_text("label,pixel0,pixel1,pixel2,pixel3\n" + rows)
    if test_file is not None:
        zeros = ",".join("0" * (1 + test_file.count(",")))
        (tmp_path / "test.csv").write_text(f"{test_file}\n{zeros}\n")
    files = ["data.source.train=train.csv", "data.source.test=test.csv"]
    refused = train(root, tmp_path, "-m", "data=csv", *files, f"data.root={tmp_path}")
    assert refused.returncode == 1
    assert message in refused.stderr
    assert "test.csv" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "multirun" / "tailor.db").exists()


def test_a_wrong_augmentation_is_found_before_a_search_begins(root: Path, tmp_path: Path) -> None:
    refused = train(root, tmp_path, "-m", "data=digits", "augment=flip", "augment.flip.p=2")
    assert refused.returncode == 1
    assert "`augment.flip.p` must be in [0, 1], got 2" in refused.stderr
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("model=cnn,mpl", "Could not find 'model/mpl'"),
        ("model.norm=choice(batch,layer)", "`model.norm` must be one of"),
        ("optimizer.lr=0.1,O.2", "'O.2' of type 'str' could not be converted to Float"),
        ("hydra.launcher.workers=0", "`hydra.launcher.workers` must be 1 or more"),
        (
            "+recorders.own={_target_: tailor.training.recorders.MlflowRecorder, folder: a}",
            "`recorders.own`: 'tailor.training.recorders.MlflowRecorder' cannot be built: got an "
            "unexpected keyword argument 'folder'",
        ),
        (
            "training.loss={_target_: torch.nn.CrossEntropyLoss, smoothing: 0.1}",
            "`training.loss`: 'torch.nn.CrossEntropyLoss' cannot be built: got an unexpected "
            "keyword argument 'smoothing'",
        ),
        (
            "+data.source.limit=9",
            "`data.source`: 'tailor.data.digits' cannot be built: got an unexpected keyword",
        ),
    ],
)
def test_every_choice_is_checked_before_a_search_begins(
    root: Path, tmp_path: Path, word: str, message: str
) -> None:
    refused = train(root, tmp_path, "-m", "data=digits", word)
    assert refused.returncode != 0
    assert message in refused.stderr + refused.stdout
    assert "cannot be written" not in refused.stderr
    assert not (tmp_path / "multirun").exists()


def test_trials_that_could_not_be_analysed_are_not_begun(root: Path, tmp_path: Path) -> None:
    refused = train(root, tmp_path, "-m", "hydra.output_subdir=null")
    assert refused.returncode == 1
    assert "`hydra.output_subdir` must be .hydra in a search, got None" in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("launcher", ["local", "basic"])
def test_a_device_that_is_not_here_is_found_before_a_search_begins(
    root: Path, tmp_path: Path, launcher: str
) -> None:
    refused = train(root, tmp_path, "-m", f"hydra/launcher={launcher}", "training.device=cuda:99")
    assert refused.returncode == 1
    assert "`training.device` must name a device of this machine" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_shows_groups_keys_and_examples(root: Path, tmp_path: Path) -> None:
    text = train(root, tmp_path, "--help").stdout
    for part in ("  * sgd    Stochastic", "num_layers: 3", "python src/train.py -m"):
        assert part in text
    assert text.count("python src/train.py") >= 3


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["-m", "tailor.data", "--help"], ["describe data=NAME", "  * fashion_mnist", "subset:"]),
        (["-m", "tailor.data", "describe", "data=csv", "--help"], ["  * csv", "delimiter: null"]),
        (["src/dashboard.py", "--help"], ["port: 8080", "TAILOR_PICTURES"]),
    ],
    ids=" ".join,
)
def test_help_of_other_commands_is_of_their_keys(
    words: list[str], parts: list[str], root: Path
) -> None:
    done = subprocess.run(
        [sys.executable, *words], cwd=root, capture_output=True, text=True, check=True
    )
    assert [part for part in parts if part not in done.stdout] == []
    assert "optimizer" not in done.stdout


def test_the_composed_config_is_shown(root: Path, tmp_path: Path) -> None:
    text = train(root, tmp_path, "--cfg", "job", "model=mlp").stdout
    assert "_target_: tailor.models.Mlp" in text
    assert list(tmp_path.iterdir()) == []
