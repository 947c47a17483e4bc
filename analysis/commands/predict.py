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
from analysis.read.user_images import ConvertedImage, background_of, convert, convert_as_trained
from analysis.report.class_tables import write_csv
from analysis.wording import percent
from hydra_tailor.files import whole
from tailor.data.sources import folder
from tailor.errors import ConfigError
from tailor.training.evaluate import predict

TOP_CLASSES = 3
FOLDER_SOURCE = "tailor.data.image_folder"


def main(arguments: Sequence[str]) -> None:
    """Classify image files with a trial of a study and print the most probable classes.

    Raises:
        TailorError: a file cannot be read or the trial cannot be restored; no CSV is written.
    """
    parser = parser_of(
        "predict",
        "Classify your own image files with the best trial of a study.",
        "Example: python -m analysis predict shoe.jpg shirt.png --out classes.csv",
    )
    parser.add_argument("image", nargs="+", help="image files, of any size or colour")
    parser.add_argument("--out", type=Path, help="CSV file for all probabilities")
    parsed = parser.parse_intermixed_args(arguments)
    settings = [item for item in parsed.image if is_setting(item)]
    paths = [Path(item) for item in parsed.image if item not in settings]
    if not paths:
        raise ConfigError("predict needs one image file or more, got settings only.")
    console = console_of()
    config = composed(settings)
    _, restored = choose(config, console)
    images = [*map(reader_of(restored), paths)]
    probabilities = classify(restored, images)
    for path, image, row in zip(paths, images, probabilities, strict=True):
        console.print(f"{path}: {', '.join(image.steps) or 'not converted'}")
        for index in row.argsort()[::-1][:TOP_CLASSES]:
            console.print(f"  {percent(row[index], 2):>8}  {restored.classes[index]}")
    if parsed.out is not None:
        with whole(parsed.out) as temporary:
            write_csv(
                temporary,
                ("file", "predicted", *(f"p_{name}" for name in restored.classes)),
                (
                    (path, restored.classes[row.argmax()], *(f"{p:.6g}" for p in row))
                    for path, row in zip(paths, probabilities, strict=True)
                ),
            )
        console.print(f"wrote {parsed.out}")


def reader_of(restored: Restored) -> Callable[[Path], ConvertedImage]:
    """Return a reader of image files: the training data's own if they came from a folder."""
    train, source = restored.splits.train, restored.config.data.source
    if source["_target_"] == FOLDER_SOURCE:
        form = folder.picture_form(**source)
        return partial(convert_as_trained, form=replace(form, size=train.shape[1:]))
    return partial(convert, shape=train.shape, background=background_of(train.images))


def classify(restored: Restored, images: Sequence[ConvertedImage]) -> Array:
    """[N, K] class probabilities of converted images."""
    batch = torch.stack([image.pixels for image in images]).to(restored.device)
    logits = predict(restored.model, batch, restored.normalise)
    probabilities: Array = logits.cpu().double().softmax(1).numpy()
    return probabilities
