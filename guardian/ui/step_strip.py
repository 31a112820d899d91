"""The four steps by which the kernel comes to end a program, with live values: memory, out of memory, choice, last kill."""

from typing import NamedTuple

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QSizePolicy, QWidget

from guardian.protocol.i18n import _
from guardian.ui.button import RING, paint_focus_ring
from guardian.ui.card import Card
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP, GAP_SMALL, GAP_TINY, RADIUS_CONTROL
from guardian.ui.type_scale import TextRole, font_changed, font_for

STEPS = ("memory", "out", "choice", "kill")


class Step(NamedTuple):
    """What one step says: its answer in a word, and what stands below it, of which `tail` is never cut."""

    answer: str
    more: str = ""
    tail: str = ""


class StepCell(QAbstractButton):
    """One step; pressed while what it opens is shown."""

    def __init__(self, scheme: Scheme, head: str, opens: str, *, stays: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme, self.head, self._opens = scheme, head, opens
        self.step = Step(_("measuring"))
        self.setCheckable(stays)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleDescription(opens)
        self.setToolTip(opens)
        self._name()
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def _name(self) -> None:
        told = (self.step.answer, self.step.more + self.step.tail)
        self.setAccessibleName(_("{head}: {answer}").format(head=self.head, answer=", ".join(filter(None, told))))

    def show_step(self, step: Step) -> None:
        """Show other values."""
        if step != self.step:
            self.step = step
            self._name()
            self.update()

    def sizeHint(self) -> QSize:
        note, strong = (QFontMetrics(font_for(role)).height() for role in (TextRole.NOTE, TextRole.HEADING))
        return QSize(180, 2 * note + strong + 2 * GAP_TINY + GAP_SMALL)

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self.updateGeometry()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, painter = self._scheme.tokens, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        face = QRectF(self.rect()).adjusted(RING, RING, -RING, -RING)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.select if self.isChecked() else tokens.alt)
            painter.drawRoundedRect(face, RADIUS_CONTROL, RADIUS_CONTROL)
        top = face.top() + 1
        lines = (
            (self.head, "", TextRole.NOTE, tokens.text2),
            (self.step.answer, "", TextRole.HEADING, tokens.text),
            (self.step.more, self.step.tail, TextRole.NOTE, tokens.text2),
        )
        for text, tail, role, colour in lines:
            painter.setFont(font_for(role))
            painter.setPen(colour)
            metrics = painter.fontMetrics()
            room = round(face.width()) - GAP - metrics.horizontalAdvance(tail)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room) + tail
            painter.drawText(face.adjusted(GAP_SMALL, top - face.top(), -GAP_TINY, 0), int(Qt.AlignmentFlag.AlignLeading), shown)
            top += metrics.height() + GAP_TINY / 2
        if self.hasFocus():
            paint_focus_ring(painter, face, tokens)
        painter.end()


class StepStrip(Card):
    """The four steps in a row, or two and two; `opened` brings the name of the one that was pressed."""

    opened = Signal(str)

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self.setAccessibleName(_("How the kernel comes to end a program"))
        told = {
            "memory": (_("1 Memory"), _("Would a request be granted?"), True),
            "out": (_("2 Out of memory?"), _("The checks, then and now"), True),
            "choice": (_("3 Who would be chosen"), _("Open Victims"), False),
            "kill": (_("4 Last kill"), _("Was it enough, and who is next?"), True),
        }
        self.cells = {name: StepCell(scheme, head, opens, stays=stays) for name, (head, opens, stays) in told.items()}
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        self.body.setContentsMargins(GAP_TINY, GAP_TINY, GAP_TINY, GAP_TINY)
        self.body.addLayout(self._grid)
        self._columns = 0
        self.set_columns(len(STEPS))
        for name, cell in self.cells.items():
            cell.setObjectName(name)
            cell.clicked.connect(self._press)

    @Slot()
    def _press(self) -> None:
        self.opened.emit(self.sender().objectName())

    def set_columns(self, columns: int) -> None:
        """Lay the steps out in so many columns."""
        if columns == self._columns:
            return
        self._columns = columns
        for at, cell in enumerate(self.cells.values()):
            self._grid.removeWidget(cell)
            self._grid.addWidget(cell, at // columns, at % columns)
        for column in range(len(STEPS)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self.update()

    def show_open(self, name: str) -> None:
        """Mark the step whose panel is shown; "" for none."""
        for own, cell in self.cells.items():
            if cell.isCheckable():
                cell.setChecked(own == name)

    def show_steps(self, steps: dict[str, Step]) -> None:
        """Show the values of these steps."""
        for name, step in steps.items():
            self.cells[name].show_step(step)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        cells = list(self.cells.values())
        for at, cell in enumerate(cells):
            if at % self._columns:
                box = cell.geometry()
                painter.fillRect(
                    box.left() - GAP // 2, box.top() + GAP_TINY, 1, box.height() - GAP_SMALL, self.scheme.tokens.border
                )
        painter.end()
