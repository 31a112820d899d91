"""The lines around the table of machines: headline, counts by state and search above it, legend and pages below."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from guardian.model.verdict import State
from guardian.policy.fleet import MachinePage
from guardian.policy.fleet_queries import LONGEST_SEARCH
from guardian.policy.fleet_words import headline, machines_words, places_words
from guardian.policy.headline import state_word
from guardian.protocol.i18n import _
from guardian.ui.button import ActButton, Link, Look
from guardian.ui.composition_bar import paint_swatch
from guardian.ui.inputs import SearchField
from guardian.ui.patterns import layer_brush
from guardian.ui.scheme import Scheme
from guardian.ui.shapes import paint_state
from guardian.ui.tokens import CONTROL_HEIGHT, GAP, GAP_SMALL
from guardian.ui.type_scale import TextRole, font_changed, font_for
from guardian.ui.words import ElidedWords, Words

_ORDER = (State.CRITICAL, State.WARNING, State.WATCH, State.CALM, State.NO_DATA)
_SHAPE, _SWATCH, _SEARCH_WIDTH, _BETWEEN, _BETWEEN_BARE = 16, 12, 176, 16, 12
_WORD, _NUMBER, _LEAST_SEARCH = 6, 5, 120


class StateCounts(QWidget):
    """How many machines are in each state: shape, number, word; the word gives way where it is narrow."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self._counts: dict[State, int] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def show_counts(self, page: MachinePage | None) -> None:
        """Show the counts of a page; None: nothing is known."""
        self._counts = {} if page is None else {state: page.counts.get(state, 0) for state in _ORDER}
        said = ", ".join(f"{count:,} {state_word(state).lower()}" for state, count in self._counts.items())
        self.setAccessibleName(said or _("Not measured yet"))
        self.setToolTip(said)
        self.updateGeometry()
        self.update()

    def _parts(self, *, worded: bool) -> list[tuple[State, str, str, int]]:
        """State, number, word and width of each."""
        bold, plain = QFontMetrics(font_for(TextRole.HEADING)), QFontMetrics(font_for(TextRole.BODY))
        parts = []
        for state, count in self._counts.items():
            number, word = f"{count:,}", state_word(state).lower() if worded else ""
            wide = _SHAPE + _WORD + bold.horizontalAdvance(number) + (_NUMBER + plain.horizontalAdvance(word) if word else 0)
            parts.append((state, number, word, wide))
        return parts

    def _width(self, *, worded: bool) -> int:
        widths = [wide for _state, _number, _word, wide in self._parts(worded=worded)]
        return sum(widths) + max(0, len(widths) - 1) * (_BETWEEN if worded else _BETWEEN_BARE)

    def sizeHint(self) -> QSize:
        # The words take what the others leave.
        return QSize(self._width(worded=False), max(CONTROL_HEIGHT, self.fontMetrics().height() + GAP_SMALL))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self.updateGeometry()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tokens, middle = self._scheme.tokens, self.height() / 2
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        x, worded = 0.0, self._width(worded=True) <= self.width()
        for state, number, word, wide in self._parts(worded=worded):
            left = self.width() - x - wide if mirrored else x
            shape = QRectF(left + (wide - _SHAPE if mirrored else 0), middle - _SHAPE / 2, _SHAPE, _SHAPE)
            paint_state(painter, shape, state, tokens.states[state].colour)
            room = (
                QRectF(left, 0, wide - _SHAPE - _WORD, self.height())
                if mirrored
                else QRectF(left + _SHAPE + _WORD, 0, wide, self.height())
            )
            painter.setFont(font_for(TextRole.HEADING))
            painter.setPen(tokens.text)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), number)
            after = painter.fontMetrics().horizontalAdvance(number) + _NUMBER
            painter.setFont(font_for(TextRole.BODY))
            painter.setPen(tokens.text2)
            rest = room.adjusted(0, 0, -after, 0) if mirrored else room.adjusted(after, 0, 0, 0)
            painter.drawText(rest, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), word)
            x += wide + (_BETWEEN if worded else _BETWEEN_BARE)
        painter.end()


