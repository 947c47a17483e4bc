"""Images that occur more than once, pixel for pixel."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from tailor.data.images import LabelledImages

Place = tuple[str, int]
"""A split, and an index in it."""


@dataclass(frozen=True)
class Duplicates:
    """What `find_duplicates` found.

    Attributes:
        groups: the places of each image that occurs more than once.
        conflicting: how many of the groups have more than one label.
    """

    groups: tuple[tuple[Place, ...], ...]
    conflicting: int

    def within(self, split: str) -> int:
        """Images of a split that repeat an earlier one of the same split."""
        counts = (sum(name == split for name, _ in group) for group in self.groups)
        return sum(count - 1 for count in counts if count > 1)

    def across(self, one: str, other: str) -> int:
        """Images of `other` that `one` holds as well."""
        return sum(
            sum(name == other for name, _ in group)
            for group in self.groups
            if any(name == one for name, _ in group)
        )

    def as_dict(self, splits: tuple[str, ...]) -> dict[str, object]:
        """Counts within and across splits, in plain values."""
        return {
            "within": {split: self.within(split) for split in splits},
            "across": {
                f"{one} and {other}": self.across(one, other)
                for one, other in combinations(splits, 2)
            },
            "conflicting_labels": self.conflicting,
        }


def find_duplicates(parts: Mapping[str, LabelledImages]) -> Duplicates:
    """Compare all images of all splits by a digest of their pixels.

    Args:
        parts: the splits by name, all of one shape.
    """
    places: dict[bytes, list[Place]] = defaultdict(list)
    for split, images in parts.items():
        for index, image in enumerate(images.images.numpy()):
            places[hashlib.blake2b(image.tobytes(), digest_size=16).digest()].append(
                (split, index)
            )
    groups = tuple(tuple(group) for group in places.values() if len(group) > 1)
    labels = ({int(parts[split].targets[index]) for split, index in group} for group in groups)
    return Duplicates(groups, conflicting=sum(len(different) > 1 for different in labels))
