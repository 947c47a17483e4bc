"""python -m analysis predict IMAGE... [--out FILE.csv] [study=NAME] [trial=N|best]."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from rich.console import Console

from analysis.commands.analyze import choose
from analysis.commands.arguments import console_of, is_setting, parser_of, selection
from analysis.commands.config import AnalyzeConfig
from analysis.read.predictions import Array
from analysis.read.restored import Restored
from analysis.read.user_images import ConvertedImage, background_of, convert, convert_as_trained
from analysis.report.class_tables import write_csv
from analysis.wording import percent
from hydra_tailor.files import whole
from tailor.data.notes import listed
from tailor.data.sources import folder
from tailor.errors import ConfigError, DataError
from tailor.training.evaluate import predict

TOP_CLASSES = 3
FOLDER_SOURCE = "tailor.data.image_folder"


def main(arguments: Sequence[str]) -> None:
    """Classify image files with a trial of a study and print the most probable classes.

    Raises:
        TailorError: the trial cannot be restored, or files cannot be read; the other files are
            classified and written first.
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
    restored = network_of(selection("predict", settings, "device"), console)
    images, faults = read_all(paths, reader_of(restored))
    if images:
        probabilities = classify(restored, list(images.values()))
        _show(console, images, probabilities, restored.classes)
        if parsed.out is not None:
            _write(parsed.out, list(images), probabilities, restored.classes)
            console.print(f"wrote {parsed.out}")
    if faults:
        raise DataError(
            f"{len(faults)} of {len(paths)} files could not be classified: {listed(faults)}."
        )


def network_of(config: AnalyzeConfig, console: Console) -> Restored:
    """Restore the selected trial.

    Raises:
        TailorError: it cannot be restored, or `data` names other data than its own.
    """
    _, restored = choose(config, console)
    if not restored.on_own_test_split:
        raise ConfigError(
            f"`data` only says where the data of the network are, {restored.config.data.name}; "
            f"got {restored.test_data.name}, which predict has no use for."
        )
    return restored


def read_all(
    paths: Sequence[Path], read: Callable[[Path], ConvertedImage]
) -> tuple[dict[Path, ConvertedImage], list[str]]:
    """Return the images by path, and a message on each file that cannot be read."""
    images: dict[Path, ConvertedImage] = {}
    faults: list[str] = []
    for path in paths:
        try:
            images[path] = read(path)
        except DataError as error:
            faults.append(str(error).rstrip("."))
    return images, faults


def _show(
    console: Console,
    images: Mapping[Path, ConvertedImage],
    probabilities: Array,
    classes: Sequence[str],
) -> None:
    for (path, image), row in zip(images.items(), probabilities, strict=True):
        console.print(f"{path}: {', '.join(image.steps) or 'not converted'}")
        for name, share in most_probable(row, classes):
            console.print(f"  {share:>8}  {name}")


def most_probable(row: Array, classes: Sequence[str]) -> list[tuple[str, str]]:
    """The most probable classes of an image, in order, each with its probability in words."""
    return [
        (classes[index], percent(row[index], 2)) for index in row.argsort()[::-1][:TOP_CLASSES]
    ]


def _write(out: Path, paths: Sequence[Path], probabilities: Array, classes: Sequence[str]) -> None:
    with whole(out) as temporary:
        write_csv(
            temporary,
            ("file", "predicted", *(f"p_{name}" for name in classes)),
            (
                (path, classes[row.argmax()], *(f"{p:.6g}" for p in row))
                for path, row in zip(paths, probabilities, strict=True)
            ),
        )


def reader_of(restored: Restored) -> Callable[[Path], ConvertedImage]:
    """Return a reader of image files: that of the training data if they came from a folder."""
    train, source = restored.splits.train, restored.config.data.source
    if source["_target_"] == FOLDER_SOURCE:
        form = folder.picture_form(**source)
        form = replace(form, size=train.shape[1:], bits=train.source_bits)
        return partial(convert_as_trained, form=form)
    return partial(convert, shape=train.shape, background=background_of(train.images))


def classify(restored: Restored, images: Sequence[ConvertedImage]) -> Array:
    """[N, K] class probabilities of converted images."""
    batch = torch.stack([image.pixels for image in images]).to(restored.device)
    logits = predict(restored.model, batch, restored.normalise)
    probabilities: Array = logits.cpu().double().softmax(1).numpy()
    return probabilities
