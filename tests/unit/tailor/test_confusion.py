from pathlib import Path

import pytest

from tailor.confusion import read_confusion, write_confusion


@pytest.mark.parametrize(
    "classes",
    [
        pytest.param(("a", "b"), id="plain"),
        pytest.param(('T-shirt, "top"', "Ankle\nboot"), id="names with commas, quotes, lines"),
    ],
)
def test_counts_come_back_as_they_were_written(tmp_path: Path, classes: tuple[str, str]) -> None:
    write_confusion(tmp_path / "counts.csv", classes, [[3, 1], [0, 4]])
    found = read_confusion(tmp_path / "counts.csv")
    assert found.classes == classes
    assert found.counts == ((3, 1), (0, 4))
