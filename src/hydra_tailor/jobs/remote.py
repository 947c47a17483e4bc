"""Copies of run directories at an fsspec URL that every host can read.

A run directory is on the disk of the host that ran the trial. `hydra.sweeper.results_url` names a
place that all hosts reach (`s3://bucket/runs`, `file:///mnt/runs`, ...). The process that ran a
trial copies its results there when the trial has ended.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from hydra_tailor.errors import ConfigError, StudyError, TailorError, UploadError
from hydra_tailor.files import LEFTOVER

log = logging.getLogger(__name__)

KEY = "hydra.sweeper.results_url"
RETRY_PAUSES_SECONDS = (1.0, 5.0, 15.0)


def check(url: str) -> str:
    """Check that the URL can be written to; return it in the form that every process uses.

    Raises:
        ConfigError: the URL holds a password, its backend is not installed, or nothing can be
            written there.
    """
    if _password(url):
        raise ConfigError(
            f"`{KEY}` must not hold a password: it is kept with every trial. Put the password "
            "where the backend reads it (its own environment variables or files, "
            "FSSPEC_<PROTOCOL>_PASSWORD, or ~/.config/fsspec)."
        )
    system, root = _system(url)
    probe = f"{root}/.{uuid.uuid4().hex}"
    try:
        system.makedirs(root, exist_ok=True)
        system.pipe_file(probe, b"")
        system.rm_file(probe)
    except Exception as error:  # each backend raises its own errors
        raise ConfigError(
            f"nothing can be written to `{KEY}`={url}: {_line(error)}. It must be a place that "
            "this process and every job may write to."
        ) from error
    return str(system.unstrip_protocol(root)) if _is_local(system) else url


def url_of_trial(url: str, study: str, number: int) -> str:
    """The URL of a trial's results, given `hydra.sweeper.results_url`."""
    return f"{url.rstrip('/')}/{study}/{number}"


def upload(directory: Path, url: str, *, exclude: Sequence[str] = ()) -> None:
    """Copy the files of a run directory to a URL.

    Args:
        directory: the run directory.
        url: destination of the copy.
        exclude: names of files that are not copied.

    Raises:
        UploadError: they could not be copied, after `len(RETRY_PAUSES_SECONDS)` retries.
    """
    files = sorted(file for file in _results(directory) if file.name not in exclude)
    for pause in (*RETRY_PAUSES_SECONDS, None):
        try:
            return _put(directory, files, url)
        except Exception as error:
            if pause is None:
                raise UploadError(
                    f"the results in {directory} could not be copied to {url}, tried "
                    f"{len(RETRY_PAUSES_SECONDS) + 1} times: {_line(error)}. They stay where "
                    "they are."
                ) from error
            log.warning("%s: %s; trying again in %g s", url, _line(error), pause)
            time.sleep(pause)
    return None


def fetch(wanted: Mapping[str, Path], files: Sequence[str]) -> None:
    """Copy files of some trials from their URLs; files that are missing there are left out.

    Args:
        wanted: destination directory by the URL of a trial's results; created if missing.
        files: paths below each URL. Each file appears only when it is complete, and the files of
            a directory appear in this order.

    Raises:
        StudyError: a backend is not installed or does not answer.
    """
    for parent in sorted({url.rpartition("/")[0] for url in wanted}):
        below = {url: to for url, to in wanted.items() if url.rpartition("/")[0] == parent}
        try:
            _get(parent, below, files)
        except TailorError as error:
            raise StudyError(str(error)) from error
        except Exception as error:
            raise StudyError(
                f"the trials' results cannot be read from {parent}: {_line(error)}. The analysis "
                "needs to read there what the jobs wrote, or the run directories themselves."
            ) from error


def _put(directory: Path, files: Sequence[Path], url: str) -> None:
    system, root = _system(url)
    pairs = [(file, f"{root}/{file.relative_to(directory).as_posix()}") for file in files]
    for folder in sorted({str(PurePosixPath(target).parent) for _, target in pairs}):
        system.makedirs(folder, exist_ok=True)
    system.put([str(file) for file, _ in pairs], [target for _, target in pairs])


def _get(parent: str, below: Mapping[str, Path], files: Sequence[str]) -> None:
    system, root = _system(parent)
    system.invalidate_cache()
    existing = {str(path) for path in system.find(root)}
    pairs: list[tuple[str, Path, Path]] = []
    for url, directory in below.items():
        source = f"{root}/{url.rpartition('/')[2]}"
        mark = f".{uuid.uuid4().hex}"
        pairs += [
            (
                f"{source}/{name}",
                (target := directory / name).with_name(target.name + mark),
                target,
            )
            for name in files
            if f"{source}/{name}" in existing
        ]
    for _, temporary, _ in pairs:
        temporary.parent.mkdir(parents=True, exist_ok=True)
    try:
        if pairs:
            system.get(
                [source for source, _, _ in pairs],
                [str(temporary) for _, temporary, _ in pairs],
            )
        for _, temporary, target in pairs:
            temporary.replace(target)
    finally:
        for _, temporary, _ in pairs:
            temporary.unlink(missing_ok=True)


def _results(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        if path.is_file() and not LEFTOVER.fullmatch(path.name):
            yield path


def _system(url: str) -> tuple[Any, str]:
    """The file system that a URL names, and the path in it."""
    try:
        from fsspec.core import url_to_fs  # imported only if a URL is given

        system, path = url_to_fs(url)
    except ImportError as error:
        cause = error.__cause__ or error
        package = (
            cause.name if isinstance(cause, ImportError) else None
        ) or "the package it names"
        raise ConfigError(
            f"`{KEY}`={url} needs a package that is not installed ({error}). Install it here and "
            f"wherever jobs run: pip install {package}"
        ) from error
    except Exception as error:
        raise ConfigError(
            f"`{KEY}` must be a URL of a file system that fsspec knows, as in s3://bucket/runs or "
            f"file:///mnt/runs, got {url!r}: {_line(error)}."
        ) from error
    return system, str(path).rstrip("/")


def _is_local(system: Any) -> bool:
    return "file" in ([system.protocol] if isinstance(system.protocol, str) else system.protocol)


def _password(url: str) -> Any:
    try:
        return make_url(url).password
    except (ArgumentError, ValueError):
        return re.search(r"://[^/@]*:[^/@]+@", url)


def _line(error: BaseException) -> str:
    text = str(error).strip().rstrip(".")
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__
