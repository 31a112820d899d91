"""The table of processes follows snapshots in place."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from guardian.fields import BY_NAME
from guardian.kernel.process import Process, ProcessKey
from guardian.sampling.snapshot import Snapshot
from guardian.ui.process_model import ProcessModel
from guardian.ui.process_tree import Arrangement
from guardian.ui.victims_filter import VictimsFilter

pytestmark = pytest.mark.usefixtures("qapp")

Make = Callable[..., Process]
SnapshotOf = Callable[..., Snapshot]
Ticking = Callable[..., Iterator[Snapshot]]


@pytest.fixture
def model(qapp: QApplication) -> Iterator[ProcessModel]:
    made = ProcessModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    del tester


def column(model: ProcessModel, name: str) -> int:
    return [field.name for field in model.fields].index(name)


def texts(model: ProcessModel, name: str = "name") -> list[str]:
    place = column(model, name)
    return [model.index(row, place).data() for row in range(model.rowCount())]


def changes(model: ProcessModel) -> list[tuple[int, int, int, int]]:
    found: list[tuple[int, int, int, int]] = []

    def note(first: QModelIndex, last: QModelIndex) -> None:
        found.append((first.row(), first.column(), last.row(), last.column()))

    model.dataChanged.connect(note)
    return found


def resets(model: ProcessModel) -> list[str]:
    found: list[str] = []
    model.modelReset.connect(lambda: found.append("reset"))
    model.layoutChanged.connect(lambda: found.append("layout"))
    return found


def test_rows_stand_in_the_killers_order(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    model.show(
        snapshot(
            [
                make_process(1, "systemd", 9, uid=0, oom_score=0),
                make_process(20, "small", 10),
                make_process(21, "kept", 900, adj=-1000),
                make_process(22, "large", 500),
                make_process(23, "raised", 20, adj=300),
                make_process(24, "lowered", 20, adj=-500),
            ]
        )
    )
    assert texts(model) == ["raised", "large", "small", "lowered", "systemd", "kept"]
    assert texts(model, "rank") == ["1", "2", "3", "4", "—", "—"]
    assert texts(model, "points")[-2:] == ["—", "—"]
    assert texts(model, "points")[3].startswith("−")


def test_every_cell_follows_a_long_run(model: ProcessModel, ticking: Ticking) -> None:
    snapshots = ticking(40, changing=0.3, dying=2)
    announced = resets(model)
    # The tester reads the whole model at each announcement; a small window keeps that quick.
    model.on_screen = lambda: range(4)
    for _tick in range(20):
        shown = next(snapshots)
        model.show(shown)
        assert texts(model, "pid") == [str(victim.process.pid) for victim in shown.victims]
        memory = [BY_NAME["memory"].cell(row) for row in model.rows()]
        assert texts(model, "memory") == memory
    assert "reset" not in announced


def test_only_changed_cells_are_announced(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    crowd = [make_process(pid, f"p{pid}", 100 * pid) for pid in range(2, 12)]
    model.show(snapshot(crowd))
    found = changes(model)
    model.show(snapshot(crowd))
    assert found == []
    crowd[5] = crowd[5]._replace(oom_score=701)
    model.show(snapshot(crowd))
    row, score = texts(model).index("p7"), column(model, "score")
    assert found == [(row, score, row, score)]


def test_cells_out_of_sight_are_not_announced(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    crowd = [make_process(pid, f"p{pid}", 100 * pid) for pid in range(2, 40)]
    model.on_screen = lambda: range(5)
    model.show(snapshot(crowd))
    found = changes(model)
    model.show(snapshot([process._replace(oom_score=1) for process in crowd]))
    assert {row for row, *_ in found} == set(range(5))
    assert set(texts(model, "score")) == {"1"}


def test_order_changes_without_a_reset(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    crowd = [make_process(pid, f"p{pid}", 100 * pid) for pid in range(2, 12)]
    model.show(snapshot(crowd))
    announced = resets(model)
    model.show(snapshot([make_process(2, "p2", 9000), *crowd[1:]]))
    assert texts(model)[0] == "p2"
    assert announced == []


def test_selection_stays_with_its_process(model: ProcessModel, ticking: Ticking) -> None:
    snapshots = ticking(40, changing=0.5)
    model.on_screen = lambda: range(4)
    model.show(next(snapshots))
    selection = QItemSelectionModel(model)
    rows = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    wanted = {model.line(row).id for row in (10, 11, 12, 20)}
    for row in (10, 11, 12, 20):
        selection.select(model.index(row, 0), rows)
    places = set()
    for _tick in range(12):
        model.show(next(snapshots))
        chosen = [index.row() for index in selection.selectedRows()]
        assert {model.line(row).id for row in chosen} == wanted
        places.add(tuple(sorted(chosen)))
    assert len(places) > 1, "nothing moved, so nothing was shown"
    model.sort_by("pid", descending=False)
    assert {model.line(index.row()).id for index in selection.selectedRows()} == wanted


def test_a_row_within_a_selected_range_does_not_slip_out(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    crowd = [make_process(pid, f"p{pid}", 100 * pid) for pid in range(2, 12)]
    model.show(snapshot(crowd))
    selection = QItemSelectionModel(model)
    block = QItemSelection(model.index(2, 0), model.index(5, model.columnCount() - 1))
    selection.select(block, QItemSelectionModel.SelectionFlag.Select)
    wanted = {model.line(row).id for row in range(2, 6)}
    # The fourth of the list becomes the last, and its neighbour below the block takes its place.
    first, second = model.line(3).victim.process, model.line(8).victim.process
    moved = {first.key: first._replace(memory=second.memory), second.key: second._replace(memory=first.memory)}
    model.show(snapshot([moved.get(process.key, process) for process in crowd]))
    assert {model.line(index.row()).id for index in selection.selectedRows()} == wanted


def test_a_selected_program_that_ended_stays_until_deselected(
    model: ProcessModel, make_process: Make, snapshot: SnapshotOf
) -> None:
    crowd = [make_process(pid, f"p{pid}", 100 * pid) for pid in range(2, 8)]
    model.show(snapshot(crowd))
    gone = crowd[3]
    row = model.row_of(gone.key)
    model.keep({gone.key})
    left = [process for process in crowd if process.key != gone.key]
    model.show(snapshot(left))
    assert model.row_of(gone.key) == row
    assert row is not None
    assert model.line(row).ended
    assert model.index(row, column(model, "name")).data().startswith("p5, ended ")
    model.show(snapshot(left, 1_790_000_090.0))
    assert model.row_of(gone.key) == row
    model.keep(())
    assert model.row_of(gone.key) is None
    assert len(texts(model)) == len(left)


def test_one_that_was_missing_for_a_moment_is_alive_again(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    crowd = [make_process(pid, f"p{pid}", 100 * pid) for pid in range(2, 8)]
    model.show(snapshot(crowd))
    model.keep({crowd[3].key})
    model.show(snapshot(crowd[:3] + crowd[4:]))
    model.show(snapshot(crowd))
    assert texts(model) == ["p7", "p6", "p5", "p4", "p3", "p2"]


def test_a_reused_pid_is_another_process(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    model.show(snapshot([make_process(5, "old", 100, start=10), make_process(6, "other", 50)]))
    model.keep({ProcessKey(5, 10)})
    model.show(snapshot([make_process(5, "new", 10, start=999), make_process(6, "other", 50)]))
    assert min(texts(model)) == "new"
    assert [text.split(",")[0] for text in texts(model) if "ended" in text] == ["old"]


def test_held_order_stands_still_while_values_go_on(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    crowd = [make_process(pid, f"p{pid}", 100 * pid) for pid in range(2, 8)]
    model.show(snapshot(crowd))
    before = texts(model)
    model.hold(True)
    grown = [make_process(2, "p2", 9000), *crowd[1:-1], make_process(9, "born", 20000)]
    model.show(snapshot(grown))
    assert texts(model)[1:] == [*before[1:], "born"]
    assert texts(model)[0].startswith("p7, ended")
    assert texts(model, "memory")[before.index("p2")] == "8.80"
    model.hold(False)
    assert texts(model) == ["born", "p2", "p6", "p5", "p4", "p3"]


def test_a_snapshot_without_a_table_changes_nothing(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    model.show(snapshot([make_process(5, "a"), make_process(6, "b")]))
    model.show(snapshot(None))
    assert sorted(texts(model)) == ["a", "b"]


@pytest.mark.parametrize("name", ["memory", "pid", "name", "user", "oom_score_adj", "growth", "unit"])
@pytest.mark.parametrize("descending", [True, False])
def test_any_column_sorts_with_unknown_last(model: ProcessModel, ticking: Ticking, name: str, descending: bool) -> None:
    shown = next(ticking(80))
    growth = {victim.process.key: victim.process.pid * 0.37 % 5 for victim in shown.victims[::2]}
    model.sort_by(name, descending=descending)
    model.show(shown._replace(growth=growth))
    values = [BY_NAME[name].value(row) for row in model.rows()]
    known = [value.casefold() if isinstance(value, str) else value for value in values if value is not None]
    assert known == sorted(known, reverse=descending)  # type: ignore[type-var]
    assert values[len(known) :] == [None] * (len(values) - len(known))
    equal = [(value, row.key.pid) for value, row in zip(values, model.rows(), strict=True)]
    for (value, pid), (following, next_pid) in pairwise(equal):
        assert value != following or pid < next_pid or value is None


def test_sorted_by_points_rising_unkillable_ones_stay_last(model: ProcessModel, ticking: Ticking) -> None:
    model.sort_by("points", descending=False)
    model.show(next(ticking(60)))
    ranks = [row.victim.rank for row in model.rows()]
    known = [rank for rank in ranks if rank is not None]
    assert known == sorted(known, reverse=True)
    assert None not in ranks[: len(known)]
    assert None in ranks


def test_filters_leave_only_what_is_wanted(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    model.show(
        snapshot(
            [
                make_process(5, "clang++", uid=1, cgroup="/system.slice/build.service"),
                make_process(6, "firefox", uid=2),
                make_process(7, "dbus-daemon", uid=2, adj=-1000),
            ]
        )
    )
    for text, found in (("CLANG", ["clang++"]), ("build.serv", ["clang++"]), ("6", ["firefox"]), ("fire nothing", [])):
        model.set_filter(VictimsFilter(text))
        assert texts(model) == found
    model.set_filter(VictimsFilter(uid=2))
    assert texts(model) == ["firefox", "dbus-daemon"]
    model.set_filter(VictimsFilter(uid=2, killable=True))
    assert texts(model) == ["firefox"]
    model.set_filter(VictimsFilter())
    assert len(texts(model)) == 3


def test_the_tree_nests_children_below_their_parents(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    family = [
        make_process(10, "shell", 5),
        make_process(11, "make", 6, ppid=10),
        make_process(12, "clang++", 700, ppid=11),
        make_process(13, "clang++", 800, ppid=11),
        make_process(14, "editor", 60, ppid=10),
        make_process(15, "stranger", 1000, ppid=99),
    ]
    model.arrange(Arrangement.TREE)
    model.show(snapshot(family))
    assert texts(model) == ["stranger", "shell", "editor", "make", "clang++", "clang++"]
    assert [model.line(row).place.depth for row in range(6)] == [0, 0, 1, 1, 2, 2]
    spoken = model.index(3, column(model, "name")).data(int(Qt.ItemDataRole.AccessibleTextRole))
    assert spoken == "make, level 2, open, 2 below"
    assert model.toggle(3)
    assert texts(model) == ["stranger", "shell", "editor", "make"]
    assert not model.toggle(0)
    model.set_filter(VictimsFilter("editor"))
    assert texts(model) == ["shell", "editor"]


def test_equal_programs_are_gathered_by_app(model: ProcessModel, make_process: Make, snapshot: SnapshotOf) -> None:
    shell = "/user.slice/session-1.scope"
    crowd = [make_process(pid, "clang++", 100 + pid, cgroup=shell) for pid in range(20, 28)]
    crowd += [make_process(40, "code", 3000), make_process(41, "zygote", 2), make_process(50, "alone", 1, cgroup=shell)]
    model.arrange(Arrangement.BY_APP)
    model.show(snapshot(crowd, growth={crowd[0].key: 10.0, crowd[1].key: 5.0}))
    assert texts(model) == ["code × 2", "clang++ × 8", "alone"]
    assert texts(model, "pid") == ["—", "—", "50"]
    group = model.rows()[1]
    assert group.growth == 15.0
    assert BY_NAME["memory"].value(group) == sum(BY_NAME["memory"].value(row) for row in rows_of(snapshot(crowd[:8])))  # type: ignore[misc]
    assert group.victim.rank == 3 - 1
    model.toggle(1)
    assert texts(model) == ["code × 2", "clang++ × 8", *["clang++"] * 8, "alone"]
    assert texts(model, "pid")[2:10] == [str(pid) for pid in range(27, 19, -1)]


def rows_of(shown: Snapshot) -> list[object]:
    model = ProcessModel()
    model.show(shown)
    return list(model.rows())


@pytest.mark.parametrize("arrangement", list(Arrangement))
def test_every_arrangement_follows_a_long_run(model: ProcessModel, ticking: Ticking, arrangement: Arrangement) -> None:
    snapshots = ticking(40, changing=0.3, dying=3)
    model.on_screen = lambda: range(4)
    model.arrange(arrangement)
    selection = QItemSelectionModel(model)
    for tick in range(16):
        model.show(next(snapshots))
        if tick == 5:
            selection.select(model.index(6, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows)
            model.keep({model.line(6).id})
        if tick in (8, 12):
            model.hold(tick == 8)
        if tick % 3 == 0:
            model.toggle(tick % model.rowCount())
    assert model.rowCount() > 5


def test_columns_come_and_go_without_losing_the_selection(model: ProcessModel, ticking: Ticking) -> None:
    model.show(next(ticking(30)))
    selection = QItemSelectionModel(model)
    selection.select(model.index(4, 0), QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows)
    model.set_columns(("rank", "name", "unit", "points"))
    assert [field.name for field in model.fields] == ["rank", "name", "points", "unit"]
    model.set_columns(("pid", "points"))
    assert [field.name for field in model.fields] == ["name", "pid", "points"]
    assert {index.row() for index in selection.selectedIndexes()} <= {4}
    assert model.headerData(2, Qt.Orientation.Horizontal) == "Points, GiB"
