"""One window per session, by the bus and without one; with several starts at once in real processes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from jeepney import DBusAddress, new_method_call
from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from guardian.adapters.session_bus import connect
from guardian.ui import single_instance
from guardian.ui.qt_bus import QtBus
from guardian.ui.single_instance import APP_NAME, APP_PATH, APPLICATION, SingleInstance, activation_token
from tests.conftest import PrivateBus

# A start as the program makes it: claims, says how it went, and stays a while when it is the first.
START = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer
from guardian.ui.qt_bus import QtBus
from guardian.ui.single_instance import SingleInstance
app = QCoreApplication(sys.argv)
bus = QtBus()
bus.start()
instance = SingleInstance(bus)
instance.raise_wanted.connect(lambda token: print("raised", token, flush=True))
if instance.claim():
    print("first", flush=True)
    QTimer.singleShot(int(sys.argv[1]), app.quit)
    app.exec()
else:
    print("second", flush=True)
bus.stop()
"""


def started(checkout: Path, milliseconds: int = 6000, **environ: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", START, str(milliseconds)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(checkout)} | environ,
    )


@pytest.fixture
def first(private_bus: PrivateBus, qtbot: QtBot) -> Iterator[SingleInstance]:
    """The one window of this bus."""
    bus = QtBus()
    bus.start()
    instance = SingleInstance(bus)
    assert instance.claim()
    yield instance
    bus.stop()


def activate(bus: PrivateBus, signature: str, body: tuple[object, ...], member: str = "Activate") -> None:
    with closing(connect(bus.address)) as connection:
        connection.send(new_method_call(DBusAddress(APP_PATH, APP_NAME, APPLICATION), member, signature, body))
        time.sleep(0.05)


def test_a_second_start_raises_the_first_with_its_token(
    first: SingleInstance, private_bus: PrivateBus, qtbot: QtBot, checkout: Path
) -> None:
    with qtbot.waitSignal(first.raise_wanted, timeout=20000) as raised:
        second = started(checkout, XDG_ACTIVATION_TOKEN="token-7")
    out, _err = second.communicate(timeout=20)
    assert out == "second\n"
    assert second.returncode == 0
    assert raised.args == ["token-7"]


@pytest.mark.parametrize(
    "platform,token",
    [
        ({}, ""),
        ({"desktop-startup-id": ("s", "x11-3")}, "x11-3"),
        ({"activation-token": ("s", "a"), "desktop-startup-id": ("s", "b")}, "a"),
        ({"activation-token": ("u", 7)}, ""),
        ({"activation-token": ("s", "x" * 5000)}, "x" * 1024),
    ],
)
def test_the_token_is_found_and_bounded(
    first: SingleInstance, private_bus: PrivateBus, qtbot: QtBot, platform: dict[str, object], token: str
) -> None:
    with qtbot.waitSignal(first.raise_wanted, timeout=5000) as raised:
        activate(private_bus, "a{sv}", (platform,))
    assert raised.args == [token]


def test_open_and_actions_raise_too_and_odd_calls_do_not(first: SingleInstance, private_bus: PrivateBus, qtbot: QtBot) -> None:
    for member, signature, body in (("Open", "asa{sv}", (["x"], {})), ("ActivateAction", "sava{sv}", ("quit", [], {}))):
        with qtbot.waitSignal(first.raise_wanted, timeout=5000):
            activate(private_bus, signature, body, member)
    with qtbot.assertNotEmitted(first.raise_wanted, wait=300):
        activate(private_bus, "s", ("x",))
        activate(private_bus, "a{sv}", ({},), "Frobnicate")


def test_a_first_that_does_not_answer_is_still_the_first(private_bus: PrivateBus, qtbot: QtBot) -> None:
    with closing(connect(private_bus.address)) as busy:
        assert busy.request_name(APP_NAME)
        bus = QtBus()
        bus.start()
        assert not SingleInstance(bus).claim()
        bus.stop()


def test_without_a_bus_a_socket_does_the_same(qtbot: QtBot, checkout: Path) -> None:
    bus = QtBus(environ={})
    bus.start()
    instance = SingleInstance(bus)
    assert instance.claim()
    with qtbot.waitSignal(instance.raise_wanted, timeout=20000) as raised:
        second = started(checkout, DESKTOP_STARTUP_ID="id-9")
    out, _err = second.communicate(timeout=20)
    assert out == "second\n"
    assert raised.args == ["id-9"]
    instance.release()
    bus.stop()


def test_a_socket_left_by_one_who_died_is_no_window(qtbot: QtBot, checkout: Path) -> None:
    dead = started(checkout)
    assert dead.stdout is not None
    assert dead.stdout.readline() == "first\n"
    dead.kill()
    dead.communicate()
    bus = QtBus(environ={})
    bus.start()
    instance = SingleInstance(bus)
    assert instance.claim()
    instance.release()
    bus.stop()


def test_whoever_writes_rubbish_on_the_socket_raises_nothing(qtbot: QtBot) -> None:
    bus = QtBus(environ={})
    bus.start()
    instance = SingleInstance(bus)
    assert instance.claim()
    peer = QLocalSocket()
    peer.connectToServer(single_instance._socket_name())
    with qtbot.assertNotEmitted(instance.raise_wanted, wait=300):
        peer.write(b"\xff" * 5000)
        peer.flush()
    peer.abort()
    instance.release()
    bus.stop()


@pytest.mark.parametrize("with_bus", [True, False], ids=["bus", "no bus"])
def test_of_many_starts_at_once_one_is_first(with_bus: bool, request: pytest.FixtureRequest, checkout: Path) -> None:
    if with_bus:
        request.getfixturevalue("private_bus")
    starts = [started(checkout, 8000) for _number in range(4)]
    said = []
    for start in starts:
        assert start.stdout is not None
        said.append(start.stdout.readline().strip())
    for start in starts:
        start.kill()
        start.communicate()
    assert sorted(said) == ["first", "second", "second", "second"]


def test_a_token_comes_from_the_environment() -> None:
    assert activation_token({}) == ""
    assert activation_token({"XDG_ACTIVATION_TOKEN": "a", "DESKTOP_STARTUP_ID": "b"}) == "a"
    assert activation_token({"DESKTOP_STARTUP_ID": "b"}) == "b"
