"""Who else ends programs here: everybody with state and condition, where two clash, and what is safe to change by one click."""

from PySide6.QtCore import QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from guardian.adapters.killer_scene import look_at_killers
from guardian.model.killer_scene import KillerScene
from guardian.policy.acts import PinOrder
from guardian.policy.killer_findings import Finding, KillerRow, findings, killer_rows, plan_words
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.sampling.sample import Sample
from guardian.sampling.snapshot import Snapshot
from guardian.ui.button import ActButton, Link
from guardian.ui.card import HeadedCard, Separator
from guardian.ui.mark import Mark
from guardian.ui.plain_scroll import PlainScroll
from guardian.ui.scheme import Scheme
from guardian.ui.side_thread import SideThread
from guardian.ui.tokens import GAP, GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole, text_scale
from guardian.ui.words import ElidedWords, Words

_EACH_SECONDS = 15.0
_WHO = 130


class KillerLooker(QObject):
    """Looks at the scene in the thread it was moved to; `looked` brings a KillerScene."""

    looked = Signal(object)

    def __init__(self, root: str) -> None:
        super().__init__()
        self._root = root

    @Slot(object)
    def look(self, sample: Sample) -> None:
        """Make the scene of a sample; managers are asked for some units."""
        self.looked.emit(look_at_killers(sample, self._root))


