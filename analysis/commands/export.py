"""python -m analysis export [study=NAME] [trial=N|best]."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from analysis.commands.analyze import choose
from analysis.commands.arguments import console_of, parser_of, selection
from analysis.read.predictions import Array
from analysis.read.restored import Restored
from analysis.read.run_directories import study_directory
from hydra_tailor.files import whole_directory, write_json
from tailor.errors import ModelError

ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")
LOGIT_TOLERANCE = 1e-3
"""Largest accepted difference: float32 sums depend on the order of their terms."""
NUM_CHECKED_IMAGES = 256
EXPORT_DIR = "export"


class Exported(nn.Module):
    """A network that includes its normalisation: float pixels 0 to 255 in, logits out."""

    mean: Tensor
    std: Tensor

    def __init__(self, model: nn.Module, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("mean", mean.view(1, -1, 1, 1))
        self.register_buffer("std", std.view(1, -1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.model((images - self.mean) / self.std)
        return logits


def main(arguments: Sequence[str]) -> None:
    """Write `model.onnx`, `model.pt2` and `model.json` of a trial, and check them on test images.

    Raises:
        ModelError: a package is missing, or the logits of an exported model differ.
        TailorError: the trial cannot be restored.
    """
    parser = parser_of(
        "export",
        "Write a trial's network as ONNX and as torch.export, and check both on test images.",
        "Example: python -m analysis export study=fashion_mnist-cnn",
    )
    parser.add_argument("setting", nargs="*", help="study=NAME, trial=N, run=DIRECTORY")
    parsed = parser.parse_intermixed_args(arguments)
    _need_packages()
    console = console_of()
    config = replace(selection("export", parsed.setting), device="cpu")
    view, restored = choose(config, console)
    images = restored.load_test().images[:NUM_CHECKED_IMAGES].float()
    directory = view.home_of(restored.trial) / EXPORT_DIR
    with whole_directory(directory) as out:
        differences = export(restored, images, out)
    for name, difference in differences.items():
        console.print(
            f"{directory / name}: the logits of {len(images)} test images differ by "
            f"at most {difference:.1e}"
        )


def export(restored: Restored, images: Tensor, out: Path) -> dict[str, float]:
    """Write both formats into `out`; return the largest difference of a logit by file name.

    Args:
        images: [N, C, H, W] float pixels, 0 to 255, for the check.

    Raises:
        ModelError: a difference is above `LOGIT_TOLERANCE`.
    """
    model = Exported(restored.model, restored.splits.mean, restored.splits.std).eval()
    with torch.inference_mode():
        expected = model(images).numpy()
    batch = {0: torch.export.Dim("batch", min=1)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both exporters warn about their own internals
        program = torch.export.export(model, (images[:2],), dynamic_shapes=(batch,))
        torch.export.save(program, out / "model.pt2")
        torch.onnx.export(
            model,
            (images[:2],),
            dynamic_shapes=({0: "batch"},),
            dynamo=True,
            f=out / "model.onnx",
            input_names=["images"],
            output_names=["logits"],
            external_data=False,
            verbose=False,
        )
        outputs = {
            "model.pt2": _torch_outputs(out / "model.pt2", images),
            "model.onnx": _onnx_outputs(out / "model.onnx", images),
        }
    differences = {
        name: float(np.abs(logits - expected).max()) for name, logits in outputs.items()
    }
    for name, difference in differences.items():
        if not difference <= LOGIT_TOLERANCE:
            raise ModelError(
                f"the logits of {name} must equal those of the network within {LOGIT_TOLERANCE}, "
                f"but differ by {difference:.3g}. Nothing was written; this format does not "
                "support an operation of the network."
            )
    write_json(
        out / "model.json",
        {
            "classes": list(restored.classes),
            "input": {"name": "images", "shape": ["batch", *restored.splits.train.shape]},
            "pixels": "float32, 0 to 255; the normalisation is inside the model",
            "output": "logits",
            "study": study_directory(restored.trial.directory).name,
            "trial": restored.trial.number,
        },
    )
    return differences


def _torch_outputs(path: Path, images: Tensor) -> Array:
    with torch.inference_mode():
        logits: Array = torch.export.load(path).module()(images).numpy()
    return logits


def _onnx_outputs(path: Path, images: Tensor) -> Array:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["logits"], {"images": images.numpy()})[0])


def _need_packages() -> None:
    missing = [name for name in ONNX_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ModelError(
            f"exporting needs {', '.join(missing)}. Install them: pip install {' '.join(missing)}"
        )
