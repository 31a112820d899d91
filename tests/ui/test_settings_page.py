"""Page Settings: what is changed reaches the file and comes back from it; what does not fit is said while it is typed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from guardian.adapters.settings_file import SettingsFile
from guardian.policy.setting_schema import GROUPS, SETTINGS
from guardian.ui.inputs import Chooser
from guardian.ui.scheme import Scheme
from guardian.ui.setting_editors import Switch
from guardian.ui.settings_keeper import read_only_words
from guardian.ui.settings_page import SettingsPage


@pytest.fixture
def page(qtbot: QtBot, light: Scheme, tmp_path: Path) -> Iterator[SettingsPage]:
    made = SettingsPage(light, str(tmp_path / "settings.toml"))
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    # Values are shown once the file has been read.
    qtbot.waitUntil(lambda: bool(made.rows["notifications.quiet"].default.text()))
    yield made
    made.keeping.stop()
    made.scheme.force(None)


def text_field(page: SettingsPage, key: str) -> QLineEdit:
    field = page.rows[key].editor.field
    assert isinstance(field, QLineEdit)
    return field


def kept(tmp_path: Path, key: str) -> object:
    return SettingsFile(tmp_path / "settings.toml").read().settings.value(key)


def test_every_setting_of_the_schema_has_its_row_with_meaning_and_default(page: SettingsPage) -> None:
    assert set(page.rows) == {setting.key for setting in SETTINGS}
    assert set(page.groups) == {name for name, _word in GROUPS}
    for row in page.rows.values():
        assert row.title.text()
        assert row.help.text()
        assert row.default.text().startswith("Default: ")
        assert row.editor.field.accessibleName()


def test_a_switch_is_kept_and_read_back(qtbot: QtBot, page: SettingsPage, tmp_path: Path) -> None:
    row = page.rows["notifications.kills"]
    assert isinstance(row.editor.field, Switch)
    assert row.editor.field.isChecked()
    qtbot.keyClick(row.editor.field, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: kept(tmp_path, "notifications.kills") is False)
    qtbot.waitUntil(row.back.isVisible)
    qtbot.mouseClick(row.back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: kept(tmp_path, "notifications.kills") is True)
    qtbot.waitUntil(row.editor.field.isChecked)


def test_what_is_typed_is_checked_live_and_only_what_fits_is_kept(qtbot: QtBot, page: SettingsPage, tmp_path: Path) -> None:
    row, field = page.rows["notifications.quiet"], text_field(page, "notifications.quiet")
    field.selectAll()
    qtbot.keyClicks(field, "5")
    assert "out of range" in row.complaint.text()
    assert row.complaint.isVisible()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not (tmp_path / "settings.toml").exists()
    qtbot.keyClicks(field, "00")
    assert not row.complaint.isVisible()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: kept(tmp_path, "notifications.quiet") == 500)


def test_a_choice_changes_the_colours_at_once(qtbot: QtBot, page: SettingsPage, tmp_path: Path) -> None:
    chooser = page.rows["desktop.appearance"].editor.field
    assert isinstance(chooser, Chooser)
    assert not page.scheme.dark
    chooser.setCurrentIndex(chooser.findData("dark"))
    chooser.activated.emit(chooser.currentIndex())
    qtbot.waitUntil(lambda: page.scheme.dark)
    assert kept(tmp_path, "desktop.appearance") == "dark"


def test_what_the_command_line_changed_is_shown_when_the_page_comes_back(
    qtbot: QtBot, page: SettingsPage, tmp_path: Path
) -> None:
    page.hide()
    SettingsFile(tmp_path / "settings.toml").change("relief.never_freeze", ("firefox", "code"))
    page.show()
    qtbot.waitUntil(lambda: text_field(page, "relief.never_freeze").text() == "firefox, code")


def test_search_finds_experts_settings_too_and_says_when_nothing_matches(page: SettingsPage) -> None:
    assert not page.rows["thresholds.belief"].isVisible()
    page.search.setText("belief fall")
    assert page.rows["thresholds.belief"].isVisible()
    assert not page.groups["desktop"].isVisible()
    page.search.setText("xyzzy")
    assert page.nothing.text() == "No setting matches 'xyzzy'."
    page.step_back()
    assert page.groups["desktop"].isVisible()
    assert not page.nothing.isVisible()


def test_parts_of_the_file_that_do_not_hold_are_named(qtbot: QtBot, page: SettingsPage, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[notifications]\nlevle = 'critical'\n")
    page.measure_now()
    qtbot.waitUntil(page.notice.isVisible)
    assert "notifications.level" in page.notice.text()


def test_a_test_notification_is_asked_for(qtbot: QtBot, page: SettingsPage) -> None:
    with qtbot.waitSignal(page.act_wanted) as asked:
        qtbot.mouseClick(page.test, Qt.MouseButton.LeftButton)
    assert asked.args == ["test_notification"]


def test_a_page_that_cannot_write_says_why(page: SettingsPage) -> None:
    page._take(page.settings, (), "From /etc/x, read-only for you: nothing can be changed here.")
    assert "read-only" in page.notice.text()
    assert not any(row.editor.isEnabled() for row in page.rows.values())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_elses_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "read-only" in read_only_words(str(tmp_path / "oom-guardian" / "settings.toml"))


def test_a_folder_of_ones_own_is_not(tmp_path: Path) -> None:
    assert read_only_words(str(tmp_path / "oom-guardian" / "settings.toml")) == ""
