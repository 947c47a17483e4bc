"""tailor fits a network to a dataset: the library behind `python src/train.py`.

In a notebook, or in a program of your own:

    tailor.fit(["data=digits"])                         one run
    study = tailor.sweep(["data=digits"])               a search
    tailor.analyze(study)                               the best trial, explained
    tailor.predict(["shoe.jpg"], study)                 classes of image files

Layers, each importing only from the ones below it:

- `dashboard` shows trials in optuna-dashboard, `program` is what `src/train.py` runs
- `training` fits one run and writes its files
- `data` loads datasets, `models` defines the networks, `augment` transforms batches
- `config`, `addresses`, `confusion`, `errors` and `names` are used by all of them; they build on
  `hydra_tailor`
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hydra_tailor import __version__ as __version__

if TYPE_CHECKING:
    from analysis.notebook import analyze, fit, predict, sweep

__all__ = ["__version__", "analyze", "fit", "predict", "sweep"]


def __getattr__(name: str) -> Any:
    """Load the Python API on first use, because it imports this package."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")  # Optuna's tqdm, unused
        return getattr(import_module("analysis.notebook"), name)