class KillerTable(QWidget):
    """Who, state and condition of each killer; a condition takes as many lines as it needs."""

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self.rows: tuple[KillerRow, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(GAP_TINY)
        self._grid.setColumnStretch(2, 1)
        self.setAccessibleName(_("Who else ends programs here"))

    def show_rows(self, rows: tuple[KillerRow, ...]) -> None:
        """Show these rows; the same ones stay as they are."""
        if rows == self.rows:
            return
        self.rows = rows
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for column, head in enumerate((_("Who"), _("State"), _("Acts when"))):
            self._grid.addWidget(Words(self._scheme, head, TextRole.COLUMN_HEAD, "text2"), 0, column)
        for at, row in enumerate(rows):
            self._grid.addWidget(Separator(self._scheme), 2 * at + 1, 0, 1, 3)
            self._add_row(2 * at + 2, row)

    def _add_row(self, at: int, row: KillerRow) -> None:
        quiet = "text" if row.there else "text3"
        who = ElidedWords(self._scheme, row.who, TextRole.BODY, quiet, middle=True)
        who.setFixedWidth(round(_WHO * text_scale()))
        acts = Words(self._scheme, row.acts_when, TextRole.NOTE, "text2" if row.there else "text3")
        acts.setWordWrap(True)
        acts.setAccessibleName(f"{row.who}, {row.state}: {row.acts_when}")
        for column, words in enumerate((who, Words(self._scheme, row.state, TextRole.BODY, quiet), acts)):
            self._grid.addWidget(words, at, column, Qt.AlignmentFlag.AlignVCenter)


class FindingView(QWidget):
    """One finding: its mark and headline, its text, and the act or the command that answers it."""

    fix_wanted = Signal(object)

    def __init__(self, scheme: Scheme, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.finding = finding
        self._scheme = scheme
        self.headline = Words(scheme, finding.headline, TextRole.HEADING)
        self.text = Words(scheme, finding.text, TextRole.BODY, "text2")
        down = QVBoxLayout()
        down.setSpacing(2)
        for words in (self.headline, self.text):
            self._let_wrap(words)
            down.addWidget(words)
        self.fix: ActButton | None = None
        self.copy: Link | None = None
        if finding.command is not None:
            down.addLayout(self._command_row(finding.command))
        if finding.wish is not None:
            down.addLayout(self._fix_row())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, GAP_SMALL // 2, 0, GAP_SMALL // 2)
        row.setSpacing(GAP_SMALL)
        row.addWidget(Mark(scheme, finding.state, drop=1), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(down, 1)
        self.setAccessibleName(f"{finding.headline} {finding.text}")

    def _let_wrap(self, words: Words) -> None:
        words.setWordWrap(True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def _command_row(self, command: str) -> QHBoxLayout:
        words = Words(self._scheme, command, TextRole.BODY)
        self._let_wrap(words)
        words.setAccessibleName(_("Command: {command}").format(command=command))
        self.copy = Link(self._scheme, _("Copy"))
        self.copy.setAccessibleDescription(command)
        self.copy.clicked.connect(self._copy)
        row = QHBoxLayout()
        row.setSpacing(GAP_SMALL)
        row.addWidget(words, 1)
        row.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _fix_row(self) -> QHBoxLayout:
        wish = self.finding.wish
        assert wish is not None
        self.fix = ActButton(self._scheme, _("Let it survive"))
        words = plan_words(wish)
        self.fix.setAccessibleDescription(f"{printable(wish.unit)}: {words}")
        self.fix.clicked.connect(self._ask)
        note = Words(self._scheme, words, TextRole.NOTE, "text2")
        note.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(GAP_SMALL)
        row.addWidget(self.fix)
        row.addWidget(note, 1)
        return row

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.finding.command or "")

    @Slot()
    def _ask(self) -> None:
        self.fix_wanted.emit(self.finding)


class KillerClashCard(HeadedCard):
    """Everybody who ends programs here, and the findings.

    `ordered` brings a PinOrder for a unit, to be carried out by the desk.  It looks by itself, at the samples it is given.
    """

    ordered = Signal(object)
    _look_wanted = Signal(object)

    def __init__(self, scheme: Scheme, root: str = "/", parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Who else ends programs here"), "", parent)
        self.scene: KillerScene | None = None
        self._told: tuple[Finding, ...] = ()
        self._looking = False
        self._looked_at = float("-inf")
        self.table = KillerTable(scheme)
        self.views: list[FindingView] = []
        self._waiting = Words(scheme, _("Measuring"), TextRole.BODY, "text2")
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, GAP_SMALL, 0)
        self._list.setSpacing(GAP_SMALL // 2)
        self._list.addWidget(self._waiting)
        self._list.addStretch(1)
        self.body.addWidget(self.table)
        self.body.addWidget(Separator(scheme))
        self.body.addWidget(_scrolled(inside), 1)
        self._worker = KillerLooker(root)
        self._worker.looked.connect(self.show_scene)
        self._look_wanted.connect(self._worker.look)
        self._side = SideThread(self._worker, "killers", self)
        self.stop = self._side.stop

    def sizeHint(self) -> QSize:
        return QSize(404, 392)

    # Looking

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take a sample in; the scene is made anew now and then, and at once after `reload`."""
        sample = snapshot.sample
        due = sample.monotonic - self._looked_at >= _EACH_SECONDS
        if self._looking or not due or sample.processes is None or not self.isVisible():
            return
        self._looking, self._looked_at = True, sample.monotonic
        self._side.start()
        self._look_wanted.emit(sample)

    @Slot()
    def reload(self) -> None:
        """Look at the next sample, whatever was seen before."""
        self._looked_at = float("-inf")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reload()

    # Showing

    @Slot(object)
    def show_scene(self, scene: KillerScene) -> None:
        """Show a scene; findings that are still the same stay as they are."""
        self._looking = False
        self.scene = scene
        self.table.show_rows(killer_rows(scene))
        told = findings(scene)
        if told == self._told:
            return
        self._told = told
        self._waiting.hide()
        for view in self.views:
            self._list.removeWidget(view)
            view.deleteLater()
        self.views = [FindingView(self.scheme, finding) for finding in told]
        for at, view in enumerate(self.views):
            view.fix_wanted.connect(self._order)
            self._list.insertWidget(at, view)

    @Slot(object)
    def _order(self, finding: Finding) -> None:
        if finding.wish is not None:
            self.ordered.emit(PinOrder(printable(finding.wish.unit), (), None, unit=finding.wish))
            self.reload()

    def set_busy(self, *, busy: bool) -> None:
        """Offer no act while one is being carried out."""
        for view in self.views:
            if view.fix is not None:
                view.fix.setEnabled(not busy)


def _scrolled(inside: QWidget) -> PlainScroll:
    scroll = PlainScroll(inside, takes_focus=True)
    scroll.setAccessibleName(_("Clashes and what to do"))
    scroll.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    return scroll
