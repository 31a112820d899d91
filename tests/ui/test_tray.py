"""The tray: its icon, the panel it looks for, and the whole of it in a real panel."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from jeepney import DBusAddress, Properties, new_method_call, new_method_return, new_signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from guardian.adapters.session_bus import BUS, BusConnection, CallFailed, connect
from guardian.model.verdict import State, Verdict
from guardian.protocol.agent import AGENT_NAME
from guardian.ui.panel_shade import PanelShade
from guardian.ui.qt_bus import QtBus
from guardian.ui.scheme import Scheme
from guardian.ui.tray import Tray, no_tray_words
from guardian.ui.tray_host import WATCHER, TrayHost
from guardian.ui.tray_icon import TRAY_SIZES, theme_name, tray_icon
from tests.conftest import PrivateBus

LONG = 20000
CALM = Verdict(0.0, State.CALM, 5 << 30, 5 << 30, 0, 0.0, 0.0, None, None, (), ())


@pytest.fixture
def bus(private_bus: PrivateBus, qtbot: QtBot) -> Iterator[QtBus]:
    bus = QtBus()
    bus.start()
    yield bus
    bus.stop()


@pytest.fixture
def scheme(qapp: QApplication) -> Scheme:
    return Scheme(qapp, dark=False)


# The icon


def test_every_state_has_its_own_outline_at_every_size(qapp: QApplication) -> None:
    for size in (16, 22, 32):
        # The image has to live as long as its bits are read.
        images = [tray_icon(state, dark_panel=True).pixmap(size, size).toImage() for state in State]
        assert len({bytes(image.constBits()) for image in images}) == len(State)


def test_the_icon_is_one_colour_that_stands_out_on_the_panel(qapp: QApplication) -> None:
    for dark, lightest in ((True, 220), (False, 70)):
        image = tray_icon(State.CRITICAL, dark_panel=dark).pixmap(32, 32).toImage()
        colours = {image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() == 255}
        assert len(colours) == 1
        assert (QColor(colours.pop()).lightness() >= lightest) is dark


def test_each_size_of_the_panel_is_painted_for_itself(qapp: QApplication) -> None:
    sizes = {size.width() for size in tray_icon(State.CALM, dark_panel=True).availableSizes()}
    assert {16, 22, 32} <= sizes == set(TRAY_SIZES)


def test_the_themes_icons_are_in_the_checkout(checkout: Path) -> None:
    for state in State:
        for size in (16, 22, 32):
            path = checkout / f"resources/icons/hicolor/{size}x{size}/status/{theme_name(state)}.svg"
            assert path.read_text(encoding="utf-8").startswith("<svg"), path


# The panel's shade


def shade_of(bus: QtBus, scheme: Scheme, desktop: str, **more: str) -> PanelShade:
    return PanelShade(bus, scheme, environ={"XDG_CURRENT_DESKTOP": desktop} | more)


def test_gnomes_panel_is_dark_and_others_follow_the_windows(bus: QtBus, scheme: Scheme) -> None:
    assert shade_of(bus, scheme, "ubuntu:GNOME").dark
    assert not shade_of(bus, scheme, "KDE").dark
    assert not shade_of(bus, scheme, "").dark
    scheme.force(True)
    assert shade_of(bus, scheme, "KDE").dark
    assert not shade_of(bus, scheme, "GNOME", OOM_GUARDIAN_PANEL="light").dark
    scheme.force(False)


def test_xfces_own_setting_counts_and_is_followed(bus: QtBus, scheme: Scheme, private_bus: PrivateBus, qtbot: QtBot) -> None:
    with closing(connect(private_bus.address)) as xfconf:
        assert xfconf.request_name("org.xfce.Xfconf")
        shade = shade_of(bus, scheme, "XFCE")
        assert not shade.dark

        def answered() -> bool:
            calls = [one for one in xfconf.receive() if one.body == ("xfce4-panel", "/panels/dark-mode")]
            for call in calls:
                xfconf.send(new_method_return(call, "v", (("b", True),)))
            return bool(calls)

        with qtbot.waitSignal(shade.changed, timeout=LONG):
            qtbot.waitUntil(answered, timeout=LONG)
        assert shade.dark
        emitter = DBusAddress("/org/xfce/Xfconf", interface="org.xfce.Xfconf")
        with qtbot.waitSignal(shade.changed, timeout=LONG):
            body = ("xfce4-panel", "/panels/dark-mode", ("b", False))
            xfconf.send(new_signal(emitter, "PropertyChanged", "ssv", body))
        assert not shade.dark


# The panel


def test_a_panel_that_comes_late_or_goes_is_noticed(bus: QtBus, private_bus: PrivateBus, qtbot: QtBot) -> None:
    host = TrayHost(bus, patience=0.2)
    with qtbot.waitSignal(host.changed, timeout=LONG) as changed:
        host.start()
    assert changed.args == [False]
    with closing(connect(private_bus.address)) as panel:
        with qtbot.waitSignal(host.changed, timeout=LONG) as changed:
            assert panel.request_name(WATCHER)
        assert changed.args == [True]
        with qtbot.waitSignal(host.changed, timeout=LONG) as changed:
            panel.close()
    assert changed.args == [False]
    assert host.present is False


def test_a_panel_that_is_there_is_known_at_once(bus: QtBus, private_bus: PrivateBus, qtbot: QtBot) -> None:
    with closing(connect(private_bus.address)) as panel:
        assert panel.request_name(WATCHER)
        host = TrayHost(bus, patience=60)
        with qtbot.waitSignal(host.changed, timeout=LONG) as changed:
            host.start()
        assert changed.args == [True]


def test_without_a_bus_there_is_no_tray_and_the_program_goes_on(qtbot: QtBot, scheme: Scheme) -> None:
    bus = QtBus(environ={})
    bus.start()
    tray = Tray(bus, scheme)
    tray.host._patience = 0.1
    with qtbot.waitSignal(tray.presence_changed, timeout=LONG) as changed:
        tray.start()
    assert changed.args == [False]
    tray.show_verdict(CALM)
    assert no_tray_words() == "No tray here. OOM Guardian goes on in the background; open it from the app list."
    tray.stop()
    bus.stop()


# All of it in a real panel

PANEL = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array"><value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/><property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty"><property name="plugin-1" type="string" value="systray"/></property>
</channel>
"""


