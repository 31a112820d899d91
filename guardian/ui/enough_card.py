"""Step 1: would so much be granted?  A calculator with the answer of every mode, and how far the promises go."""

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from guardian.adapters.machine_settings import Standing
from guardian.model.commit import Commit
from guardian.model.overcommit import Grant, Machine
from guardian.model.verdict import State
from guardian.policy.enough import answer, gauge_words, limit_words
from guardian.protocol.i18n import _
from guardian.protocol.quantities import UNKNOWN, format_bytes, parse_bytes
from guardian.ui.inputs import TextField
from guardian.ui.mark import Mark
from guardian.ui.patterns import hatch_brush
from guardian.ui.scheme import Scheme
from guardian.ui.step_panels import ClosableCard
from guardian.ui.text_table import TextCell, TextColumn, TextModel, TextTable
from guardian.ui.tokens import BAR_HEIGHT, CURVE_LINE, GAP_SMALL
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_FIRST = "8 GiB"


class CommitGauge(QWidget):
    """The promises against the commit limit: a solid line where it is a wall, a dashed one where nothing holds to it."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self._commit: Commit | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Promises against the commit limit"))
        scheme.changed.connect(self._repaint)

    @Slot()
    def _repaint(self) -> None:
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, BAR_HEIGHT)

    def show_commit(self, commit: Commit) -> None:
        """Show the promises of a machine."""
        self.setAccessibleDescription(gauge_words(commit))
        if commit != self._commit:
            self._commit = commit
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, commit, painter = self._scheme.tokens, self._commit, QPainter(self)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.fillRect(box, tokens.layers[-1].fill)
        if commit is not None:
            most = max(commit.limit, commit.promised, 1) * 1.05
            painter.fillRect(QRectF(box.left(), box.top(), box.width() * commit.promised / most, box.height()),
                             hatch_brush(tokens, self.devicePixelRatioF()))  # fmt: skip
            x = box.left() + box.width() * commit.limit / most
            wall = commit.facts.mode == 2
            style = Qt.PenStyle.SolidLine if wall else Qt.PenStyle.DashLine
            painter.setPen(QPen(tokens.critical if wall else tokens.text, CURVE_LINE, style))
            painter.drawLine(round(x), 0, round(x), self.height())
        painter.setPen(QPen(tokens.control, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        painter.end()


class EnoughCard(ClosableCard):
    """Asks for a size and says what the kernel would; follows the machine while it is shown."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Would it be granted?"), "vm_enough_memory", parent)
        self._standing: Standing | None = None
        self.field = TextField(scheme, _("Size of one request"), 120)
        self.field.setText(_FIRST)
        self.mark = Mark(scheme, "", drop=2)
        self.verdict = Words(scheme, "", TextRole.HEADING)
        self.why = Words(scheme, "", TextRole.BODY, "text2")
        head = (TextColumn(_("Mode"), 0), TextColumn(_("Answer"), 120), TextColumn(_("At most"), 120, right=True))
        self.model = TextModel(head, self)
        self.table = TextTable(scheme, self.model, _("The answer in every mode"))
        self.gauge = CommitGauge(scheme)
        self.promised = Words(scheme, "", TextRole.NOTE, "text2")
        self.others = Words(scheme, "", TextRole.NOTE, "text2")
        ask = QHBoxLayout()
        ask.setSpacing(GAP_SMALL)
        ask.addWidget(Words(scheme, _("One request of"), TextRole.BODY, "text2"))
        ask.addWidget(self.field)
        ask.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        ask.addWidget(self.verdict, 1)
        self.body.addSpacing(GAP_SMALL)
        self.body.addLayout(ask)
        for words in (self.verdict, self.why, self.others, self.promised):
            words.setWordWrap(True)
        self.body.addWidget(self.why)
        self.body.addSpacing(GAP_SMALL)
        self.body.addWidget(self.table)
        self.body.addWidget(self.others)
        self.body.addSpacing(GAP_SMALL)
        self.body.addWidget(self.gauge)
        self.body.addWidget(self.promised)
        self.body.addStretch(1)
        self.field.textChanged.connect(self._show)

    def show_standing(self, standing: Standing) -> None:
        """Follow the machine."""
        self._standing = standing
        if self.isVisible():
            self._show()

    @property
    def _machine(self) -> Machine | None:
        return None if self._standing is None else self._standing.profile.machine

    @Slot()
    def _show(self) -> None:
        machine, standing = self._machine, self._standing
        if machine is None or standing is None:
            return
        try:
            size = parse_bytes(self.field.text())
        except ValueError as error:
            self.mark.show_shape(State.WARNING)
            self.verdict.show_text(_("That is no size."))
            self.why.show_text(str(error))
            return
        found = answer(size, machine, standing.caller)
        now = found.now
        text = _("{size} at once would be granted now.") if now.allowed else _("{size} at once would be refused now.")
        self.mark.show_shape("check" if now.allowed else State.WARNING)
        self.verdict.show_text(text.format(size=format_bytes(size)))
        self.why.show_text(_("{reason} It is {rule}.").format(reason=now.reason, rule=found.rule))
        self.model.show_rows([self._row(one, now=one.mode == now.mode) for one in found.modes])
        self.others.show_text("\n".join(one.reason for one in found.modes if one.mode != now.mode))
        self.gauge.show_commit(found.commit)
        self.promised.show_text(f"{gauge_words(found.commit)}\n{limit_words(found.commit)}")

    def _row(self, one: Grant, *, now: bool) -> tuple[TextCell, ...]:
        name = _("{mode}, now").format(mode=one.mode) if now else str(one.mode)
        limit = UNKNOWN if one.limit is None else format_bytes(one.limit, 1)
        said = TextCell(_("granted"), quiet=True) if one.allowed else TextCell(_("refused"), amiss=True, strong=False)
        return TextCell(name), said, TextCell(limit)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type] # QShowEvent, which the override need not name
        self._show()
