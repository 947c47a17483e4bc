"""Images in CSV files, a common format on Kaggle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.notes import skipped_note
from tailor.data.readers.csv_file import archive_of
from tailor.data.readers.labels import classes_of, names_of, targets_of
from tailor.data.readers.pixels import image_shape
from tailor.data.readers.table import read_table
from tailor.data.split import held_out_images
from tailor.errors import DataError
from tailor.names import DATA_DIR_VARIABLE


def csv(
    *,
    split: str,
    root: str,
    train: str,
    test: str | None,
    label: str | int | None,
    header: bool | None,
    delimiter: str,
    shape: Sequence[int] | None,
    classes: Sequence[object] | None,
    scale: float,
    test_fraction: float,
    test_seed: int,
    on_error: str,
) -> LabelledImages:
    """Read images from a CSV file with one image per row: its label and its pixels.

    Args:
        split: `train` or `test`.
        root: directory that `train` and `test` are relative to.
        train: a `.csv`, a `.csv.gz`, or a CSV file in a `.zip` (`archive.zip/name.csv`).
        test: likewise; None holds back `test_fraction` of each class of `train` by `test_seed`.
        label: name or position (from 0; -1 is the last) of the label's column; None takes the
            column called `label`, else the first.
        header: whether the first line holds the columns' names; None detects it.
        delimiter: between two columns.
        shape: [height, width] or [channels, height, width]; None infers a square.
        classes: names of the classes, where labels are these names or their positions 0, 1, ...;
            None takes the labels that occur in `train`.
        scale: factor that brings the pixels to the range 0 to 255.
        test_fraction: used if `test` is None.
        test_seed: used if `test` is None.
        on_error: `skip` leaves out unreadable rows.

    Raises:
        DataError: a file is missing or damaged; the message names the row.
    """
    class_names = names_of(classes)
    table_format = {
        "label": label,
        "header": header,
        "delimiter": delimiter,
        "scale": scale,
        "skip": on_error == "skip",
    }
    settings = {
        **table_format,
        "shape": shape and list(shape),
        "classes": class_names and list(class_names),
    }

    def read(name: str, train_classes: Sequence[str] | None) -> LabelledImages:
        path = Path(root) / name
        file = archive_of(path)
        if not file.is_file():
            raise DataError(
                f"there is no file {file.absolute()}. Set data.root (or {DATA_DIR_VARIABLE}), "
                "data.source.train and data.source.test to the location of the files."
            )
        return cached(
            f"csv-{file.name}",
            files=[file],
            settings={
                **settings,
                "path": str(path.absolute()),
                "known": train_classes and list(train_classes),
            },
            decode=lambda: _decode(path, train_classes),
        )

    def _decode(path: Path, train_classes: Sequence[str] | None) -> LabelledImages:
        table = read_table(path, **table_format)  # type: ignore[arg-type]
        names = tuple(class_names or train_classes or classes_of(table.labels))
        targets = targets_of(
            table.labels,
            names,
            named=class_names is not None,
            where=str(path),
            rows=table.rows,
        )
        size = image_shape(table.pixels.shape[1], shape)
        return LabelledImages(
            images=torch.from_numpy(table.pixels.reshape(-1, *size)),
            targets=torch.tensor(targets, dtype=torch.int64),
            classes=names,
            notes=skipped_note(str(path), "row", table.skipped),
        )

    training = read(train, None)
    if test is None:
        return held_out_images(training, split=split, fraction=test_fraction, seed=test_seed)
    return training if split == "train" else read(test, training.classes)