class LayerLegend(QWidget):
    """What the bars' layers are, in their order; two lines where one does not do."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self.setAccessibleName(", ".join(_(layer.word) for layer in scheme.tokens.layers))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(font_for(TextRole.NOTE))
        return [_SWATCH + _WORD + metrics.horizontalAdvance(_(layer.word)) + 1 for layer in self._scheme.tokens.layers]

    def _line(self) -> int:
        return max(20, QFontMetrics(font_for(TextRole.NOTE)).height() + 4)

    def _wraps(self, width: int) -> bool:
        return sum(self._widths()) + 7 * GAP > width

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._line() * (2 if self._wraps(width) else 1)

    def sizeHint(self) -> QSize:
        return QSize(sum(self._widths()) + 7 * GAP, self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self._line())

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self.updateGeometry()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tokens, line, widths = self._scheme.tokens, self._line(), self._widths()
        across = 4 if self._wraps(self.width()) else 8
        columns = [max(widths[at::across]) for at in range(across)]
        painter.setFont(font_for(TextRole.NOTE))
        for index, layer in enumerate(tokens.layers):
            row, column = divmod(index, across)
            cell = QRectF(sum(columns[:column]) + GAP * column, row * line, columns[column], line)
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                cell.moveRight(self.width() - cell.left())
                swatch, words = cell.right() - _SWATCH, cell.adjusted(0, 0, -_SWATCH - _WORD, 0)
            else:
                swatch, words = cell.left(), cell.adjusted(_SWATCH + _WORD, 0, 0, 0)
            box = QRectF(swatch, cell.center().y() - _SWATCH / 2, _SWATCH, _SWATCH)
            paint_swatch(painter, box, layer_brush(tokens, index, self.devicePixelRatioF()), tokens.control)
            painter.setPen(tokens.text2)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), _(layer.word))
        painter.end()


class FleetHead(QWidget):
    """Headline, counts, search and export; `search_changed` carries what is looked for."""

    search_changed = Signal(str)
    export_clicked = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Counts and search"))
        self._page: MachinePage | None = None
        self._narrow = False
        self.headline = ElidedWords(scheme, _("Fleet"), TextRole.HEADLINE, least=420)
        self.counts = StateCounts(scheme)
        self.search = SearchField(scheme, _("Machine, program…"), "Ctrl+F")
        self.search.setAccessibleName(_("Search machines"))
        self.search.setAccessibleDescription(_("A part of a machine's name, or of the program that would be ended next"))
        self.search.setMaxLength(LONGEST_SEARCH)
        self.search.setMinimumWidth(_LEAST_SEARCH)
        self.search.setMaximumWidth(_SEARCH_WIDTH)
        self.search.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.export = ActButton(scheme, "", Look.PLAIN, "export", _("Export…"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_SMALL)
        layout.addWidget(self.headline)
        layout.addSpacing(GAP_SMALL)
        layout.addWidget(self.counts, 1)
        layout.addWidget(self.search)
        layout.addWidget(self.export)
        self.search.textChanged.connect(self.search_changed)
        self.export.clicked.connect(self.export_clicked)

    def show_page(self, page: MachinePage | None) -> None:
        """Show how many machines there are, by state."""
        self._page = page
        self._show_headline()
        self.counts.show_counts(page)
        for widget in (self.counts, self.search, self.export):
            widget.setVisible(page is not None)

    def set_narrow(self, *, narrow: bool) -> None:
        """Leave out of the headline what the counts say too."""
        self._narrow = narrow
        self.search.setMinimumWidth(_LEAST_SEARCH if narrow else _SEARCH_WIDTH)
        self._show_headline()

    def _show_headline(self) -> None:
        page = self._page
        said = _("Fleet") if page is None else machines_words(page) if self._narrow else headline(page)
        self.headline.show_text(said)


class FleetFoot(QWidget):
    """Legend, and which page of machines is shown; `step_wanted` asks for the next (+1) or the one before (−1)."""

    step_wanted = Signal(int)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Legend and pages"))
        self.legend = LayerLegend(scheme)
        self.places = Words(scheme, "", TextRole.NOTE, "text2")
        self.back = Link(scheme, _("Back"))
        self.back.setAccessibleName(_("The machines before these"))
        self.next = Link(scheme, _("More"))
        self.next.setAccessibleName(_("The machines after these"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GAP_SMALL, 0, GAP_SMALL, 0)
        layout.setSpacing(GAP_SMALL)
        layout.addWidget(self.legend, 1)
        for widget in (self.places, self.back, self.next):
            layout.addWidget(widget)
        self.back.clicked.connect(self._step_back)
        self.next.clicked.connect(self._step_on)
        self.show_page(None)

    @Slot()
    def _step_back(self) -> None:
        self.step_wanted.emit(-1)

    @Slot()
    def _step_on(self) -> None:
        self.step_wanted.emit(1)

    def show_page(self, page: MachinePage | None) -> None:
        """Show where a page lies among all."""
        before = page is not None and page.before > 0
        after = page is not None and page.following is not None
        self.places.show_text(places_words(page) if page is not None and (before or after) else "")
        self.places.setVisible(before or after)
        for link, there in ((self.back, before), (self.next, after)):
            link.setVisible(before or after)
            link.setEnabled(there)
