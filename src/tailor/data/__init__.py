"""Datasets in memory: their sources, their splits, their batches.

`load` returns the training and validation splits, `load_test` the test split: two functions, so
that a search cannot read the test split by accident. A source returns `LabelledImages`; `cached`
stores decoded datasets; `class_weights` compensates for classes of unequal size. The other names
are the sources of `conf/data/`.
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
