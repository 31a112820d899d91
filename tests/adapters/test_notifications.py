"""Messages on a real notification server: dunst on a display and a bus of the test's own."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from jeepney import Message, new_method_call

from guardian.adapters.notifications import SERVER, Notifier
from guardian.adapters.session_bus import BUS, BusConnection, connect
from guardian.kernel.process import ProcessKey
from guardian.model.verdict import State
from guardian.policy.episodes import CRITICAL, NORMAL, Button, Notice
from tests.conftest import PrivateBus

pytestmark = [pytest.mark.desktop, pytest.mark.slow]
WARNING = Notice("<b>clang++</b> & more fills memory", "It grows <i>310 MiB/min</i> & has 4.2 GiB.", NORMAL, State.WARNING,
                 (Button("freeze", "Freeze"),), ProcessKey(7, 8))  # fmt: skip
DUNSTRC = (
    "[global]\n    markup = full\n    mouse_left_click = do_action\n    dmenu = {pick}\n[urgency_critical]\n    timeout = 5\n"
)


class Desk:
    """A display with dunst, and a notifier on the same bus."""

    def __init__(self, folder: Path, bus: PrivateBus) -> None:
        self.folder, self.bus = folder, bus
        self.acted: list[tuple[str, Notice]] = []
        self.closed: list[str] = []
        self._server: subprocess.Popen[bytes] | None = None
        self.connection: BusConnection = connect(bus.address)
        self.notifier = Notifier(self._send, lambda act, notice, _token: self.acted.append((act, notice)), self._closed)
        pick = folder / "pick.sh"
        # What a person would choose among the buttons: the first.
        pick.write_text("#!/bin/sh\nhead -n 1\n")
        pick.chmod(0o755)
        (folder / "dunstrc").write_text(DUNSTRC.format(pick=pick))

    def _send(self, message: Message) -> int:
        return self.connection.send(message)

    def _closed(self, slot: str, _notice: Notice) -> None:
        self.closed.append(slot)

    def start_server(self) -> None:
        """Start dunst until it owns its name; a display that was only just opened may refuse its first clients."""
        for _attempt in range(3):
            with open(self.folder / "printed", "ab") as printed:
                command = ["dunst", "-print", "-conf", str(self.folder / "dunstrc")]
                self._server = subprocess.Popen(command, stdout=printed, stderr=subprocess.DEVNULL)
            until = time.monotonic() + 5
            while self._server.poll() is None and time.monotonic() < until:
                if self.owned():
                    return
                time.sleep(0.05)
            self.stop_server()
            time.sleep(0.3)
        raise AssertionError("dunst does not start")

    def owned(self) -> bool:
        with closing(connect(self.bus.address)) as asking:
            return bool(asking.call(new_method_call(BUS, "NameHasOwner", "s", (SERVER,)))[0])

    def stop_server(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait()
            self._server = None

    def until(self, condition: Callable[[], bool], seconds: float = 15.0) -> None:
        """Let messages come until something holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "did not come in time"
            for message in self.connection.receive():
                self.notifier.heard(message)
            time.sleep(0.02)

    def shown(self) -> list[dict[str, str]]:
        """What dunst has on the screen and in its history, by its own account."""
        said = subprocess.run(["dunstctl", "history"], capture_output=True, text=True, check=True, timeout=10)
        entries = json.loads(said.stdout)["data"][0]
        return [{key: str(value["data"]) for key, value in one.items()} for one in entries]

    def count(self, what: str) -> int:
        said = subprocess.run(["dunstctl", "count", what], capture_output=True, text=True, check=True, timeout=10)
        return int(said.stdout)


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory, private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for program in ("Xvfb", "dunst", "dunstctl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing (Debian: xvfb, dunst)")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as display:
        os.close(write)
        # The pipe stays open: its newline comes in a write of its own, which must not meet a closed end.
        number = os.read(read, 16).decode().strip()
        monkeypatch.setenv("DISPLAY", f":{number}")
        desk = Desk(tmp_path_factory.mktemp("desk"), private_bus)
        try:
            yield desk
        finally:
            desk.connection.close()
            desk.stop_server()
            display.terminate()
            os.close(read)


