"""The control groups that systemd-oomd wrote down before it ended one: the ended one stands out."""

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from guardian.model.history import Kill, Weighed
from guardian.policy.kill_words import unit_words
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.printable import printable
from guardian.protocol.quantities import UNKNOWN, format_gib, format_percent
from guardian.ui.flat_table import FittedTable, RowPainter, fitting_widths
from guardian.ui.scheme import Scheme
from guardian.ui.table_rows import Column, RowsModel
from guardian.ui.type_scale import TextRole


class _Shown(NamedTuple):
    column: Column
    text: Callable[[Weighed], str]
    known: Callable[[Weighed], bool]


def _shown() -> tuple[_Shown, ...]:
    """The columns; those that no row fills are left out."""
    return (
        _Shown(Column(_("Control group"), 0), lambda row: unit_words(row.path), lambda _row: True),
        _Shown(Column(_("Pressure"), 84, right=True), _pressure, lambda row: row.pressure is not None),
        _Shown(Column(_("Pages scanned"), 116, right=True), _scanned, lambda row: row.scanned is not None),
        _Shown(Column(_("Swap GiB"), 84, right=True), lambda row: format_gib(row.swap), lambda row: row.swap is not None),
        _Shown(Column(_("Memory GiB"), 104, right=True), lambda row: format_gib(row.memory), lambda row: row.memory is not None),
        _Shown(Column("", 60, spoken=_("Outcome")), lambda row: _("ended") if row.ended else "", lambda _row: True),
    )


def _pressure(row: Weighed) -> str:
    return UNKNOWN if row.pressure is None else format_percent(row.pressure)


def _scanned(row: Weighed) -> str:
    return UNKNOWN if row.scanned is None else str(row.scanned)


def weighed_words(kill: Kill) -> str:
    """The heading of the table: whether it is all of them, or the first of how many."""
    count, shown = max(kill.considered, len(kill.weighed)), len(kill.weighed)
    if shown < count:
        return _("The first {shown} of {count} control groups that systemd-oomd weighed").format(shown=shown, count=count)
    words = ngettext("The control group that systemd-oomd weighed", "The {count} control groups that systemd-oomd weighed", count)
    return words.format(count=count)


class WeighedModel(RowsModel[Weighed]):
    """The groups of one kill."""

    def __init__(self, parent: QObject | None = None) -> None:
        self.shown = _shown()
        super().__init__([one.column for one in self.shown], parent)

    def text(self, row: Weighed, column: int) -> str:
        return self.shown[column].text(row)

    def hint(self, row: Weighed, column: int) -> str:
        return printable(row.path) if column == 0 else self.text(row, column)

    def unknown(self) -> frozenset[int]:
        """The columns of which no row tells anything."""
        return frozenset(at for at, one in enumerate(self.shown) if not any(one.known(row) for row in self.rows))


class _WeighedPainter(RowPainter[Weighed]):
    def is_marked(self, row: Weighed) -> bool:
        return row.ended

    def role_of(self, row: Weighed, column: int) -> TextRole:
        return TextRole.HEADING if row.ended and column == 0 else TextRole.BODY

    def colour_of(self, row: Weighed, column: int, text: str) -> QColor:
        return self.scheme.tokens.text if row.ended else super().colour_of(row, column, text)


class WeighedTable(FittedTable):
    """The table; it takes the height of its rows and scrolls where there is less."""

    def __init__(self, scheme: Scheme, model: WeighedModel, parent: QWidget | None = None) -> None:
        self._groups = model
        super().__init__(scheme, model, _("Control groups that systemd-oomd weighed"), parent)
        self.setItemDelegate(_WeighedPainter(scheme, model, self))

    def spread(self) -> None:
        unknown = self._groups.unknown()
        shown = [at for at in range(len(self._groups.columns)) if at not in unknown]
        for at in range(len(self._groups.columns)):
            self.setColumnHidden(at, at in unknown)
        widths = fitting_widths([self._groups.columns[at].width for at in shown], self.viewport().width(), self.text_scale)
        for at, width in zip(shown, widths, strict=True):
            self.head.resizeSection(at, width)
