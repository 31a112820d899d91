"""The tray's menu: what it says, in which order, and what its entries do."""

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from guardian.kernel.process import ProcessKey
from guardian.model.verdict import Grower, NextVictim, State, Verdict
from guardian.ui.tray_menu import QUIET_SECONDS, TrayMenu, grower_line

GIB, MIB = 1 << 30, 1 << 20
LINKER = Grower("ld.lld", ProcessKey(48211, 7), 1, int(6.1 * GIB), 620 * MIB / 60)
COMPILER = Grower("clang++", ProcessKey(48300, 8), 8, int(2.9 * GIB), 140 * MIB / 60)
BROWSER = Grower("firefox", ProcessKey(2210, 9), 14, int(3.2 * GIB), 48 * MIB / 60)
OOMD = NextVictim("systemd-oomd", "swap 90 %", "1 %", 0.98, "terminal", None, "/app.slice/vte.scope", 7 * GIB, 33)
CRITICAL = Verdict(
    *(0.0, State.CRITICAL, int(2.3 * GIB), GIB, GIB, 0.4, 0.3, (42.0, 70.0, 118.0), 5.0, (), (OOMD,)), (LINKER, COMPILER, BROWSER)
)


@pytest.fixture
def menu(qtbot: QtBot) -> TrayMenu:
    """A menu in which everything works."""
    menu = TrayMenu(("show", "freeze", "end", "protect", "quiet"))
    qtbot.addWidget(menu)
    return menu


def words(menu: TrayMenu) -> list[str]:
    return ["—" if action.isSeparator() else action.text() for action in menu.actions() if action.isVisible()]


def entry(menu: TrayMenu, text: str) -> QAction:
    (found,) = (action for action in menu.actions() if action.text() == text)
    return found


def test_it_reads_as_in_the_picture(menu: TrayMenu) -> None:
    menu.show_verdict(CRITICAL)
    assert words(menu) == [
        "Critical: 2.3 GiB of room",
        "systemd-oomd acts in 40 s … 2 min",
        "—",
        "Open OOM Guardian",
        "ld.lld, 6.1 GiB, +620 MiB/min",
        "clang++ × 8, 2.9 GiB, +140 MiB/min",
        "firefox × 14, 3.2 GiB, +48 MiB/min",
        "—",
        "Quiet for 15 min",
        "Quiet for 1 hour",
        "—",
        "Settings…",
        "Quit",
    ]
    submenu = entry(menu, "ld.lld, 6.1 GiB, +620 MiB/min").menu()
    assert [action.text() for action in submenu.actions()] == ["Freeze", "End…", "Protect…", "Show in Victims"]


def test_while_nothing_grows_it_says_so(menu: TrayMenu) -> None:
    menu.show_verdict(CRITICAL)
    menu.show_verdict(CRITICAL._replace(growers=()))
    assert words(menu)[3:6] == ["Open OOM Guardian", "No program grows", "—"]
    menu.show_verdict(CRITICAL)
    assert "No program grows" not in words(menu)


def test_before_and_without_data_nothing_is_made_up(menu: TrayMenu) -> None:
    assert words(menu)[:2] == ["Measuring", "The first forecast needs 30 s"]
    menu.show_verdict(CRITICAL._replace(state=State.NO_DATA))
    assert words(menu)[0] == "No data: the agent does not answer"
    assert not any("ld.lld" in line for line in words(menu))


def test_acts_of_later_versions_are_there_with_their_reason(qtbot: QtBot) -> None:
    menu = TrayMenu()
    qtbot.addWidget(menu)
    menu.show_verdict(CRITICAL)
    quiet = entry(menu, "Quiet for 15 min (no agent runs)")
    assert not quiet.isEnabled()
    submenu = entry(menu, "ld.lld, 6.1 GiB, +620 MiB/min").menu()
    shown = [(action.text(), action.isEnabled()) for action in submenu.actions()]
    assert shown == [
        ("Freeze (not in this version)", False),
        ("End… (not in this version)", False),
        ("Protect… (not in this version)", False),
        ("Show in Victims", True),
    ]


