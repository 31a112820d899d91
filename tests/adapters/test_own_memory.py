"""The agent's own memory: locked where it may be, and a ballast that is really there."""

import resource
import socket
from pathlib import Path

from guardian.adapters.own_memory import BALLAST_BYTES, Ballast, lock_memory
from guardian.adapters.service_watchdog import ServiceWatchdog


def test_a_small_limit_is_named_with_the_way_out() -> None:
    told = lock_memory(capabilities=0, limit=8 << 20)
    assert not told.held
    assert "8.0 MiB" in told.words
    assert "LimitMEMLOCK=256M" in told.words


def test_the_ballast_is_held_released_and_taken_again() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    # Above the most that the C library takes from what it has at hand, touched before: these pages are new.
    ballast = Ballast(max(8 * BALLAST_BYTES, 64 << 20))
    touched = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    assert ballast.held
    # Each page of it was touched, one fault a page at the most.
    assert touched > 0
    ballast.release()
    assert not ballast.held
    ballast.take()
    assert ballast.held


def test_without_a_service_manager_the_watchdog_does_nothing() -> None:
    watchdog = ServiceWatchdog({})
    watchdog.ready()
    watchdog.alive()
    watchdog.close()
    assert not watchdog.wanted


def test_a_service_manager_hears_that_it_serves_lives_and_ends(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        watchdog = ServiceWatchdog({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "60000000"})
        watchdog.ready()
        watchdog.alive()
        watchdog.close()
        assert [manager.recv(64) for _message in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_a_watchdog_of_another_process_is_not_fed(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}
        watchdog = ServiceWatchdog(environ)
        assert not watchdog.wanted
        watchdog.close()
