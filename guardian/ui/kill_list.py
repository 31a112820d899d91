"""The list of kills, newest first: when, by whom, what, and how much came free."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QDateTime,
    QEvent,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from guardian.model.history import Kill
from guardian.policy.kill_words import headline, report_text, unit_words, when_words
from guardian.protocol.i18n import N_, _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_gib
from guardian.ui.export import rows_as_text
from guardian.ui.scheme import Scheme
from guardian.ui.table_head import TableHead
from guardian.ui.tokens import FOCUS_LINE, GAP_SMALL, GAP_TINY, ROW_HEIGHT
from guardian.ui.type_scale import TextRole, font_changed, font_for

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_DIGIT = 8.0


def what_words(kill: Kill) -> str:
    """What was ended, in a cell: the name, of a group with how many processes."""
    unit = kill.group and kill.victim.cgroup
    name = unit_words(kill.victim.cgroup or "") if unit else printable(kill.victim.name)
    # Of an application's id the last part says it: org.gnome.Terminal.
    if unit and name.count(".") > 1:
        name = name.rpartition(".")[2]
    return name if kill.processes < 2 else _("{name}, {count}").format(name=name, count=kill.processes)


def by_words(kill: Kill) -> str:
    """Who ended it, in a cell."""
    if kill.killer != "kernel":
        return kill.killer
    return _("memory limit") if kill.constraint == "memcg" else _("kernel")


def moment_words(kill: Kill) -> str:
    """When, in a cell: "19 Nov 14:02"; since the start where the clock of the day is not known."""
    if kill.time is None:
        return UNKNOWN if kill.seconds is None else _("{count} s").format(count=f"{kill.seconds:.1f}")
    return QLocale().toString(QDateTime.fromMSecsSinceEpoch(int(kill.time * 1000)), _("d MMM HH:mm"))


class KillColumn(NamedTuple):
    """One column: head, width in the pictures (0 takes what is left), text of a cell, what it is sorted by, and its side."""

    word: str
    width: int
    text: Callable[[Kill], str]
    order: Callable[[Kill], tuple[float, str]]
    right: bool = False


COLUMNS = (
    KillColumn(N_("When"), 104, moment_words, lambda kill: (kill.time or kill.seconds or 0.0, "")),
    KillColumn(N_("Ended by"), 116, by_words, lambda kill: (0.0, by_words(kill))),
    KillColumn(N_("What"), 0, what_words, lambda kill: (0.0, what_words(kill).lower())),
    KillColumn(
        N_("GiB"),
        52,
        lambda kill: format_gib(kill.freed, 1),
        lambda kill: (-1.0 if kill.freed is None else float(kill.freed), ""),
        right=True,
    ),
)


class KillModel(QAbstractTableModel):
    """Kills in the chosen order; at first newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.kills: tuple[Kill, ...] = ()
        self.sorted_by = (0, True)

    def show_kills(self, kills: Sequence[Kill]) -> None:
        """Show these in the chosen order."""
        self.beginResetModel()
        self.kills = self._ordered(kills)
        self.endResetModel()

    def _ordered(self, kills: Sequence[Kill]) -> tuple[Kill, ...]:
        column, falling = self.sorted_by
        newest = sorted(kills, key=COLUMNS[0].order, reverse=True)
        return tuple(newest if column == 0 and falling else sorted(newest, key=COLUMNS[column].order, reverse=falling))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.sorted_by = (column, order == Qt.SortOrder.DescendingOrder)
        self.show_kills(self.kills)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.kills)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        kill, column = self.kills[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(kill)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{when_words(kill)}\n{headline(kill)}"
        if role == Qt.ItemDataRole.TextAlignmentRole and column.right:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _(COLUMNS[section].word)
        return None


class RowPainter(QStyledItemDelegate):
    """Paints a row of texts: `select` behind the chosen one, a line below each, a ring where the focus is."""

    def __init__(self, scheme: Scheme, view: QTableView) -> None:
        super().__init__(view)
        self.scheme, self._view = scheme, view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = self.scheme.tokens
        rect = option.rect
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected) or self.is_marked(index)
        if chosen:
            painter.fillRect(rect, tokens.select)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, tokens.grid)
        inner = rect.adjusted(GAP_SMALL, 0, -GAP_SMALL, -1)
        text = str(index.data() or "")
        painter.setFont(self.font_of(index))
        painter.setPen(tokens.text3 if text in {UNKNOWN, "0.0", "0"} else tokens.text2 if self.is_quiet(index) else tokens.text)
        right = index.data(Qt.ItemDataRole.TextAlignmentRole) is not None
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
        if index.row() == self._view.currentIndex().row() and self._view.hasFocus():
            for top in (rect.top(), rect.bottom() - int(FOCUS_LINE)):
                painter.fillRect(rect.left(), top, rect.width(), int(FOCUS_LINE), tokens.accent)

    def is_marked(self, index: Index) -> bool:
        """Whether a row stands out though it is not selected."""
        return False

    def is_quiet(self, index: Index) -> bool:
        """Whether a cell is in `text2`."""
        return False

    def font_of(self, index: Index) -> QFont:
        """The font of a cell."""
        return font_for(TextRole.BODY)


