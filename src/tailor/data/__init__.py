"""Images in memory: where they come from, how they are split, batched and augmented.

`load` gives the training and validation splits, `load_test` the test split: two functions, so that
a search cannot read the test split by accident.
"""

from tailor.data.images import LabelledImages
from tailor.data.load import DataSplits, load, load_test

__all__ = ["DataSplits", "LabelledImages", "load", "load_test"]
