from pathlib import Path

import pytest

from hydra_tailor.pictures.illustrator import folder_of


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        (False, None),
        (True, Path("/sweep/pictures")),
        ("/pictures", Path("/pictures")),
    ],
)
def test_where_pictures_go(pictures: bool | str, expected: Path | None) -> None:
    assert folder_of(pictures, Path("/sweep")) == expected


def test_a_relative_folder_is_meant_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_of("pictures", Path("/sweep")) == tmp_path / "pictures"
