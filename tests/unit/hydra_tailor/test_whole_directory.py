"""A directory is there whole, or the old one is."""

import pytest

from hydra_tailor.files import whole_directory


def test_the_new_directory_takes_the_place_of_the_old(tmp_path):
    for content in ("first", "second"):
        with whole_directory(tmp_path / "analysis") as out:
            (out / content).write_text(content)
    assert [path.name for path in tmp_path.iterdir()] == ["analysis"]
    assert [path.name for path in (tmp_path / "analysis").iterdir()] == ["second"]


def test_a_failure_leaves_the_old_directory(tmp_path):
    with whole_directory(tmp_path / "analysis") as out:
        (out / "kept").touch()
    with pytest.raises(RuntimeError, match="half-way"):
        fail_half_way(tmp_path / "analysis")
    assert [path.name for path in tmp_path.iterdir()] == ["analysis"]
    assert [path.name for path in (tmp_path / "analysis").iterdir()] == ["kept"]


def fail_half_way(directory):
    with whole_directory(directory) as out:
        (out / "half").touch()
        raise RuntimeError("half-way")
