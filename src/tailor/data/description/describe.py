"""Description of a dataset: numbers, a table, sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from rich.table import Table

from tailor.data.balance import class_counts, imbalance
from tailor.data.description.duplicates import Duplicates, find_duplicates
from tailor.data.images import LabelledImages
from tailor.data.load import DataSplits

MAX_ROWS = 25
"""With more classes, only the smallest and the largest ones are listed."""
SMALLEST_AND_LARGEST = 10
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Description:
    """Statistics of a dataset, in plain values.

    Attributes:
        shape: channels, height and width.
        classes: K names.
        counts: images per class, K numbers for each split.
        mean: of the training pixels of each channel, on the scale 0 to 255.
        std: their standard deviation, on the same scale.
        duplicates: images that occur more than once.
        notes: sentences of the source for the user.
    """

    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    duplicates: Duplicates
    notes: tuple[str, ...]

    def imbalance(self) -> float:
        """Ratio of the largest to the smallest class of the training images."""
        return imbalance(torch.tensor(self.counts["train"]))

    def as_dict(self) -> dict[str, object]:
        """Return the content of `description.json`."""
        return {
            "shape": list(self.shape),
            "classes": list(self.classes),
            "counts": {split: list(counts) for split, counts in self.counts.items()},
            "mean": list(self.mean),
            "std": list(self.std),
            "imbalance": self.imbalance(),
            "duplicates": self.duplicates.as_dict(SPLITS),
            "notes": list(self.notes),
        }


def describe(splits: DataSplits, test: LabelledImages) -> Description:
    """Describe the three splits of a dataset."""
    parts = {"train": splits.train, "val": splits.val, "test": test}
    return Description(
        shape=splits.train.shape,
        classes=splits.train.classes,
        counts={
            name: tuple(class_counts(part.targets, len(part.classes)).tolist())
            for name, part in parts.items()
        },
        mean=tuple(splits.mean.tolist()),
        std=tuple(splits.std.tolist()),
        duplicates=find_duplicates(parts),
        notes=tuple(dict.fromkeys(splits.train.notes + test.notes)),
    )


def table_of(description: Description, name: str) -> Table:
    """Number of images by class and split; of many classes, the smallest and largest."""
    counts = description.counts
    table = Table(title=name, show_footer=True)
    table.add_column("class", "all")
    for split in SPLITS:
        table.add_column(split, f"{sum(counts[split]):,}", justify="right")
    order = list(range(len(description.classes)))
    if len(order) > MAX_ROWS:
        order.sort(key=lambda index: counts["train"][index])
        order[SMALLEST_AND_LARGEST:-SMALLEST_AND_LARGEST] = [-1]
    for index in order:
        if index < 0:
            table.add_row(
                f"({len(description.classes) - 2 * SMALLEST_AND_LARGEST} more)", "", "", ""
            )
            continue
        numbers = (f"{counts[split][index]:,}" for split in SPLITS)
        table.add_row(description.classes[index], *numbers)
    return table


def sentences_of(description: Description) -> list[str]:
    """Return the numbers that are not in the table, as sentences."""
    channels, height, width = description.shape
    duplicates = description.duplicates
    pairs = (("train", "val"), ("train", "test"), ("val", "test"))
    within = ", ".join(f"{duplicates.within(split):,} in {split}" for split in SPLITS)
    across = ", ".join(
        f"{duplicates.across(first, second):,} of {second} also in {first}"
        for first, second in pairs
    )
    return [
        f"images: {height} x {width} pixels, {channels} channel{'s' if channels > 1 else ''}",
        f"training pixels (0 to 255): mean {_numbers(description.mean)}, standard deviation "
        f"{_numbers(description.std)}",
        f"classes: {len(description.classes)}, ratio of the largest to the smallest in training: "
        f"{description.imbalance():.2f}",
        f"duplicate images: {within}; {across}; {duplicates.conflicting:,} with different labels",
    ]


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)
