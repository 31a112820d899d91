"""The card of channels, with a real keyring, the real sending program and a real receiver; by keyboard alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from guardian.adapters import secrets
from guardian.adapters.channel_desk import ChannelDesk
from guardian.adapters.channel_file import ChannelFile
from guardian.policy.channels import KINDS, Channel
from guardian.ui.channel_card import ChannelCard
from guardian.ui.channel_dialog import ChannelDialog
from guardian.ui.scheme import Scheme
from guardian.ui.settings_page import SettingsPage
from tests.conftest import PrivateBus
from tests.http_receiver import HANG, Receiver
from tests.secret_service import SecretService

LONG = 60_000
Key = Qt.Key


@pytest.fixture
def card(qtbot: QtBot, light: Scheme, private_bus: PrivateBus) -> Iterator[ChannelCard]:
    made = ChannelCard(light, ChannelDesk())
    qtbot.addWidget(made)
    made.resize(820, 400)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.keeping.stop()


def known(qtbot: QtBot, card: ChannelCard, *channels: Channel, address: str = "") -> None:
    """Have these channels kept and shown."""
    ChannelFile().write(channels)
    for channel in channels:
        secrets.store(channel.secret, address)
    card.refresh()
    qtbot.waitUntil(lambda: list(card.rows) == [channel.name for channel in channels], timeout=LONG)


def type_in(field: QWidget, text: str) -> None:
    assert isinstance(field, QLineEdit)
    field.setText(text)


def test_a_channel_is_added_by_keyboard_and_tried(
    qtbot: QtBot, card: ChannelCard, service: SecretService, receiver: Receiver
) -> None:
    qtbot.keyClick(card.add, Key.Key_Return)
    dialog = card.dialog
    assert isinstance(dialog, ChannelDialog)
    qtbot.waitExposed(dialog)
    assert dialog.address.echoMode() == QLineEdit.EchoMode.Password
    qtbot.keyClicks(dialog.name, "ops")
    dialog.kind.setCurrentIndex(list(KINDS).index("webhook"))
    qtbot.keyClicks(dialog.address, f"{receiver.address}/token")
    qtbot.keyClicks(dialog.quiet, "22:00-07:00")
    qtbot.keyClick(dialog.quiet, Key.Key_Return)
    qtbot.waitUntil(lambda: list(card.rows) == ["ops"], timeout=LONG)
    qtbot.waitUntil(lambda: card.dialog is None, timeout=LONG)
    row = card.rows["ops"]
    assert row.about.text() == "Webhook · Critical · A program was ended · quiet 22:00–07:00"
    assert row.status.text() == "On."
    assert secrets.read("alerts/ops") == f"json://127.0.0.1:{receiver.port}/token"
    assert "token" not in Path(ChannelFile().path).read_text()
    qtbot.keyClick(row.test, Key.Key_Return)
    qtbot.waitUntil(lambda: row.status.text() == "Delivered: the other side has the message.", timeout=LONG)
    assert len(receiver.got) == 1


def test_what_does_not_fit_is_said_and_can_be_mended(qtbot: QtBot, card: ChannelCard, service: SecretService) -> None:
    card.refresh()
    card.add.click()
    dialog = card.dialog
    assert dialog is not None
    dialog.kind.setCurrentIndex(list(KINDS).index("email"))
    assert "@ : / # are written" in dialog.example.text()
    dialog.kind.setCurrentIndex(list(KINDS).index("ntfy"))
    assert "@ : / # are written" not in dialog.example.text()
    for name, address, quiet, says in (
        ("", "", "", "A name has 1 to 32"),
        ("ops", "", "", "This is no address"),
        ("ops", "ntfys://x", "soon", "Quiet hours are written"),
    ):
        type_in(dialog.name, name)
        type_in(dialog.address, address)
        type_in(dialog.quiet, quiet)
        dialog.accept()
        assert dialog.refusal.text().startswith(says)
    type_in(dialog.quiet, "")
    for box in dialog.events.values():
        box.setChecked(False)
    dialog.accept()
    assert dialog.refusal.text().startswith("States are one or more")
    dialog.events["warning"].setChecked(True)
    dialog.kind.setCurrentIndex(list(KINDS).index("telegram"))
    type_in(dialog.address, "tgram://nonsense")
    dialog.accept()
    # Only Apprise can tell, in its own program.
    qtbot.waitUntil(lambda: "does not understand the address" in dialog.refusal.text(), timeout=LONG)
    assert dialog.act.isEnabled()
    dialog.kind.setCurrentIndex(list(KINDS).index("ntfy"))
    type_in(dialog.address, "https://ntfy.example/topic")
    dialog.accept()
    qtbot.waitUntil(lambda: list(card.rows) == ["ops"], timeout=LONG)
    assert secrets.read("alerts/ops") == "ntfys://ntfy.example/topic"


def test_an_answer_for_a_dialog_that_was_left_does_not_touch_the_next(qtbot: QtBot, card: ChannelCard) -> None:
    card.add.click()
    dialog = card.dialog
    assert dialog is not None
    type_in(dialog.name, "two")
    card.keeping.keeper.kept.emit("one")
    card.keeping.keeper.refused.emit("one", "Not done.")
    assert card.dialog is dialog
    assert dialog.isVisible()
    assert dialog.refusal.text() == ""


def test_a_channel_is_edited_without_its_address_being_asked_for(qtbot: QtBot, card: ChannelCard, service: SecretService) -> None:
    known(qtbot, card, Channel("ops", "ntfy"), address="ntfys://x")
    card.rows["ops"].edit.click()
    dialog = card.dialog
    assert dialog is not None
    assert (dialog.name.isEnabled(), dialog.address.text()) == (False, "")
    dialog.events["warning"].setChecked(True)
    type_in(dialog.quiet, "01:00-02:00")
    dialog.accept()
    qtbot.waitUntil(lambda: "01:00–02:00" in card.rows["ops"].about.text(), timeout=LONG)
    assert ChannelFile().read().channels == (Channel("ops", "ntfy", ("warning", "critical", "kill"), (60, 120)),)
    assert secrets.read("alerts/ops") == "ntfys://x"


def test_a_channel_is_removed_after_it_was_asked(qtbot: QtBot, card: ChannelCard, service: SecretService) -> None:
    known(qtbot, card, Channel("ops", "ntfy"), Channel("two", "ntfy"), address="ntfys://x")
    card.rows["ops"].drop.click()
    assert card.asking is not None
    assert "address is deleted" in card.asking.body.itemAt(0).widget().text()  # type: ignore[attr-defined]
    card.asking.reject()
    card.rows["ops"].drop.click()
    card.asking.accept()
    qtbot.waitUntil(lambda: list(card.rows) == ["two"], timeout=LONG)
    assert (secrets.read("alerts/ops"), secrets.read("alerts/two")) == (None, "ntfys://x")


def test_without_a_keyring_it_says_how_to_get_one(qtbot: QtBot, card: ChannelCard) -> None:
    ChannelFile().write((Channel("ops", "ntfy"),))
    card.refresh()
    qtbot.waitUntil(lambda: list(card.rows) == ["ops"], timeout=LONG)
    row = card.rows["ops"]
    assert "Install gnome-keyring" in row.status.text()
    assert not row.test.isEnabled()
    card.add.click()
    dialog = card.dialog
    assert dialog is not None
    type_in(dialog.name, "new")
    type_in(dialog.address, "ntfys://x")
    dialog.accept()
    qtbot.waitUntil(lambda: "Install gnome-keyring" in dialog.refusal.text(), timeout=LONG)
    assert list(card.rows) == ["ops"]
    dialog.reject()


def test_a_locked_keyring_is_told(qtbot: QtBot, card: ChannelCard, service: SecretService) -> None:
    known(qtbot, card, Channel("ops", "ntfy"), address="ntfys://x")
    service.lock()
    card.refresh()
    qtbot.waitUntil(lambda: "keyring is locked" in card.rows["ops"].status.text(), timeout=LONG)


def test_the_window_closes_while_a_test_is_under_way(
    qtbot: QtBot, card: ChannelCard, service: SecretService, receiver: Receiver
) -> None:
    known(qtbot, card, Channel("ops", "webhook"), address=f"json://127.0.0.1:{receiver.port}/x")
    receiver.how = HANG
    card.rows["ops"].test.click()
    assert card.rows["ops"].status.text() == "Sending a test message…"
    qtbot.waitUntil(lambda: bool(receiver.got), timeout=LONG)
    assert card.keeping.stop() is not False
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert not [pid for pid in children if "alert_send" in Path(f"/proc/{pid}/cmdline").read_text()]


def test_a_screen_reader_finds_names_and_tab_goes_down_the_card(qtbot: QtBot, card: ChannelCard, service: SecretService) -> None:
    known(qtbot, card, Channel("ops", "ntfy"), address="ntfys://x")
    row = card.rows["ops"]
    names = [QAccessible.queryAccessibleInterface(one).text(QAccessible.Text.Name) for one in (row.test, row.edit, row.drop)]
    assert names == ["Test ops", "Edit ops…", "Remove ops…"]
    stops, at = [], row.test
    while at is not card.add:
        if at.focusPolicy() & Qt.FocusPolicy.TabFocus:
            stops.append(at)
        at = at.nextInFocusChain()  # type: ignore[assignment]
    assert stops == [row.test, row.edit, row.drop]
    card.add.click()
    dialog = card.dialog
    assert dialog is not None
    for field in (dialog.name, dialog.kind, dialog.address, dialog.quiet, *dialog.events.values()):
        assert QAccessible.queryAccessibleInterface(field).text(QAccessible.Text.Name)
    assert "keyring alone" in dialog.address.accessibleDescription()
    dialog.reject()


def test_the_search_of_the_page_finds_it(qtbot: QtBot, light: Scheme, tmp_path: Path, qapp: QApplication) -> None:
    page = SettingsPage(light, str(tmp_path / "settings.toml"))
    qtbot.addWidget(page)
    page.show()
    for text, shown in (("telegram", True), ("language", False), ("", True)):
        page.search.setText(text)
        assert page.channels.isVisibleTo(page) is shown
    page.keeping.stop()
    page.channels.keeping.stop()


def test_both_schemes_paint_it(qtbot: QtBot, card: ChannelCard, light: Scheme, service: SecretService) -> None:
    known(qtbot, card, Channel("ops", "ntfy"), address="ntfys://x")
    bright = card.grab().toImage()
    light.force(dark=True)
    assert card.grab().toImage() != bright