def test_entries_tell_what_is_wanted(menu: TrayMenu, qtbot: QtBot) -> None:
    menu.show_verdict(CRITICAL)
    with qtbot.waitSignal(menu.open_wanted):
        entry(menu, "Open OOM Guardian").trigger()
    with qtbot.waitSignal(menu.open_wanted):
        entry(menu, "Critical: 2.3 GiB of room").trigger()
    with qtbot.waitSignal(menu.settings_wanted):
        entry(menu, "Settings…").trigger()
    with qtbot.waitSignal(menu.quit_wanted):
        entry(menu, "Quit").trigger()
    with qtbot.waitSignal(menu.quiet_wanted) as quiet:
        entry(menu, "Quiet for 1 hour").trigger()
    assert quiet.args == [QUIET_SECONDS[1]]
    submenu = entry(menu, "clang++ × 8, 2.9 GiB, +140 MiB/min").menu()
    for action, name in zip(submenu.actions(), ("freeze", "end", "protect", "show"), strict=True):
        with qtbot.waitSignal(menu.act_wanted) as act:
            action.trigger()
        assert act.args == [name, COMPILER.key]


def test_an_act_concerns_the_program_that_was_shown(menu: TrayMenu, qtbot: QtBot) -> None:
    menu.show_verdict(CRITICAL)
    submenu = entry(menu, "ld.lld, 6.1 GiB, +620 MiB/min").menu()
    menu.show_verdict(CRITICAL._replace(growers=(BROWSER,)))
    with qtbot.waitSignal(menu.act_wanted) as act:
        submenu.actions()[0].trigger()
    assert act.args == ["freeze", BROWSER.key]


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_while_it_is_open_programs_stay_in_their_place(menu: TrayMenu, qtbot: QtBot) -> None:
    menu.show_verdict(CRITICAL)
    menu.popup(menu.pos())
    qtbot.waitUntil(menu.isVisible)
    menu.show_verdict(CRITICAL._replace(state=State.WARNING, growers=(BROWSER, LINKER)))
    assert words(menu)[0] == "Warning: 2.3 GiB of room"
    assert words(menu)[4].startswith("ld.lld")
    menu.hide()
    menu.show_verdict(CRITICAL._replace(growers=(BROWSER, LINKER)))
    assert words(menu)[4].startswith("firefox")


@pytest.mark.parametrize(
    "name,shown",
    [
        ("a&b", "a&&b, 6.1 GiB, +620 MiB/min"),
        ("x\n\x1b[2J", "x\\n\\x1b[2J, 6.1 GiB, +620 MiB/min"),
        ("\u202egnp.exe", "\\u202egnp.exe, 6.1 GiB, +620 MiB/min"),
        ("", ", 6.1 GiB, +620 MiB/min"),
        ("y" * 300, "y" * 39 + "…, 6.1 GiB, +620 MiB/min"),
    ],
)
def test_a_hostile_name_stays_one_line_of_plain_text(menu: TrayMenu, name: str, shown: str) -> None:
    menu.show_verdict(CRITICAL._replace(growers=(LINKER._replace(name=name),)))
    assert words(menu)[4] == shown


def test_a_program_that_shrinks_has_a_real_minus() -> None:
    assert grower_line(LINKER._replace(growth=-MIB)) == "ld.lld, 6.1 GiB, −60 MiB/min"


def test_quiet_is_offered_while_there_is_an_agent(menu: TrayMenu) -> None:
    menu.offer_quiet(False)
    assert not entry(menu, "Quiet for 1 hour (no agent runs)").isEnabled()
    menu.offer_quiet(True)
    assert entry(menu, "Quiet for 1 hour").isEnabled()


def test_quiet_shows_how_much_is_left_and_can_be_ended(menu: TrayMenu, qtbot: QtBot) -> None:
    assert not any("warn again" in line for line in words(menu))
    menu.show_quiet(600)
    again = entry(menu, "Quiet for 10 min more: warn again")
    assert again.isVisible()
    with qtbot.waitSignal(menu.quiet_wanted) as quiet:
        again.trigger()
    assert quiet.args == [0]
    menu.show_quiet(0)
    assert not again.isVisible()
