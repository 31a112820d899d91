"""Page History with real logs and recordings: opened, dropped, cancelled, filtered, copied."""

import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from guardian.kernel.vmstat import VmStat
from guardian.model.composition import Composition
from guardian.model.history import Alerted, Cause, Kill, Moment, Party, Rescored
from guardian.policy.kill_words import report_text
from guardian.sampling.snapshot import Snapshot
from guardian.ui.history_filter import HistoryFilter, kept
from guardian.ui.history_page import HistoryPage
from guardian.ui.history_reader import Found
from guardian.ui.kill_card import summary
from guardian.ui.kill_facts import cause_fact, ended_fact, past_words, warned_fact
from guardian.ui.scheme import Scheme

GIB = 1 << 30
DAY = 86400.0
RECORDINGS = Path(__file__).parents[1] / "recordings"
LEAK = RECORDINGS / "slow-leak-9@trixie"


class _Quiet(HistoryPage):
    """The page without the machine's own logs, which differ from machine to machine."""

    def read_machine(self) -> None:
        """Read nothing."""


@pytest.fixture
def page(qtbot: QtBot, light: Scheme) -> Iterator[HistoryPage]:
    made = _Quiet(light)
    qtbot.addWidget(made)
    made.resize(1020, 720)
    made.show()
    yield made
    made.thread_of_logs.stop()


def kill_of(days: float, **more: object) -> Kill:
    made = Kill(9000.0, time.time() - days * DAY, "kernel", (Party(77, "node", memory=GIB),), freed=GIB, constraint="global")
    return made._replace(**more)  # type: ignore[arg-type]


def opened(qtbot: QtBot, page: HistoryPage, path: Path) -> None:
    page.open_path(str(path))
    qtbot.waitUntil(lambda: page.found is not None and page.found.path == str(path), timeout=20_000)


def test_a_recording_shows_its_kill_with_the_minutes_before(qtbot: QtBot, page: HistoryPage) -> None:
    opened(qtbot, page, LEAK)
    (kill,) = page.model.rows
    assert page.card.kill == kill
    assert kill.victim.name in page.card.headline.text()
    assert page.card.area.isVisible()
    assert page.card.area.cursor_count() > 10
    assert not page.card.no_minutes.isVisible()
    assert page.card.facts.facts[2].answer != "no"
    assert page.notice.back.isVisible()
    assert page.lanes.heading.text() == "slow-leak-9@trixie"


def test_a_log_shows_its_kill_and_table(qtbot: QtBot, page: HistoryPage) -> None:
    opened(qtbot, page, LEAK / "dmesg.txt")
    (kill,) = page.model.rows
    assert kill.rescored.candidates
    assert page.card.table.isVisible()
    assert page.card.model.rows == kill.rescored.candidates
    assert any(one.ended for one in page.card.model.rows)
    assert page.card.why.text()
    assert page.timeline.cursor_count() == 1


def test_a_dropped_file_is_read(qtbot: QtBot, page: HistoryPage) -> None:
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(LEAK / "dmesg.txt"))])
    drop = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, files, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    page.dropEvent(drop)
    qtbot.waitUntil(lambda: len(page.model.rows) == 1, timeout=20_000)


def test_a_long_reading_shows_progress_and_can_be_cancelled(qtbot: QtBot, page: HistoryPage, tmp_path: Path) -> None:
    long = tmp_path / "kern.log.gz"
    line = b"Nov 23 10:00:00 host kernel: [ 1.0] usb 1-1: new device, and nothing else happened in all this time\n"
    with gzip.open(long, "wb", compresslevel=1) as out:
        for _piece in range(400):
            out.write(line * 10_000)
    page.open_path(str(long))
    qtbot.waitUntil(lambda: page.progress.meter.share is not None, timeout=20_000)
    assert page.progress.isVisible()
    assert " of " in page.progress.words.text()
    qtbot.mouseClick(page.progress.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.progress.isVisible(), timeout=2_000)
    assert page.found is None


def test_what_cannot_be_read_is_said_with_its_reason(qtbot: QtBot, page: HistoryPage, tmp_path: Path) -> None:
    page.open_path(str(tmp_path / "gone.log"))
    qtbot.waitUntil(lambda: bool(page.findChildren(QMessageBox)), timeout=5_000)
    (box,) = page.findChildren(QMessageBox)
    assert "gone.log" in box.text()
    box.close()


def test_no_kill_says_how_much_was_read(page: HistoryPage) -> None:
    page._take(Found((), tuple(float(at) for at in range(6))))
    assert page.empty.words.text() == "No kill in the logs of the last 30 days (6 starts read)."
    assert page.empty.isVisible()


def test_a_closed_kernel_log_is_said_with_two_ways_out(page: HistoryPage) -> None:
    gap = "The kernel log is not readable for you. Read it once with your password: guardian history --ask"
    page._take(Found((kill_of(1),), (), (gap,)))
    assert page.notice.words.text() == "The kernel log is not readable for you. I show only your own units."
    assert page.notice.once.isVisible()
    assert page.notice.always.isVisible()
    page._take(Found((kill_of(1),)))
    assert not page.notice.isVisible()


def test_choices_and_words_filter_list_and_timeline(page: HistoryPage) -> None:
    now = time.time()
    oomd = kill_of(2, killer="systemd-oomd", victims=(Party(9, "firefox"),))
    old = kill_of(20)
    page._take(Found((old, oomd), (now - 25 * DAY, now - 10 * DAY)))
    assert page.model.rows == (oomd, old)
    page.bar.killers.setCurrentIndex(page.bar.killers.findText("systemd-oomd"))
    assert page.model.rows == (oomd,)
    page.bar.killers.setCurrentIndex(0)
    page.bar.times.setCurrentIndex(page.bar.times.count() - 1)
    assert page.model.rows == (old,)
    page.clear_filter()
    page.search.setText("fire")
    assert page.model.rows == (oomd,)
    assert page.timeline.cursor_count() == 1
    page.search.setText("nobody")
    assert page.empty.clear.isVisible()
    page.clear_filter()
    assert len(page.model.rows) == 2


