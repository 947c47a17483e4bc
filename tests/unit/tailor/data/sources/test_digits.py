import os
import subprocess
import sys
from pathlib import Path

import torch

from tailor.data.sources.digits import digits
from tailor.names import CACHE_DIR_VARIABLE


def test_sizes_and_grey_levels() -> None:
    train, test = digits(split="train"), digits(split="test")
    assert (len(train), len(test)) == (1437, 360)
    assert train.shape == (1, 8, 8)
    assert int(train.images.max()) == 255
    assert train.images.unique().numel() == 17  # 0 to 16
    assert torch.bincount(test.targets).min() >= 34


def test_a_later_process_does_not_wait_for_scikit_learn(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from tailor.data.sources.digits import digits\n"
        "print('sklearn' in sys.modules, digits(split='test').targets.sum().item())\n"
        "print('sklearn' in sys.modules)"
    )
    environment = {**os.environ, CACHE_DIR_VARIABLE: str(tmp_path)}
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    total = str(digits(split="test").targets.sum().item())
    assert outputs == [["False", total, "True"], ["False", total, "False"]]
