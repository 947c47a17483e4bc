"""`predict` and `export` on a finished study."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image

from analysis.commands import export, predict
from tailor.data.sources.digits import digits
from tailor.errors import ConfigError, DataError, ModelError


@pytest.fixture
def user_digits(tmp_path):
    """Three test images as a camera might convert them: large, coloured, dark on white."""
    test = digits(split="test")
    chosen = [int((test.targets == label).nonzero()[0]) for label in (0, 4, 6)]
    paths = []
    for index in chosen:
        pixels = 255 - test.images[index, 0].numpy()
        image = Image.fromarray(pixels).resize((400, 400), Image.Resampling.BICUBIC)
        paths.append(tmp_path / f"digit-{int(test.targets[index])}.jpg")
        image.convert("RGB").save(paths[-1])
    return paths


def test_user_images_are_classified_and_written(workplace, user_digits, capsys):
    out = workplace / "classes.csv"
    predict.main([*map(str, user_digits), "--out", str(out), "study=digits-cnn", "trial=best"])
    printed = capsys.readouterr().out
    assert "inverted (its background is light, the dataset's dark)" in printed
    assert "400 x 400 resized to 8 x 8" in printed
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["predicted"] for row in rows] == ["0", "4", "6"]
    for row in rows:
        shares = [float(value) for key, value in row.items() if key.startswith("p_")]
        assert sum(shares) == pytest.approx(1, abs=1e-4)


def test_an_unreadable_image_does_not_stop_the_others(workplace, user_digits):
    names = [str(user_digits[0]), "gone.png", str(user_digits[1])]
    with pytest.raises(
        DataError, match="1 of 3 files could not .* there is no image file gone.png"
    ):
        predict.main([*names, "--out", "classes.csv"])
    with (workplace / "classes.csv").open() as file:
        assert [row["file"] for row in csv.DictReader(file)] == [names[0], names[2]]
    with pytest.raises(DataError, match="1 of 1 files could not"):
        predict.main(["gone.png", "--out", "none.csv"])
    assert not (workplace / "none.csv").exists()


def test_images_are_required(workplace):
    with pytest.raises(ConfigError, match="one image file or more"):
        predict.main(["study=digits-cnn"])


@pytest.mark.parametrize(
    ("command", "settings"),
    [
        (predict, ["a.png", "retrain=3"]),
        (predict, ["a.png", "report.author=me"]),
        (export, ["budgets=true"]),
        (export, ["device=cuda"]),
    ],
)
def test_a_setting_without_effect_is_refused(workplace, command, settings):
    with pytest.raises(
        ConfigError, match=f"takes no `{settings[-1].partition('=')[0].partition('.')[0]}`"
    ):
        command.main(settings)


def test_data_that_predict_would_not_use_are_refused(workplace, user_digits):
    with pytest.raises(ConfigError, match="are, digits; got fashion_mnist, which predict has no"):
        predict.main([str(user_digits[0]), "data=fashion_mnist"])


def test_a_run_outside_of_a_study(workplace, user_digits, capsys):
    run = "multirun/digits-cnn/1"
    predict.main([str(user_digits[0]), f"run={run}"])
    assert f"the run in {run}" in capsys.readouterr().out
    pytest.importorskip("onnxruntime")
    export.main([f"run={run}"])
    assert (workplace / run / "export" / "model.onnx").is_file()


def test_exported_models_have_the_logits_of_the_network(workplace, capsys):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    export.main([])
    out = workplace / "multirun" / "digits-cnn" / "export"
    described = json.loads((out / "model.json").read_text())
    test = digits(split="test")
    images = test.images.float()
    session = onnxruntime.InferenceSession(out / "model.onnx")
    assert [axis.shape for axis in session.get_inputs()] == [["batch", 1, 8, 8]]
    assert [axis.shape for axis in session.get_outputs()] == [["batch", 10]]
    (logits,) = session.run(["logits"], {"images": images.numpy()})
    program = torch.export.load(out / "model.pt2").module()
    with torch.inference_mode():
        np.testing.assert_allclose(program(images).numpy(), logits, atol=1e-3)
    assert (logits.argmax(1) == test.targets.numpy()).mean() > 0.8
    assert described["classes"] == [str(digit) for digit in range(10)]
    assert "differ by at most" in capsys.readouterr().out


def test_a_missing_package_is_named_with_its_command(workplace, monkeypatch):
    monkeypatch.setattr(export, "ONNX_PACKAGES", ("no_such_package",))
    with pytest.raises(ModelError, match=r"needs no_such_package.*pip install no_such_package"):
        export.main([])
    assert not (workplace / "multirun" / "digits-cnn" / "export").exists()
