from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tailor.data.sources import download
from tailor.data.sources.download import fetch
from tailor.errors import DataError

CONTENT = bytes(range(256)) * 1000
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


class Mirror:
    """What the server does with each path, and the requests it saw."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.requests: list[tuple[str, str | None]] = []

    def url(self, behaviour: str) -> str:
        return f"{self.address}/{behaviour}/data.gz"


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            behaviour = self.path.split("/")[1]
            wanted = self.headers.get("Range")
            seen.requests.append((behaviour, wanted))
            content, status, start = CONTENT, 200, 0
            if behaviour == "missing" or (behaviour == "busy" and len(seen.requests) < 3):
                self.send_error(404 if behaviour == "missing" else 503)
                return
            if behaviour == "wrong":
                content = content[::-1]
            if wanted and behaviour != "plain":
                start, status = int(wanted.removeprefix("bytes=").removesuffix("-")), 206
                if start >= len(content):
                    self.send_error(416)
                    return
            self.send_response(status)
            body = content[start:]
            if behaviour != "unsized":
                self.send_header("Content-Length", str(len(body)))
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/*")
            self.end_headers()
            if behaviour in ("cut", "plain") and len(seen.requests) < 3:
                body = body[: len(body) // 2]
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen = Mirror(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield seen
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "data.gz"


def visible(path: Path) -> list[str]:
    return [file.name for file in path.parent.iterdir() if not file.name.endswith(".lock")]


def test_a_good_mirror(mirror: Mirror, path: Path) -> None:
    fetch(path, urls=[mirror.url("good")], md5=MD5)
    assert path.read_bytes() == CONTENT
    assert visible(path) == ["data.gz"]


def test_a_server_that_does_not_send_the_length(mirror: Mirror, path: Path) -> None:
    fetch(path, urls=[mirror.url("unsized")], md5=MD5)
    assert path.read_bytes() == CONTENT


def test_a_broken_transfer_is_continued(mirror: Mirror, path: Path) -> None:
    fetch(path, urls=[mirror.url("cut")], md5=MD5)
    assert path.read_bytes() == CONTENT
    first, second, third = (wanted for _, wanted in mirror.requests)
    half = len(CONTENT) // 2
    assert (first, second, third) == (None, f"bytes={half}-", f"bytes={half + half // 2}-")


def test_without_ranges_it_starts_again(mirror: Mirror, path: Path) -> None:
    fetch(path, urls=[mirror.url("plain")], md5=MD5)
    assert path.read_bytes() == CONTENT


def test_a_busy_server_is_asked_again(mirror: Mirror, path: Path) -> None:
    fetch(path, urls=[mirror.url("busy")], md5=MD5)
    assert path.read_bytes() == CONTENT
    assert len(mirror.requests) == 3


def test_mirrors_in_turn(mirror: Mirror, path: Path) -> None:
    fetch(path, urls=[mirror.url(name) for name in ("missing", "wrong", "good")], md5=MD5)
    assert path.read_bytes() == CONTENT
    assert [name for name, _ in mirror.requests] == ["missing", "wrong", "good"]


def test_an_earlier_calls_part_is_continued(mirror: Mirror, path: Path) -> None:
    path.parent.mkdir()
    (path.parent / ".data.gz.part").write_bytes(CONTENT[:1000])
    fetch(path, urls=[mirror.url("good")], md5=MD5)
    assert path.read_bytes() == CONTENT
    assert mirror.requests == [("good", "bytes=1000-")]


@pytest.mark.parametrize("part", [b"another file's bytes", b"x" * len(CONTENT), CONTENT + b"x"])
def test_a_part_of_something_else_is_thrown_away(mirror: Mirror, path: Path, part: bytes) -> None:
    path.parent.mkdir()
    (path.parent / ".data.gz.part").write_bytes(part)
    fetch(path, urls=[mirror.url("good")], md5=MD5)
    assert path.read_bytes() == CONTENT


def test_a_wrong_checksum_names_file_expected_and_got(mirror: Mirror, path: Path) -> None:
    path.parent.mkdir()
    (path.parent / "other.gz").write_bytes(b"somebody else's")
    got = hashlib.md5(CONTENT[::-1], usedforsecurity=False).hexdigest()
    expected = re.escape(f"the MD5 sum of data.gz must be {MD5}, got {got}")
    with pytest.raises(DataError, match=expected):
        fetch(path, urls=[mirror.url("wrong")], md5=MD5)
    assert visible(path) == ["other.gz"]


def test_what_arrived_is_kept_for_the_next_start(mirror: Mirror, path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(download, "ATTEMPTS_PER_MIRROR", 1)
        with pytest.raises(DataError, match=r"ended after 128,000 of 256,000 bytes"):
            fetch(path, urls=[mirror.url("cut")], md5=MD5)
    assert visible(path) == [".data.gz.part"]
    fetch(path, urls=[mirror.url("good")], md5=MD5)
    assert mirror.requests[-1] == ("good", "bytes=128000-")


def test_nobody_listens(path: Path) -> None:
    with pytest.raises(DataError, match=r"127\.0\.0\.1:9/data\.gz: .*refused"):
        fetch(path, urls=["http://127.0.0.1:9/data.gz"], md5=MD5)
    assert visible(path) == []


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        fetch(tmp_path / "file" / "data.gz", urls=[], md5=MD5)


def test_of_several_at_once_one_downloads(mirror: Mirror, path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(fetch, path, urls=[mirror.url("good")], md5=MD5) for _ in range(4)]
        for call in calls:
            call.result()
    assert path.read_bytes() == CONTENT
    assert len(mirror.requests) == 1


def test_a_mistyped_data_directory_is_not_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "mistyped"
    monkeypatch.setenv("TAILOR_DATA_DIR", str(root))
    with pytest.raises(DataError, match="TAILOR_DATA_DIR must be an existing directory, got"):
        fetch(root / "raw" / "file", urls=["http://127.0.0.1:1/file"], md5="0" * 32)
    assert not root.exists()
