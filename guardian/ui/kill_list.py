"""The list of kills, newest first: when, by whom, what, and how much came free."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QDateTime, QLocale, QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from guardian.model.history import Kill
from guardian.policy.kill_words import headline, report_text, unit_words, when_words
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_gib
from guardian.ui.card import Card
from guardian.ui.export import rows_as_text
from guardian.ui.flat_table import FlatTable, RowPainter
from guardian.ui.scheme import Scheme
from guardian.ui.table_rows import Column, RowsModel
from guardian.ui.tokens import GAP_SMALL

_TIMES_WIDTH = 132


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


class _Shown(NamedTuple):
    """The text of a cell, and what its column is sorted by."""

    text: Callable[[Kill], str]
    order: Callable[[Kill], tuple[float, str]]


_WHEN, _BY, _WHAT, _FREED = range(4)
_SHOWN = (
    _Shown(moment_words, lambda kill: (kill.time or kill.seconds or 0.0, "")),
    _Shown(by_words, lambda kill: (0.0, by_words(kill))),
    _Shown(what_words, lambda kill: (0.0, what_words(kill).lower())),
    _Shown(lambda kill: format_gib(kill.freed, 1), lambda kill: (-1.0 if kill.freed is None else float(kill.freed), "")),
)


def _columns() -> tuple[Column, ...]:
    return (Column(_("When"), 104), Column(_("Ended by"), 116), Column(_("What"), 0), Column(_("GiB"), 52, right=True))


class KillModel(RowsModel[Kill]):
    """Kills in the chosen order; at first newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_columns(), parent)
        self.sorted_by = (_WHEN, True)

    def show_kills(self, kills: Sequence[Kill]) -> None:
        """Show these in the chosen order."""
        column, falling = self.sorted_by
        newest = sorted(kills, key=_SHOWN[_WHEN].order, reverse=True)
        as_wished = column == _WHEN and falling
        self.replace_rows(newest if as_wished else sorted(newest, key=_SHOWN[column].order, reverse=falling))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.sorted_by = (column, order == Qt.SortOrder.DescendingOrder)
        self.show_kills(self.rows)

    def text(self, row: Kill, column: int) -> str:
        return _SHOWN[column].text(row)

    def hint(self, row: Kill, column: int) -> str:
        return f"{when_words(row)}\n{headline(row)}"


class KillList(FlatTable):
    """The list; `chosen` carries the kill that the keys or a click went to, `open_asked` one to look at."""

    chosen = Signal(object)
    open_asked = Signal()

    def __init__(self, scheme: Scheme, model: KillModel, parent: QWidget | None = None) -> None:
        self._kills = model
        super().__init__(scheme, model, _("Kills"), selects=True, parent=parent)
        self.setItemDelegate(RowPainter(scheme, model, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.head.setSectionsClickable(True)
        self.head.show_sort(_WHEN, descending=True)
        self.head.sectionClicked.connect(self.sort_by)
        self.selectionModel().currentRowChanged.connect(self._tell)

    def current_kill(self) -> Kill | None:
        """The chosen kill, None where none is."""
        row = self.currentIndex().row()
        return self._kills.rows[row] if 0 <= row < len(self._kills.rows) else None

    def choose(self, kill: Kill | None) -> bool:
        """Choose a kill and bring it into view; the first where it is not there; False where there is none."""
        kills = self._kills.rows
        at = next((row for row, one in enumerate(kills) if one is kill or one == kill), 0 if kills else -1)
        if at < 0:
            return False
        self.setCurrentIndex(self._kills.index(at, 0))
        return True

    @Slot(int)
    def sort_by(self, column: int) -> None:
        """Sort by a column; once more turns the order round.  Times and sizes begin with the largest."""
        before, falling = self._kills.sorted_by
        falls = not falling if column == before else column in (_WHEN, _FREED)
        kept = self.current_kill()
        self._kills.sort(column, Qt.SortOrder.DescendingOrder if falls else Qt.SortOrder.AscendingOrder)
        self.head.show_sort(column, descending=falls)
        self.choose(kept)

    @Slot()
    def _tell(self) -> None:
        self.chosen.emit(self.current_kill())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        kill = self.current_kill()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_asked.emit()
        elif kill is not None and event.keyCombination().toCombined() == (Qt.Modifier.CTRL | Qt.Key.Key_C).toCombined():
            QGuiApplication.clipboard().setText(rows_as_text([self._kills.texts(self.currentIndex().row())]))
        elif (
            kill is not None
            and event.keyCombination().toCombined() == (Qt.Modifier.CTRL | Qt.Modifier.SHIFT | Qt.Key.Key_C).toCombined()
        ):
            QGuiApplication.clipboard().setText(report_text(kill))
        else:
            super().keyPressEvent(event)


def listing_card(scheme: Scheme, search: QWidget, times: QWidget, listing: QWidget) -> Card:
    """The list in its card, below what it is searched with."""
    card = Card(scheme)
    card.body.setContentsMargins(1, GAP_SMALL, 1, 1)
    card.body.setSpacing(GAP_SMALL // 2)
    field = QHBoxLayout()
    field.setSpacing(GAP_SMALL)
    field.setContentsMargins(GAP_SMALL, 0, GAP_SMALL, 0)
    times.setMaximumWidth(_TIMES_WIDTH)
    field.addWidget(search, 1)
    field.addWidget(times)
    card.body.addLayout(field)
    card.body.addWidget(listing, 1)
    return card
