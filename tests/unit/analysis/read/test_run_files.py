"""Files of a run: complete, missing or damaged."""

import pytest

from analysis.read.run_files import read_history, read_result
from tailor import names


def test_a_run_without_metrics_has_no_history(tmp_path):
    assert read_history(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b'{"seconds": 2}', {"seconds": 2}, id="complete"),
        pytest.param(None, {}, id="missing"),
        pytest.param(b'{"seconds": ', {}, id="truncated"),
        pytest.param(b"\xff\xfe\x00", {}, id="not text"),
        pytest.param(b"[1]", {}, id="not a mapping"),
    ],
)
def test_a_result(tmp_path, content, expected):
    if content is not None:
        (tmp_path / names.RESULT_FILE).write_bytes(content)
    assert read_result(tmp_path) == expected
