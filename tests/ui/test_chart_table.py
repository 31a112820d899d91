"""The table behind a chart follows it in place."""

from PySide6.QtCore import QItemSelectionModel
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from guardian.ui.chart_table import ChartRows, ChartTable


def rows(*times: int, value: str = "1") -> list[tuple[str, ...]]:
    return [(f"12:00:{time:02}", value) for time in times]


def contents(model: ChartRows) -> list[tuple[str, ...]]:
    return [tuple(str(model.index(row, column).data()) for column in (0, 1)) for row in range(model.rowCount())]


def followed() -> ChartRows:
    model = ChartRows(("Time", "GiB"))
    model.tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)  # type: ignore[attr-defined]
    return model


def test_every_way_of_growing_and_shrinking_ends_at_the_same_rows(qtbot: QtBot) -> None:
    model = followed()
    for shown in (rows(2, 1), rows(4, 3, 2, 1), rows(5, 4, 3), rows(5, 4, 3, value="2"), rows(5, 4, 3, 2, 1), rows(9, 8), []):
        model.show_rows(shown)
        assert contents(model) == shown


def test_a_selected_row_stays_selected_while_new_ones_come_in_on_top(qtbot: QtBot) -> None:
    model = followed()
    table = ChartTable(model, "Room left")
    qtbot.addWidget(table)
    model.show_rows(rows(3, 2, 1))
    flag = QItemSelectionModel.SelectionFlag
    table.selectionModel().select(model.index(1, 0), flag.Select | flag.Rows)
    model.show_rows(rows(5, 4, 3, 2, 1))
    assert [index.data() for index in table.selectionModel().selectedRows()] == ["12:00:02"]
    table.copy_selection()
    assert QGuiApplication.clipboard().text() == "12:00:02\t1"


def test_heads_name_the_columns(qtbot: QtBot) -> None:
    from PySide6.QtCore import Qt

    model = followed()
    assert [model.headerData(at, Qt.Orientation.Horizontal) for at in (0, 1)] == ["Time", "GiB"]
