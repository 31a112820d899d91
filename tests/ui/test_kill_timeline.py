"""The lanes, dots and starts as painted; the list and table as models."""

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from guardian.model.history import Candidate, Kill, Party
from guardian.ui.candidate_table import CandidateModel, CandidateTable
from guardian.ui.kill_list import KillList, KillModel
from guardian.ui.kill_timeline import DAY, KillTimeline, dot_radius
from guardian.ui.scheme import Scheme

GIB = 1 << 30
NOW = 1_790_000_000.0


def kill_of(days: float, killer: str = "kernel", freed: int | None = GIB, *, group: bool = False, name: str = "node") -> Kill:
    victim = Party(7, name, "/user.slice/app-org.gnome.Terminal-7c1e.scope" if group else None)
    return Kill(1.0, NOW - days * DAY, killer, (victim,), 9 if group else 1, group, None, freed=freed)  # type: ignore[arg-type]


@pytest.fixture
def timeline(qtbot: QtBot, scheme: Scheme) -> KillTimeline:
    made = KillTimeline(scheme)
    qtbot.addWidget(made)
    made.resize(900, made.sizeHint().height())
    return made


def painted(timeline: KillTimeline) -> QImage:
    return timeline.grab().toImage()


def near(one: QColor, other: QColor) -> bool:
    return max(abs(one.red() - other.red()), abs(one.green() - other.green()), abs(one.blue() - other.blue())) < 40


def test_the_area_of_a_dot_grows_with_the_memory_freed() -> None:
    assert dot_radius(None) == dot_radius(0) == 3.0
    assert dot_radius(4 * GIB) == pytest.approx(3 + 1.9 * 2)
    assert dot_radius(GIB // 4) == pytest.approx(3 + 1.9 * math.sqrt(0.25))
    assert dot_radius(4000 * GIB) < 15


def test_a_plain_dot_is_full_and_a_groups_hatched(timeline: KillTimeline, scheme: Scheme) -> None:
    one, group = kill_of(5, freed=9 * GIB), kill_of(15, "systemd-oomd", 9 * GIB, group=True)
    timeline.show_kills((group, one), (), NOW)
    image = painted(timeline)

    def inked(kill: Kill) -> float:
        at = timeline.place_of(kill).toPoint()
        spots = [QPoint(at.x() + x, at.y() + y) for x in range(-4, 5) for y in range(-4, 5)]
        return sum(near(image.pixelColor(spot), scheme.tokens.text2) for spot in spots) / len(spots)

    assert inked(one) == 1.0
    assert 0.1 < inked(group) < 0.8


def test_starts_are_dotted_uprights(timeline: KillTimeline, scheme: Scheme) -> None:
    timeline.show_kills((), (NOW - 12.5 * DAY,), NOW)
    image = painted(timeline)
    x = round(timeline._x(NOW - 12.5 * DAY))
    plot = timeline._plot()
    ground = image.pixelColor(x + 40, round(plot.top()) + 3)
    column = [image.pixelColor(at, y) != ground for y in range(round(plot.top()) + 2, round(plot.bottom()) - 2) for at in (x,)]
    assert 0.2 < sum(column) / len(column) < 0.9


def test_a_click_and_the_keys_choose_a_kill(qtbot: QtBot, timeline: KillTimeline) -> None:
    old, new = kill_of(20), kill_of(2, "systemd-oomd", group=True)
    timeline.show_kills((old, new), (), NOW)
    with qtbot.waitSignal(timeline.chosen) as clicked:
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=timeline.place_of(old).toPoint() + QPoint(6, 6))
    assert clicked.args == [old]
    qtbot.keyClick(timeline, Qt.Key.Key_End)
    with qtbot.waitSignal(timeline.chosen) as entered:
        qtbot.keyClick(timeline, Qt.Key.Key_Return)
    assert entered.args == [new]
    assert "org.gnome.Terminal" in timeline.cursor_text(1)


def test_table_and_sentence_tell_what_the_picture_shows(timeline: KillTimeline) -> None:
    timeline.show_kills((kill_of(20), kill_of(2)), (NOW - 10 * DAY,), NOW)
    rows = timeline.rows()
    assert [row[1] for row in rows] == ["Kernel", "", "Kernel"]
    assert all(len(row) == len(timeline.columns()) for row in rows)
    assert "2 kills, 1 start of the machine" in timeline.describe()


def test_only_what_lies_in_the_time_has_a_dot(timeline: KillTimeline) -> None:
    timeline.show_kills((kill_of(40), kill_of(3), kill_of(3)._replace(time=None)), (), NOW)
    assert timeline.cursor_count() == 1


def test_a_log_without_the_clock_of_the_day_is_laid_out_by_its_own(timeline: KillTimeline) -> None:
    kills = [kill_of(1)._replace(time=None, seconds=at) for at in (100.0, 160.0)]
    timeline.show_kills(kills, (), 170.0, 80.0)
    assert timeline.place_of(kills[0]).x() < timeline.place_of(kills[1]).x() < timeline.width()


def test_other_killers_get_lanes_of_their_own(timeline: KillTimeline) -> None:
    before = timeline.sizeHint().height()
    timeline.show_kills((kill_of(2, "nohang"),), (), NOW)
    assert timeline.sizeHint().height() > before


def test_the_list_is_a_sound_model_in_any_order(qtbot: QtBot, light: Scheme) -> None:
    model = KillModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    kills = [kill_of(days, killer, freed) for days, killer, freed in ((3, "earlyoom", 5), (9, "kernel", None), (1, "nohang", 7))]
    view = KillList(light, model)
    qtbot.addWidget(view)
    model.show_kills(kills)
    assert [kill.killer for kill in model.rows] == ["nohang", "earlyoom", "kernel"]
    view.choose(kills[0])
    view.sort_by(3)
    assert [kill.freed for kill in model.rows] == [7, 5, None]
    view.sort_by(3)
    assert [kill.freed for kill in model.rows] == [None, 5, 7]
    assert view.current_kill() is kills[0]
    model.show_kills(())
    assert view.current_kill() is None
    assert tester.model() is model


def test_the_ranked_table_marks_who_was_ended_and_hides_what_nobody_knows(qtbot: QtBot, light: Scheme) -> None:
    model = CandidateModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table = CandidateTable(light, model)
    qtbot.addWidget(table)
    table.resize(600, 200)
    table.show()
    ended = Candidate(1, 4242, "firefox", GIB // 4096, GIB, 0, 300, ended=True)
    model.show_candidates([ended, Candidate(None, 1, "systemd", None, GIB, None, -1000)])
    assert model.texts(0) == ("1", "firefox", "4242", "1.00", "1.00", "0.00", "+300", "ended")
    assert model.texts(1) == ("—", "systemd", "1", "—", "1.00", "—", "−1000", "")
    assert not table.isColumnHidden(3)
    model.show_candidates([ended._replace(points=None)])
    assert table.isColumnHidden(3)
    assert tester.model() is model
