from pathlib import Path

import pytest

from hydra_tailor.errors import ConfigError
from hydra_tailor.pictures import illustrator
from hydra_tailor.pictures.illustrator import Illustrator, folder_of
from hydra_tailor.pictures.messages import Opening


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


def test_missing_packages_are_named_with_their_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(name: str) -> object:
        return None if name in ("matplotlib", "optuna_dashboard") else name

    monkeypatch.setattr(illustrator, "find_spec", find)
    opening = Opening("sqlite:///a.db", "s", str(tmp_path), None, {}, {}, [], {})
    with pytest.raises(ConfigError, match=r"Type: pip install matplotlib optuna-dashboard,"):
        Illustrator(opening, lambda _: [])
