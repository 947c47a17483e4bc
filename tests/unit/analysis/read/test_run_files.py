"""What a run wrote of itself, whole, gone or damaged."""

import pytest

from analysis.read.run_files import read_history, read_result
from tailor import names


def test_a_run_without_metrics_has_no_history(tmp_path):
    assert read_history(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(b'{"seconds": 2}', {"seconds": 2}, id="whole"),
        pytest.param(None, {}, id="gone"),
        pytest.param(b'{"seconds": ', {}, id="torn"),
        pytest.param(b"\xff\xfe\x00", {}, id="no text"),
        pytest.param(b"[1]", {}, id="no mapping"),
    ],
)
def test_a_result(tmp_path, content, found):
    if content is not None:
        (tmp_path / names.RESULT_FILE).write_bytes(content)
    assert read_result(tmp_path) == found