class Desktop:
    """A virtual screen with a session bus and, when it is wanted, a panel."""

    def __init__(self, bus: PrivateBus, home: Path) -> None:
        self.bus, self._running = bus, []
        config = home / "config/xfce4/xfconf/xfce-perchannel-xml"
        config.mkdir(parents=True)
        (config / "xfce4-panel.xml").write_text(PANEL)
        self.environ = os.environ | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "DBUS_SESSION_BUS_ADDRESS": bus.address,
            "QT_QPA_PLATFORM": "xcb",
            "GDK_BACKEND": "x11",
        }
        self.environ["DISPLAY"] = self._screen(home / "display")

    def run(self, *command: str, **more: str) -> "subprocess.Popen[bytes]":
        quiet = subprocess.DEVNULL
        one = subprocess.Popen(command, env=self.environ | more, stdin=quiet, stdout=quiet, stderr=quiet)
        self._running.append(one)
        return one

    def panel(self) -> "subprocess.Popen[bytes]":
        panel = self.run("xfce4-panel", "--disable-wm-check")
        self.until(lambda: self.owned(WATCHER))
        return panel

    def owned(self, name: str) -> bool:
        with closing(connect(self.bus.address)) as connection:
            return bool(connection.call(new_method_call(BUS, "NameHasOwner", "s", (name,)))[0])

    def items(self) -> list[str]:
        """The bus names of the icons in the panel."""
        with closing(connect(self.bus.address)) as connection:
            watcher = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)
            try:
                ((_kind, items),) = connection.call(Properties(watcher).get("RegisteredStatusNotifierItems"))
            except CallFailed:
                return []
        return [item.partition("/")[0] for item in items]

    def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, "did not come in time"
            time.sleep(0.1)

    def windows(self) -> str:
        told = subprocess.run(["xwininfo", "-root", "-tree"], env=self.environ, capture_output=True, text=True, check=False)
        return told.stdout

    def end_agent(self) -> None:
        """End the agent that the program started, which outlives it."""
        with closing(connect(self.bus.address)) as connection, suppress(CallFailed):
            (pid,) = connection.call(new_method_call(BUS, "GetConnectionUnixProcessID", "s", (AGENT_NAME,)))
            os.kill(pid, signal.SIGTERM)

    def close(self) -> None:
        self.end_agent()
        for one in reversed(self._running):
            one.terminate()
            try:
                one.wait(timeout=5)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()

    def _screen(self, said: Path) -> str:
        with open(said, "wb") as out:
            command = ["Xvfb", "-displayfd", str(out.fileno()), "-screen", "0", "1000x600x24", "-nolisten", "tcp"]
            quiet = subprocess.DEVNULL
            self._running.append(subprocess.Popen(command, pass_fds=[out.fileno()], stdin=quiet, stdout=quiet, stderr=quiet))
        self.until(lambda: said.read_text().strip())
        return ":" + said.read_text().strip()


