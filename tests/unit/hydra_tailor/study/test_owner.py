"""Whether the process that has a trial still runs."""

import os
import socket
import subprocess
import sys

import psutil
import pytest

from hydra_tailor.study.owner import _start_of, host_of, is_gone, this_process

HOST = socket.gethostname()


def test_this_process_is_here() -> None:
    assert is_gone(this_process()) is False
    assert host_of(this_process()) == HOST


def test_one_that_ended_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    start = _start_of(ended.pid)
    ended.wait()
    assert is_gone(f"{HOST}:{ended.pid}:{start}") is True


def test_a_zombie_is_gone() -> None:
    """Its parent has not collected it: a container's first process may never do so."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    start, date = _start_of(child.pid), psutil.Process(child.pid).create_time()
    assert is_gone(f"{HOST}:{child.pid}:{start}") is False
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended and is not collected
    assert is_gone(f"{HOST}:{child.pid}:{start}") is True
    assert is_gone(f"{HOST}:{child.pid}:{date:.2f}") is True
    child.wait()


@pytest.mark.parametrize("start", ["12345.00", "0123abcd-12345"], ids=["a-date", "another-boot"])
def test_a_later_process_with_the_same_number_is_another_one(start: str) -> None:
    assert is_gone(f"{HOST}:{os.getpid()}:{start}") is True


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a start is kept as a date")
def test_a_clock_that_is_set_ends_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux has no date of a process' start: psutil's moves with the clock."""
    us = this_process()
    date = psutil.Process().create_time()
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: date + 10.0)
    assert is_gone(us) is False


def test_a_start_that_was_kept_as_a_date_is_understood() -> None:
    ours = f"{HOST}:{os.getpid()}:{psutil.Process().create_time():.2f}"
    assert is_gone(ours) is False
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_gone(f"{HOST}:{ended.pid}:12345.00") is True


@pytest.mark.parametrize(
    "owner", [None, "another-host:1:12345.00", "another-host:1:0123abcd-1", "me", "a:b:c"]
)
def test_of_others_this_host_cannot_tell(owner: str | None) -> None:
    assert is_gone(owner) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has several tables of processes")
def test_of_another_container_with_our_name_a_heartbeat_tells() -> None:
    ours = this_process()
    theirs = f"{ours.partition('@')[0]}@1"
    assert is_gone(ours, has_heartbeat=True) is False
    assert is_gone(theirs, has_heartbeat=True) is None
    of_another_boot = f"{HOST}:{os.getpid()}:0123abcd-1@{ours.partition('@')[2]}"
    assert is_gone(of_another_boot, has_heartbeat=True) is None
    assert is_gone(of_another_boot) is True  # before this machine's restart
    assert is_gone(f"{HOST}:{2**22 + 1}:0123abcd-1@1") is True