class KillList(QTableView):
    """The list; `chosen` carries the kill that the keys or a click went to, `open_asked` one to look at."""

    chosen = Signal(object)
    open_asked = Signal()

    def __init__(self, scheme: Scheme, model: KillModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kills = model
        self._head = TableHead(scheme, self)
        self.setHorizontalHeader(self._head)
        self.setModel(model)
        self.setItemDelegate(RowPainter(scheme, self))
        self.setAccessibleName(_("Kills"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().setVisible(False)
        self._head.set_lines([(_(column.word), "", column.right) for column in COLUMNS])
        self._head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._head.show_sort(0, descending=True)
        self._head.sectionClicked.connect(self.sort_by)
        self.selectionModel().currentRowChanged.connect(self._tell)
        self._take_fonts()
        scheme.changed.connect(self._repaint)

    def current_kill(self) -> Kill | None:
        """The chosen kill, None where none is."""
        row = self.currentIndex().row()
        return self._kills.kills[row] if 0 <= row < len(self._kills.kills) else None

    def choose(self, kill: Kill | None) -> bool:
        """Choose a kill and bring it into view; the first where it is not there; False where there is none."""
        kills = self._kills.kills
        at = next((row for row, one in enumerate(kills) if one is kill or one == kill), 0 if kills else -1)
        if at < 0:
            return False
        self.setCurrentIndex(self._kills.index(at, 0))
        return True

    @Slot(int)
    def sort_by(self, column: int) -> None:
        """Sort by a column; once more turns the order round.  Times and sizes begin with the largest."""
        before, falling = self._kills.sorted_by
        falls = not falling if column == before else column in (0, 3)
        kept = self.current_kill()
        self._kills.sort(column, Qt.SortOrder.DescendingOrder if falls else Qt.SortOrder.AscendingOrder)
        self._head.show_sort(column, descending=falls)
        self.choose(kept)

    @Slot()
    def _tell(self) -> None:
        self.chosen.emit(self.current_kill())

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()

    def _take_fonts(self) -> None:
        self.setFont(font_for(TextRole.BODY))
        rows = self.verticalHeader()
        height = max(ROW_HEIGHT, self.fontMetrics().height() + GAP_TINY)
        rows.setMinimumSectionSize(height)
        rows.setDefaultSectionSize(height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        kill = self.current_kill()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_asked.emit()
        elif kill is not None and event.keyCombination().toCombined() == (Qt.Modifier.CTRL | Qt.Key.Key_C).toCombined():
            QGuiApplication.clipboard().setText(rows_as_text([[column.text(kill) for column in COLUMNS]]))
        elif (
            kill is not None
            and event.keyCombination().toCombined() == (Qt.Modifier.CTRL | Qt.Modifier.SHIFT | Qt.Key.Key_C).toCombined()
        ):
            QGuiApplication.clipboard().setText(report_text(kill))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._spread()

    def _spread(self) -> None:
        scale = max(1.0, self.fontMetrics().horizontalAdvance("0") / _DIGIT)
        for section, width in enumerate(fitting_widths([column.width for column in COLUMNS], self.viewport().width(), scale)):
            self._head.resizeSection(section, width)

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self._take_fonts()
            self._spread()
        return super().event(event)


def fitting_widths(widths: Sequence[int], room: int, scale: float) -> list[int]:
    """Column widths in a larger text; those of 0 share what is left, but never less than 60 px."""
    fixed = [round(width * scale) for width in widths]
    loose = sum(1 for width in widths if not width)
    return [width or max(60, (room - sum(fixed)) // max(1, loose)) for width in fixed]