def test_report_copies_the_kill_as_text(qtbot: QtBot, page: HistoryPage) -> None:
    kill = kill_of(1, rescored=Rescored(True, "Ranked again, node is first."))
    page._take(Found((kill,)))
    with qtbot.waitSignal(page.status_said):
        qtbot.mouseClick(page.card.report, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == report_text(kill)


def test_keys_alone_reach_every_act(qtbot: QtBot, page: HistoryPage) -> None:
    first, second = kill_of(1), kill_of(2, killer="earlyoom")
    page._take(Found((second, first)))
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    assert page.card.kill == second
    with qtbot.waitSignal(page.plan_wanted) as wanted:
        qtbot.keyClick(page.list, Qt.Key.Key_Return)
        qtbot.keyClick(page.card.prevent, Qt.Key.Key_Return)
    assert wanted.args == [second]
    qtbot.keyClick(page.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "earlyoom" in QGuiApplication.clipboard().text()


def test_minutes_of_the_store_come_later_and_only_for_their_kill(page: HistoryPage) -> None:
    first, second = kill_of(1, key=1), kill_of(2, key=2)
    page._take(Found((second, first)))
    layers = Composition(16 * GIB, GIB, 0, 4 * GIB, 0, None, 0, 3 * GIB, 8 * GIB)
    moments = tuple(Moment(1_790_000_000.0 + 10 * at, layers) for at in range(61))
    page._take_minutes(second, moments)
    assert page.card.area.cursor_count() == 0
    page._take_minutes(first, moments)
    assert page.card.area.cursor_count() == 61
    assert page.card.area.heading == "The ten minutes before"


def test_a_low_page_scrolls_instead_of_squeezing_its_cards(qtbot: QtBot, page: HistoryPage) -> None:
    opened(qtbot, page, LEAK)
    page.resize(740, 380)
    qtbot.waitUntil(lambda: page.list.height() >= 60)
    assert page.timeline.height() >= page.timeline.sizeHint().height()
    assert page.card.height() >= 150
    low = page.key.sizeHint().width()
    page.resize(1180, 720)
    qtbot.waitUntil(lambda: page.key.sizeHint().width() > low)
    assert page.lanes.parentWidget().height() <= page.height()


def test_narrow_pages_put_the_list_above_the_card(page: HistoryPage) -> None:
    page._take(Found((kill_of(1),)))
    page.resize(740, 500)
    assert page._splitter.orientation() == Qt.Orientation.Vertical
    page.resize(1020, 720)
    assert page._splitter.orientation() == Qt.Orientation.Horizontal


def test_facts_tell_cause_and_victim_apart() -> None:
    culprit = Party(48211, "ld.lld", growth=5 * GIB, span=360.0)
    group = tuple(Party(pid, name) for pid, name in ((1, "bash"), (2, "ssh"), (3, "ssh")))
    kill = kill_of(1, culprit=culprit, victims=group, processes=3, alerted=(Alerted("warning", 108.0), Alerted("critical", 52.0)))
    assert cause_fact(kill)[1:] == ("ld.lld", "48211", "+5.0 GiB in 6 min")
    assert ended_fact(kill).more == "bash, ssh × 2"
    assert warned_fact(kill)[1:] == ("1 min 48 s", "", "critical 52 s before")
    assert cause_fact(kill._replace(cause=Cause("shared", 6 * GIB))).beside == "6.0 GiB"
    assert warned_fact(kill_of(1)).answer == "no"
    assert past_words(7500) == "2 h 5 min"


def test_the_summary_says_when_why_and_what_came_free() -> None:
    told = summary(kill_of(1))
    assert told.endswith("Memory ran out. 1.0 GiB came free.")
    unit = summary(kill_of(1, constraint="memcg", memcg="/system.slice/pg.service"))
    assert " pg.service reached its memory limit." in unit


def test_a_filter_keeps_kills_without_a_time_unless_words_leave_them_out() -> None:
    timeless = kill_of(1)._replace(time=None)
    assert kept((timeless,), HistoryFilter(since=time.time())) == (timeless,)
    assert kept((timeless,), HistoryFilter(text="node")) == (timeless,)
    assert kept((timeless,), HistoryFilter(text="other")) == ()


def test_a_kill_that_the_kernel_counts_is_read_at_once(
    qtbot: QtBot, page: HistoryPage, snapshot: Callable[..., Snapshot], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[float] = []
    monkeypatch.setattr(page, "read_machine", lambda: read.append(time.time()))
    page._take(Found((kill_of(1),)))
    page._read_at = time.monotonic()
    seen = snapshot([])
    for count in (3, 3):
        page.remember(seen._replace(sample=seen.sample._replace(vmstat=VmStat({"oom_kill": count}))))
    assert not page._soon.isActive()
    page.remember(seen._replace(sample=seen.sample._replace(vmstat=VmStat({"oom_kill": 4}))))
    qtbot.waitUntil(lambda: len(read) == 1, timeout=2_000)


def test_export_writes_what_is_shown(page: HistoryPage, tmp_path: Path) -> None:
    page._take(Found((kill_of(1), kill_of(2))))
    assert page.export_to(tmp_path / "kills.txt")
    assert (tmp_path / "kills.txt").read_text("utf-8").count("Told by") == 2
