"""Duplicate images: those with identical pixels."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from tailor.data.images import LabelledImages

Location = tuple[str, int]
"""A split, and an index in it."""


@dataclass(frozen=True)
class Duplicates:
    """The result of `find_duplicates`.

    Attributes:
        groups: the locations of each image that occurs more than once.
        conflicting: number of groups with more than one label.
    """

    groups: tuple[tuple[Location, ...], ...]
    conflicting: int

    def within(self, split: str) -> int:
        """Number of images of a split that repeat an earlier image of it."""
        counts = (sum(name == split for name, _ in group) for group in self.groups)
        return sum(count - 1 for count in counts if count > 1)

    def across(self, first: str, second: str) -> int:
        """Number of images of `second` that `first` contains as well."""
        return sum(
            sum(name == second for name, _ in group)
            for group in self.groups
            if any(name == first for name, _ in group)
        )

    def as_dict(self, splits: tuple[str, ...]) -> dict[str, object]:
        """Counts within and across splits, in plain values."""
        return {
            "within": {split: self.within(split) for split in splits},
            "across": {
                f"{first} and {second}": self.across(first, second)
                for first, second in combinations(splits, 2)
            },
            "conflicting_labels": self.conflicting,
        }


def find_duplicates(parts: Mapping[str, LabelledImages]) -> Duplicates:
    """Compare all images of all splits by a digest of their pixels.

    Args:
        parts: the splits by name, all of one shape.
    """
    locations: dict[bytes, list[Location]] = defaultdict(list)
    for split, images in parts.items():
        for index, image in enumerate(images.images.numpy()):
            locations[hashlib.blake2b(image.tobytes(), digest_size=16).digest()].append(
                (split, index)
            )
    groups = tuple(tuple(group) for group in locations.values() if len(group) > 1)
    labels = ({int(parts[split].targets[index]) for split, index in group} for group in groups)
    return Duplicates(groups, conflicting=sum(len(group_labels) > 1 for group_labels in labels))