@pytest.fixture
def desktop(private_bus: PrivateBus, tmp_path: Path, checkout: Path) -> Iterator[Desktop]:
    """A desktop; skips where one of its parts is absent."""
    absent = [name for name in ("Xvfb", "xfce4-panel", "xwininfo") if shutil.which(name) is None]
    if absent:
        pytest.skip(f"{', '.join(absent)} missing (Debian: xvfb xfce4-panel x11-utils)")
    home = tmp_path / "home"
    home.mkdir()
    # Services that the bus starts (xfconfd) inherit the bus's own environment.
    private_bus.stop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        patch.setenv("HOME", str(home))
        for folder in ("/usr/share/dbus-1/services",):
            for service in Path(folder).glob("org.xfce.Xfconf.service"):
                shutil.copy(service, private_bus.services)
        private_bus.start()
    desktop = Desktop(private_bus, home)
    desktop.environ["PYTHONPATH"] = str(checkout)
    yield desktop
    desktop.close()


class Item:
    """One icon in the panel, driven as a panel drives it."""

    def __init__(self, connection: BusConnection, name: str) -> None:
        self._connection, self._name = connection, name

    def property(self, name: str) -> object:
        address = DBusAddress("/StatusNotifierItem", self._name, "org.kde.StatusNotifierItem")
        ((_kind, value),) = self._connection.call(Properties(address).get(name), 10)
        return value

    def menu(self) -> dict[str, int]:
        """The menu's visible lines and their numbers."""
        address = DBusAddress(str(self.property("Menu")), self._name, "com.canonical.dbusmenu")
        _revision, (_id, _properties, children) = self._connection.call(
            new_method_call(address, "GetLayout", "iias", (0, -1, [])), 10
        )
        lines = {}
        for _kind, (number, properties, _below) in children:
            if properties.get("visible", ("b", True))[1]:
                lines[str(properties.get("label", ("s", "—"))[1])] = number
        return lines

    def choose(self, line: str) -> None:
        address = DBusAddress(str(self.property("Menu")), self._name, "com.canonical.dbusmenu")
        number = self.menu()[line]
        self._connection.call(new_method_call(address, "Event", "isvu", (number, "clicked", ("s", ""), 0)), 10)

    def click(self) -> None:
        address = DBusAddress("/StatusNotifierItem", self._name, "org.kde.StatusNotifierItem")
        self._connection.call(new_method_call(address, "Activate", "ii", (0, 0)), 10)


def guardian(desktop: Desktop) -> "subprocess.Popen[bytes]":
    return desktop.run(sys.executable, "-m", "guardian", "--hidden")


@pytest.mark.desktop
@pytest.mark.slow
def test_in_a_real_panel_it_shows_opens_and_quits(desktop: Desktop) -> None:
    desktop.panel()
    program = guardian(desktop)
    desktop.until(desktop.items)
    with closing(connect(desktop.bus.address)) as connection:
        item = Item(connection, desktop.items()[0])
        desktop.until(lambda: any("of room" in line for line in item.menu()))
        assert {"Open OOM Guardian", "Settings…", "Quit"} <= set(item.menu())
        assert "OOM Guardian" not in desktop.windows()
        item.click()
        desktop.until(lambda: '"OOM Guardian"' in desktop.windows())
        item.choose("Quit")
        assert program.wait(timeout=20) == 0
    desktop.until(lambda: not desktop.items())


@pytest.mark.desktop
@pytest.mark.slow
def test_a_panel_that_starts_late_or_anew_gets_the_icon(desktop: Desktop) -> None:
    program = guardian(desktop)
    time.sleep(7)
    assert program.poll() is None
    first = desktop.panel()
    desktop.until(desktop.items)
    first.kill()
    first.wait()
    desktop.until(lambda: not desktop.owned(WATCHER))
    desktop.panel()
    desktop.until(desktop.items)
    assert program.poll() is None
