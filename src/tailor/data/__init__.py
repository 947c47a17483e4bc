"""Images in memory: where they come from, how they are split, batched and augmented.

`load` gives the training and validation splits, `load_test` the test split: two functions, so that
a search cannot read the test split by accident. `LabelledImages` is what a source returns,
`cached` keeps what is slow to decode, `class_weights` evens out classes of unequal size. The
other names are the sources that `conf/data/` offers.
"""

from tailor.data.balance import class_weights
from tailor.data.cache import cached
from tailor.data.images import LabelledImages
from tailor.data.load import DataSplits, load, load_test
from tailor.data.sources.cifar import cifar10, cifar100
from tailor.data.sources.csv_images import csv
from tailor.data.sources.digits import digits
from tailor.data.sources.folder import image_folder
from tailor.data.sources.mnist import fashion_mnist, kmnist, mnist
from tailor.data.sources.npz import npz

__all__ = [
    "DataSplits",
    "LabelledImages",
    "cached",
    "cifar10",
    "cifar100",
    "class_weights",
    "csv",
    "digits",
    "fashion_mnist",
    "image_folder",
    "kmnist",
    "load",
    "load_test",
    "mnist",
    "npz",
]
