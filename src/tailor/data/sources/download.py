"""Downloading a file from its mirrors: verified, resumable, complete or absent."""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from tailor import __version__
from tailor.errors import DataError
from tailor.names import DATA_DIR_VARIABLE

ATTEMPTS_PER_MIRROR = 3
FIRST_PAUSE_SECONDS = 1.0
"""Doubled after each further failure."""
READ_TIMEOUT_SECONDS = 30.0
CHUNK_BYTES = 1 << 16

_log = logging.getLogger(__name__)


def fetch(path: Path, *, urls: Sequence[str], md5: str) -> None:
    """Download `path` from the first of `urls` whose content has the right checksum.

    A partial download is stored next to `path` and resumed, by this call or a later one. Of
    several processes that fetch the same file, one downloads and the others wait.

    Args:
        path: of the file, written once its checksum is right; its directory is created.
        urls: mirrors, tried in turn.
        md5: of the whole file, in hexadecimal.

    Raises:
        DataError: no mirror has the right file, or the directory cannot be written.
    """
    _refuse_missing_root(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            if not path.is_file():
                _fetch(path, urls, md5)
    except (OSError, NotImplementedError) as error:
        raise DataError(f"{path} cannot be written: {error}.") from error


def _refuse_missing_root(path: Path) -> None:
    """Refuse a missing `TAILOR_DATA_DIR`, which may be mistyped, instead of creating it."""
    root = os.environ.get(DATA_DIR_VARIABLE)
    if root and path.is_relative_to(root) and not Path(root).is_dir():
        raise DataError(
            f"{DATA_DIR_VARIABLE} must be an existing directory, got {root}. If it is to be "
            "downloaded there, create the directory first."
        )


def fetch_dataset(path: Path, *, urls: Sequence[str], md5: str, holds: str) -> None:
    """Like `fetch`, with more advice in its error; `holds` is what the root must contain."""
    try:
        fetch(path, urls=urls, md5=md5)
    except DataError as error:
        raise DataError(
            f"{path.name} is not in {path.parent.absolute()}. {error} Set {DATA_DIR_VARIABLE} to "
            f"the directory that holds {holds}, or try data=digits, which needs no download."
        ) from error


def verify(path: Path, md5: str) -> None:
    """Refuse a file that differs from the published one.

    Raises:
        DataError: the checksum is wrong.
    """
    got = file_md5(path)
    if got != md5:
        raise DataError(
            f"{path} is damaged: its MD5 sum must be {md5}, got {got}. Remove the file; the next "
            "start downloads it again."
        )


def file_md5(path: Path) -> str:
    """Return the MD5 sum of a file, in hexadecimal; it guards against damage, not malice."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _fetch(path: Path, urls: Sequence[str], md5: str) -> None:
    part = path.with_name(f".{path.name}.part")
    problems = []
    for url in urls:
        for retried in (False, True):
            resumes = not retried and part.exists()
            try:
                _transfer(url, part)
            except (OSError, http.client.HTTPException) as error:
                problems.append(f"{url}: {_reason(error)}")
                break
            got = file_md5(part)
            if got == md5:
                part.replace(path)
                return
            part.unlink()
            if not resumes:
                problems.append(f"{url}: the MD5 sum of {path.name} must be {md5}, got {got}")
                break
            # The partial download may be of another file: try again from the start.
    raise DataError(f"{path.name} could not be downloaded ({'; '.join(problems)}).")


def _transfer(url: str, part: Path) -> None:
    for attempt in range(ATTEMPTS_PER_MIRROR):
        if attempt:
            time.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
        try:
            return _transfer_once(url, part)
        except (OSError, http.client.HTTPException) as error:
            if attempt == ATTEMPTS_PER_MIRROR - 1 or not _is_transient(error):
                raise
            _log.info("%s: %s, trying again", url, _reason(error))
    return None


def _transfer_once(url: str, part: Path) -> None:
    _log.info("downloading %s", url)
    received = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": f"tailor/{__version__}"})
    if received:
        request.add_header("Range", f"bytes={received}-")
    try:
        response = urllib.request.urlopen(request, timeout=READ_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()  # it is longer than the file, so it is of another file
        raise
    with response:
        # A server without ranges answers 200 and sends everything.
        continues = response.headers.get("Content-Range", "").startswith(f"bytes {received}-")
        done = received if continues else 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length else None
        with part.open("ab" if continues else "wb") as file, _progress() as progress:
            task = progress.add_task(url.rpartition("/")[2], total=total, completed=done)
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                done += len(chunk)
                progress.update(task, completed=done)
    if total is not None and done < total:
        raise ConnectionError(f"the transfer ended after {done:,} of {total:,} bytes")


def _progress() -> Progress:
    console = Console(file=sys.stderr)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _is_transient(error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= 500 or error.code in (408, 416, 429)
    if isinstance(error, urllib.error.URLError):  # unknown hosts and refusals are permanent
        return isinstance(error.reason, TimeoutError)
    return isinstance(error, (ConnectionError, TimeoutError, http.client.HTTPException))


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        return str(error.reason)
    return str(error) or type(error).__name__
