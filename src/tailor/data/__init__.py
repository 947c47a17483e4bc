"""Images in memory: where they come from, how they are split, batched and augmented.

`load` gives the training and validation splits, `load_test` the test split: two functions, so that
a search cannot read the test split by accident. `LabelledImages` is what a source returns,
`cached` keeps what is slow to decode, `class_weights` evens out classes of unequal size.
"""

from tailor.data.balance import class_weights
from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.load import DataSplits, load, load_test

__all__ = ["DataSplits", "LabelledImages", "cached", "class_weights", "load", "load_test"]
