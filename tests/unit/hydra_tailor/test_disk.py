"""Files that cannot be written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hydra_tailor.disk import cannot_be_written, is_full, refuse_unencodable
from hydra_tailor.errors import ConfigError, DiskFull


def error(number: int, *details: object) -> OSError:
    return OSError(number, os.strerror(number), *details)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        pytest.param(error(errno.ENOSPC), True, id="disk"),
        pytest.param(error(errno.EDQUOT), True, id="quota"),
        pytest.param(DiskFull("no space"), True, id="ours"),
        pytest.param(error(errno.EACCES), False, id="not-allowed"),
        pytest.param(ValueError(errno.ENOSPC), False, id="another-kind"),
    ],
)
def test_what_says_that_a_disk_is_full(raised: Exception, expected: bool) -> None:
    assert is_full(raised) is expected


def test_the_message_names_the_place_and_the_way_out(tmp_path: Path) -> None:
    full = cannot_be_written(error(errno.ENOSPC), tmp_path)
    assert full.startswith(f"no space is left for {tmp_path} (")
    assert "Free some there, then type the same command again" in full
    assert "of your quota" in cannot_be_written(error(errno.EDQUOT), tmp_path)
    missing = cannot_be_written(error(errno.EISDIR, "a.new", None, "a.csv"), tmp_path)
    assert missing == "a.csv cannot be written: Is a directory."


def test_a_path_that_is_no_text_is_refused_with_its_bytes() -> None:
    refuse_unencodable(Path("/data/ü"))
    with pytest.raises(ConfigError, match=r"b'/data/\\xff' is not text .* PYTHONUTF8=1"):
        refuse_unencodable(Path(os.fsdecode(b"/data/\xff")))
