from __future__ import annotations

import pytest

from tailor.data.readers.ignored import is_ignored


@pytest.mark.parametrize(
    "name",
    [
        *(".ipynb_checkpoints", ".@__thumb", "@eaDir", "__MACOSX", ".git", "._1.jpg"),
        *("Thumbs.db", "$RECYCLE.BIN", "System Volume Information", "desktop.ini"),
    ],
)
def test_names_of_systems(name: str) -> None:
    assert is_ignored(name)


@pytest.mark.parametrize("name", ["daisy", "$", "$$", "@", "_", "#1", "1", "thumbs"])
def test_names_of_users(name: str) -> None:
    assert not is_ignored(name)
