"""python -m analysis predict IMAGE... [--out FILE.csv] [study=NAME] [trial=N|best]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from analysis.commands.analyze import choose
from analysis.commands.arguments import composed, console_of, is_setting, parser_of
from analysis.read.predictions import Array
from analysis.read.restored import Restored
from analysis.read.user_images import Brought, background_of, bring, bring_as_trained
from analysis.report.class_tables import write_csv
from hydra_tailor.files import whole
from tailor.data.sources import folder
from tailor.errors import ConfigError
from tailor.training.evaluate import predict

TOP = 3
FOLDER = "tailor.data.image_folder"


def main(arguments: Sequence[str]) -> None:
    """Classify image files with a trial of a study and print the most probable classes.

    Raises:
        TailorError: a file cannot be read, or the trial cannot be had; no CSV is written then.
    """
    parser = parser_of(
        "predict",
        "Classify your own image files with the best trial of a study.",
        "Example: python -m analysis predict shoe.jpg shirt.png --out classes.csv",
    )
    parser.add_argument("image", nargs="+", help="image files, of any size or colour")
    parser.add_argument("--out", type=Path, help="CSV file for all probabilities")
    given = parser.parse_intermixed_args(arguments)
    settings = [item for item in given.image if is_setting(item)]
    paths = [Path(item) for item in given.image if item not in settings]
    if not paths:
        raise ConfigError("predict needs one image file or more, got settings alone.")
    console = console_of()
    config = composed(settings)
    _, restored = choose(config, console)
    brought = [*map(reader_of(restored), paths)]
    probabilities = classify(restored, brought)
    for path, image, row in zip(paths, brought, probabilities, strict=True):
        best = row.argsort()[::-1][:TOP]
        console.print(f"{path}: {', '.join(image.steps) or 'taken as it is'}")
        for index in best:
            console.print(f"  {row[index]:7.2%}  {restored.classes[index]}")
    if given.out is not None:
        with whole(given.out) as temporary:
            write_csv(
                temporary,
                ("file", "predicted", *(f"p_{name}" for name in restored.classes)),
                (
                    (path, restored.classes[row.argmax()], *(f"{p:.6g}" for p in row))
                    for path, row in zip(paths, probabilities, strict=True)
                ),
            )
        console.print(f"written: {given.out}")


def reader_of(restored: Restored) -> Callable[[Path], Brought]:
    """How image files are read: as the trial's own were, where it learnt from image files."""
    train, source = restored.splits.train, restored.config.data.source
    if source["_target_"] == FOLDER:
        form = folder.picture_form(**source)
        return partial(bring_as_trained, form=replace(form, size=train.shape[1:]))
    return partial(bring, shape=train.shape, background=background_of(train.images))


def classify(restored: Restored, images: Sequence[Brought]) -> Array:
    """[N, K] probabilities of images in the data's form."""
    batch = torch.stack([image.pixels for image in images]).to(restored.device)
    logits = predict(restored.model, batch, restored.normalise)
    probabilities: Array = logits.cpu().double().softmax(1).numpy()
    return probabilities
