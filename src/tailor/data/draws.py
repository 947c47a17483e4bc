"""Cache of drawn indices, beside the cached datasets.

scikit-learn draws the indices. Its import takes two seconds, which the cache saves each worker of
a search.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from hydra_tailor.files import whole
from tailor.data.cache import cache_directory

Indices = NDArray[np.int64]
FOLDER = "draws"


def drawn_once(
    targets: Tensor, settings: Mapping[str, Any], draw: Callable[[], tuple[Indices, ...]]
) -> tuple[Indices, ...]:
    """Return the result of `draw`, from the cache if it was drawn before.

    A damaged file is drawn again. If the cache cannot be written, `draw` is called every time.

    Args:
        targets: [N] class indices, on which the draw depends.
        settings: everything else that it depends on, as JSON values.
        draw: called at most once; if it raises, the error is passed on and nothing is cached.
    """
    text = json.dumps([version("scikit-learn"), version("numpy"), dict(settings)], sort_keys=True)
    key = hashlib.sha256(text.encode() + targets.numpy().tobytes()).hexdigest()[:32]
    path = cache_directory() / FOLDER / f"{key}.npz"
    try:
        with path.open("rb") as file, np.load(file) as kept:
            return tuple(kept[name] for name in kept.files)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        drawn = draw()
    try:
        with whole(path) as temporary:
            np.savez(temporary, *drawn)
    except OSError:
        pass  # the image cache reports this
    return drawn
