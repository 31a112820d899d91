"""All keys on one sheet (Ctrl+?), from the one list that also tells the actions their keys."""

from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from guardian.protocol.i18n import N_, _


class Key(NamedTuple):
    """One key of the window: a stable name of what it does, its sequences, and what it does in words."""

    name: str
    sequences: tuple[str, ...]
    words: str


# Keys of the window itself; each becomes a shortcut.
WINDOW_KEYS = (
    Key("next_pane", ("F6",), N_("Next pane")),
    Key("previous_pane", ("Shift+F6",), N_("Previous pane")),
    Key("measure_now", ("F5",), N_("Measure now")),
    Key("export", ("Ctrl+S",), N_("Export what the page shows")),
    Key("open", ("Ctrl+O",), N_("Open a log or a recording")),
    Key("larger", ("Ctrl++", "Ctrl+="), N_("Larger text")),
    Key("smaller", ("Ctrl+-",), N_("Smaller text")),
    Key("usual", ("Ctrl+0",), N_("Text as large as the system's")),
    Key("settings", ("Ctrl+,",), N_("Settings")),
    Key("help", ("F1",), N_("Help on this page")),
    Key("keys", ("Ctrl+?",), N_("All keys")),
    Key("close", ("Ctrl+W",), N_("Close the window")),
)

# Keys that belong to a pane; they are listed here and work there.
PANE_KEYS = (
    Key("tab", ("Tab",), N_("Next control within a pane")),
    Key("search", ("Ctrl+F",), N_("Search")),
    Key("escape", ("Esc",), N_("Clear the search, then leave the detail")),
    Key("pause", ("Space",), N_("Pause or go on (table or chart)")),
    Key("details", ("Return", "Alt+Return"), N_("Details of the selected row")),
    Key("machines", ("Ctrl+PgDown", "Ctrl+PgUp"), N_("More machines of the fleet, and those before")),
    Key("row_menu", ("Shift+F10",), N_("Menu of the selected row")),
    Key("copy_row", ("Ctrl+C",), N_("Copy the selected row")),
    Key("copy_pid", ("Ctrl+Shift+C",), N_("Copy the PID")),
    Key("protect", ("Ctrl+Shift+P",), N_("Protect the selected program, or add a plan")),
    Key("sacrifice", ("Ctrl+Shift+S",), N_("Let the selected program be ended first")),
    Key("freeze", ("Ctrl+Shift+F",), N_("Freeze the selected program, or let it go on")),
    Key("limit", ("Ctrl+Shift+L",), N_("Limit the group of the selected program")),
    Key("swap_out", ("Ctrl+Shift+M",), N_("Move what the selected program does not use to swap")),
    Key("end", ("Ctrl+T", "Del"), N_("End the selected program")),
    Key("force", ("Ctrl+K",), N_("Force the selected program to end")),
    Key("undo", ("Ctrl+Z",), N_("Take the last act back")),
    Key("table", ("Ctrl+Shift+T",), N_("Chart or its table")),
    Key("cursor", ("Left", "Right"), N_("Chart cursor")),
    Key("branch", ("Right", "Left"), N_("Open or close a branch of the table")),
    Key("slider", ("Shift+Right", "PgUp"), N_("What-if slider: by 10, by 100")),
)


def shown_keys(sequences: tuple[str, ...]) -> str:
    """Key sequences as this system writes them."""
    return ", ".join(QKeySequence(each).toString(QKeySequence.SequenceFormat.NativeText) for each in sequences)


class KeyList(QDialog):
    """The sheet of all keys."""

    def __init__(self, page_words: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Keys"))
        rows = [(f"Ctrl+{number}", word) for number, word in enumerate(page_words, start=1)]
        rows += [(shown_keys(key.sequences), _(key.words)) for key in (*WINDOW_KEYS, *PANE_KEYS)]
        table = QTableWidget(len(rows), 2, self)
        table.setAccessibleName(_("Keys"))
        table.setHorizontalHeaderLabels([_("Key"), _("What it does")])
        table.verticalHeader().setVisible(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                table.setItem(row, column, QTableWidgetItem(text))
        table.resizeColumnToContents(0)
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(table)
        layout.addWidget(buttons)
        self.resize(440, 520)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