@pytest.fixture
def with_server(desk: Desk) -> Desk:
    desk.start_server()
    desk.notifier.connected()
    desk.until(lambda: desk.notifier.capabilities is not None)
    return desk


def test_it_is_shown_updated_in_place_and_closed(with_server: Desk) -> None:
    desk = with_server
    assert desk.notifier.capabilities is not None
    assert "actions" in desk.notifier.capabilities
    desk.notifier.show("episode", WARNING)
    desk.until(lambda: desk.count("displayed") == 1)
    # The second goes out before the server has answered the first: still one message.
    for number in range(3):
        desk.notifier.show("episode", WARNING._replace(summary=f"now {number}"))
    shown = desk.notifier.shown
    desk.until(lambda: (shown("episode") or WARNING).summary == "now 2")
    assert desk.count("displayed") == 1
    desk.notifier.close("episode")
    desk.until(lambda: desk.count("displayed") == 0)
    (entry,) = desk.shown()
    assert entry["summary"] == "now 2"
    assert desk.closed == []


def test_what_programs_are_called_is_no_markup(with_server: Desk) -> None:
    with_server.notifier.show("episode", WARNING)
    with_server.until(lambda: with_server.count("displayed") == 1)
    subprocess.run(["dunstctl", "close-all"], check=True, timeout=10)
    with_server.until(lambda: with_server.closed == ["episode"])
    (entry,) = with_server.shown()
    assert entry["body"] == "It grows &lt;i&gt;310 MiB/min&lt;/i&gt; &amp; has 4.2 GiB."
    assert "CRITICAL" not in (with_server.folder / "printed").read_text()


def test_a_button_is_heard_with_its_message(with_server: Desk) -> None:
    with_server.notifier.show("episode", WARNING)
    with_server.until(lambda: with_server.count("displayed") == 1)
    subprocess.run(["dunstctl", "action", "0"], check=True, timeout=10)
    with_server.until(lambda: bool(with_server.acted))
    assert with_server.acted[0][1] == WARNING
    assert with_server.acted[0][0] in {"freeze", ""}


def test_critical_stays_on_the_screen(with_server: Desk) -> None:
    with_server.notifier.show("episode", WARNING._replace(urgency=CRITICAL, stays=True))
    with_server.until(lambda: with_server.count("displayed") == 1)
    subprocess.run(["dunstctl", "close-all"], check=True, timeout=10)
    with_server.until(lambda: with_server.closed == ["episode"])
    (entry,) = with_server.shown()
    assert entry["timeout"] == "0"
    assert "CRITICAL" in (with_server.folder / "printed").read_text()


def test_a_server_that_comes_back_is_shown_what_is_still_true(with_server: Desk) -> None:
    desk = with_server
    desk.notifier.show("episode", WARNING)
    desk.until(lambda: desk.count("displayed") == 1)
    desk.stop_server()
    desk.until(lambda: desk.notifier.capabilities is None)
    desk.start_server()
    desk.until(lambda: desk.notifier.capabilities is not None)
    desk.until(lambda: desk.count("displayed") == 1)
    desk.notifier.close("episode")
    desk.until(lambda: desk.count("displayed") == 0)


def test_do_not_disturb_is_known_and_followed(with_server: Desk) -> None:
    assert not with_server.notifier.inhibited
    subprocess.run(["dunstctl", "set-paused", "true"], check=True, timeout=10)
    with_server.until(lambda: with_server.notifier.inhibited)
    subprocess.run(["dunstctl", "set-paused", "false"], check=True, timeout=10)
    with_server.until(lambda: not with_server.notifier.inhibited)


def test_without_a_server_nothing_is_shown_and_nothing_breaks(desk: Desk) -> None:
    desk.notifier.connected()
    desk.notifier.show("episode", WARNING)
    desk.until(lambda: desk.notifier.shown("episode") is None)
    desk.notifier.close("episode")
    desk.start_server()
    desk.until(lambda: desk.notifier.capabilities is not None)
    desk.notifier.show("episode", WARNING)
    desk.until(lambda: desk.count("displayed") == 1)
