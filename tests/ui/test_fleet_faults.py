"""Page Fleet where there is no server, none that answers, or one that lies."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from guardian.policy.prometheus_answer import Point
from guardian.ui.fleet_model import PLACE_OF
from guardian.ui.fleet_page import FleetPage
from guardian.ui.fleet_reader import ServerWanted
from tests.simulated_fleet import Simulated, SimulatedFleet, served
from tests.ui.fleet_machines import NOW, calm, of

LONG = 60_000
OpenPage = Callable[..., FleetPage]


def names(page: FleetPage) -> list[str]:
    return [machine.name for machine in page.model.rows]


def test_the_server_goes_and_comes_back(qtbot: QtBot, open_fleet: OpenPage, tmp_path: Path) -> None:
    for server in served(tmp_path / "own", Simulated(4)):
        page = open_fleet(server.url)
        qtbot.waitUntil(lambda page=page: page.shown is not None, timeout=LONG)
        server.stop()
        page.measure_now()
        qtbot.waitUntil(lambda page=page: page.stale.isVisible(), timeout=LONG)
        assert f"127.0.0.1:{server.port} does not answer since" in page.stale.words.text()
        assert page.stale.words.text().endswith("Values below are from then.")
        assert "Connection refused" in page.stale.why.text()
        assert len(names(page)) == 12
        server.serve()
        qtbot.mouseClick(page.stale.again, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda page=page: not page.stale.isVisible(), timeout=LONG)


def test_without_a_server_an_address_is_asked_for(qtbot: QtBot, open_fleet: OpenPage, fleet_server: SimulatedFleet) -> None:
    page = open_fleet()
    qtbot.waitUntil(lambda: page.server.words.text().startswith("No server set."), timeout=LONG)
    assert page.server.words.text() == "No server set. Enter the address of a Prometheus server."
    assert page.panes() == (page.server,)
    page.server.address.setText("prometheus:9090")
    QTest.keyClick(page.server.address, Qt.Key.Key_Return)
    qtbot.waitUntil(page.server.complaint.isVisible, timeout=LONG)
    assert "no address of a server" in page.server.complaint.text()
    page.server.address.setText(f" {fleet_server.url} ")
    qtbot.mouseClick(page.server.keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.shown is not None, timeout=LONG)
    assert not page.server.isVisible()


def test_a_server_that_does_not_answer_is_named_with_a_way_out(qtbot: QtBot, open_fleet: OpenPage) -> None:
    page = open_fleet("http://127.0.0.1:1")
    qtbot.waitUntil(lambda: "Connection refused" in page.server.words.text(), timeout=LONG)
    assert page.server.again.isVisible()
    assert page.server.address.text() == "http://127.0.0.1:1"
    assert page.status() is None


def test_a_secret_is_told_to_nobody(qtbot: QtBot, open_fleet: OpenPage, tmp_path: Path) -> None:
    page = open_fleet()
    page._take_failure(page._number, "login", "It wants a login.")
    assert page.server.secret.isVisible()
    assert page.server.secret.echoMode() == page.server.secret.EchoMode.Password
    wanted = ServerWanted("http://lab.example", "anna", "geheim")
    assert "geheim" not in f"{wanted!r} {wanted}"
    page._keep_server(wanted)
    qtbot.waitUntil(page.server.complaint.isVisible, timeout=LONG)
    assert "https" in page.server.complaint.text()
    assert b"geheim" not in (tmp_path / "settings.toml").read_bytes()


def test_a_login_that_is_refused_later_leaves_the_values_with_their_time(open_fleet: OpenPage) -> None:
    page = open_fleet()
    page._take(page._number, of(calm("a")))
    page._again.stop()
    page._take_failure(page._number, "login", "lab does not accept the login. Store the right one: guardian fleet --login")
    assert page.stale.isVisible()
    assert not page._again.isActive()
    assert page.stale.words.text().startswith("lab does not accept the login.")
    assert page.stale.why.text().startswith("Values below are from ")
    assert names(page) == ["a"]
    QTest.keyClick(page.stale.login, Qt.Key.Key_Return)
    assert page.server.isVisible()
    assert page.server.secret.isVisible()
    assert page.server.words.text().startswith("lab does not accept the login.")


def test_values_that_do_not_add_up_are_painted_in_their_cell(open_fleet: OpenPage) -> None:
    page = open_fleet()
    most = 1 << 62
    curve = tuple(Point(NOW - at, float(size)) for at, size in ((600, most), (300, 0), (0, most)))
    odd = calm("odd", memory=1.0, layers=(most,) * 8, lately=curve, forecast=(0.0, 1e8, 1e8), room=float(most))
    page._take(page._number, of(odd, calm("a")))
    page.resize(1400, 800)
    picture, again = page.grab().toImage(), page.grab().toImage()
    assert picture == again
    left = page.table.columnViewportPosition(PLACE_OF["swap"])
    row = page.table.rowViewportPosition(0) + 5
    ground = page.table.viewport().grab().toImage().pixelColor(left + 3, row)
    assert ground == page.scheme.tokens.select


def test_a_server_that_hangs_does_not_hold_the_window(qtbot: QtBot, open_fleet: OpenPage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        page = open_fleet(f"http://127.0.0.1:{silent.getsockname()[1]}")
        # It is asked from the event loop on.
        qtbot.waitUntil(lambda: page.server.words.text().startswith("Asking"), timeout=LONG)
        silent.settimeout(60)
        line, _where = silent.accept()
        with line:
            line.settimeout(60)
            assert line.recv(10)
            begun = time.monotonic()
            assert page.thread_of_fleet.stop()
            assert time.monotonic() - begun < 2.5


def test_a_name_that_looks_like_markup_stays_a_name(open_fleet: OpenPage) -> None:
    page = open_fleet()
    page._take(page._number, of(calm("<img src=x>")))
    tip = str(page.model.index(0, PLACE_OF["machine"]).data(Qt.ItemDataRole.ToolTipRole))
    assert "<img" not in tip
    assert "&lt;img" in tip
