"""The card around a chart: heading with unit, "Table" beside it, the chart or its table below."""

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from guardian.protocol.i18n import _
from guardian.ui.button import Link
from guardian.ui.card import HeadedCard
from guardian.ui.chart import Chart
from guardian.ui.chart_table import ChartRows, ChartTable
from guardian.ui.scheme import Scheme
from guardian.ui.type_scale import TextRole, font_changed, font_for


class ChartCard(HeadedCard):
    """A chart with its table behind it; Ctrl+Shift+T, "Table" and the chart's menu change between them."""

    turned = Signal()

    def __init__(self, scheme: Scheme, chart: Chart, note: str = "", parent: QWidget | None = None) -> None:
        super().__init__(scheme, chart.heading, note, parent)
        self.chart = chart
        self._rows = ChartRows(chart.columns(), self)
        self._table = ChartTable(self._rows, chart.heading, self)
        self._table.setFont(font_for(TextRole.NOTE))
        self._stack = QStackedWidget(self)
        self._stack.addWidget(chart)
        self._stack.addWidget(self._table)
        # The table takes the chart's place, not more.
        self._table.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._turner = Link(scheme, _("Table"))
        self._turner.setAccessibleDescription(chart.heading)
        self._turner.clicked.connect(self.turn)
        chart.table_wanted.connect(self.turn)
        self.add_link(self._turner)
        self.body.addWidget(self._stack, 1)
        key = QShortcut(QKeySequence("Ctrl+Shift+T"), self)
        key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.activated.connect(self.turn)

    @property
    def shows_table(self) -> bool:
        """Whether the table is in front."""
        return self._stack.currentWidget() is self._table

    @Slot()
    def turn(self) -> None:
        """Show the table instead of the chart, or the chart again."""
        had_focus = self.chart.hasFocus() or self._table.hasFocus()
        self._stack.setCurrentIndex(1 - self._stack.currentIndex())
        self._turner.setText(_("Chart") if self.shows_table else _("Table"))
        self._turner.updateGeometry()
        self.turned.emit()
        self.refresh_table()
        if had_focus:
            (self._table if self.shows_table else self.chart).setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh_table(self) -> None:
        """Fill the table where it is in front; otherwise nothing is computed."""
        if self.shows_table:
            self._rows.show_rows(self.chart.rows())

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self._table.setFont(font_for(TextRole.NOTE))
        return super().event(event)
