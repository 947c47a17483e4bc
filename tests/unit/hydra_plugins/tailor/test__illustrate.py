from pathlib import Path

import pytest

from hydra_plugins.tailor._illustrate import folder_of


@pytest.mark.parametrize(
    ("artifacts", "expected"),
    [
        (False, None),
        (True, Path("/sweep/artifacts")),
        ("/pictures", Path("/pictures")),
    ],
)
def test_where_pictures_go(artifacts: bool | str, expected: Path | None) -> None:
    assert folder_of(artifacts, Path("/sweep")) == expected


def test_a_relative_folder_is_meant_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_of("pictures", Path("/sweep")) == tmp_path / "pictures"
