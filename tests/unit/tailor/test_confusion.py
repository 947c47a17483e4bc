from pathlib import Path

import pytest

from tailor.confusion import read_confusion, write_confusion
from tailor.errors import DamagedFile


@pytest.mark.parametrize(
    "classes",
    [
        pytest.param(("a", "b"), id="plain"),
        pytest.param(('T-shirt, "top"', "Ankle\nboot"), id="names with commas, quotes, lines"),
    ],
)
def test_counts_come_back_as_they_were_written(tmp_path: Path, classes: tuple[str, str]) -> None:
    write_confusion(tmp_path / "counts.csv", classes, [[3, 1], [0, 4]])
    confusion = read_confusion(tmp_path / "counts.csv")
    assert confusion.classes == classes
    assert confusion.counts == ((3, 1), (0, 4))


@pytest.mark.parametrize(
    "content",
    ["", "not, a\nmatrix\n", "corner,a,b\na,1,2\n", "corner,a\na,x\n", b"\xff\xfe", "corner\n"],
    ids=["empty", "no matrix", "a row short", "no number", "no text", "no class"],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "confusion.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DamagedFile, match=r"confusion\.csv is damaged"):
        read_confusion(path)
