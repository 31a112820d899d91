"""The bar above the table of processes: search, filters, counts, pause, export, more."""

import os

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from guardian.protocol.i18n import _, ngettext
from guardian.ui.button import ActButton, Look
from guardian.ui.inputs import Chooser, SearchField
from guardian.ui.process_tree import Arrangement
from guardian.ui.scheme import Scheme
from guardian.ui.text import format_count
from guardian.ui.tokens import GAP_SMALL
from guardian.ui.type_scale import TextRole
from guardian.ui.victims_filter import VictimsFilter
from guardian.ui.words import ElidedWords


class VictimsBar(QWidget):
    """What is looked for and how; `filter_changed`, `arrangement_changed` tell of choices, the others of buttons."""

    filter_changed = Signal(object)
    arrangement_changed = Signal(object)
    pause_clicked = Signal()
    export_clicked = Signal()
    more_clicked = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Search and filters"))
        self.search = SearchField(scheme, _("Name, PID, user, unit…"), "Ctrl+F")
        self.search.setAccessibleName(_("Search processes"))
        self.search.setAccessibleDescription(_("Name, PID, user, unit or command line"))
        self.search.setMinimumWidth(120)
        self.search.setMaximumWidth(232)
        self.users = Chooser(scheme, _("Whose processes"), [(_("All users"), None), (_("My processes"), os.getuid())])
        self.kinds = Chooser(scheme, _("Which processes"), [(_("All processes"), False), (_("Can be ended"), True)])
        self.arrangement = Chooser(scheme, _("Arrangement"), [(_(each.value), each) for each in Arrangement])
        self.counts = ElidedWords(scheme, "", TextRole.NOTE, "text2")
        self.counts.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self.pause = ActButton(scheme, "", Look.PLAIN, "pause", _("Pause"))
        self.pause.setCheckable(True)
        self.export = ActButton(scheme, "", Look.PLAIN, "export", _("Export…"))
        self.more = ActButton(scheme, "", Look.PLAIN, "more", _("Columns and more"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP_SMALL)
        layout.addWidget(self.search, 3)
        for chooser in (self.users, self.kinds, self.arrangement):
            layout.addWidget(chooser)
        layout.addWidget(self.counts, 2)
        buttons = QHBoxLayout()
        # The buttons' own room for their focus rings is gap enough.
        buttons.setSpacing(0)
        for button in (self.pause, self.export, self.more):
            buttons.addWidget(button)
        layout.addLayout(buttons)
        self.search.textChanged.connect(self._filter)
        self.users.currentIndexChanged.connect(self._filter)
        self.kinds.currentIndexChanged.connect(self._filter)
        self.arrangement.currentIndexChanged.connect(self._arrange)
        self.pause.clicked.connect(self.pause_clicked)
        self.export.clicked.connect(self.export_clicked)
        self.more.clicked.connect(self.more_clicked)

    @property
    def wanted(self) -> VictimsFilter:
        """What is looked for."""
        return VictimsFilter(self.search.text().strip(), self.users.currentData(), bool(self.kinds.currentData()))

    def show_counts(self, total: int, killable: int, shown: int | None) -> None:
        """How many there are, can be ended, and (with a filter) are shown."""
        if shown is None:
            words = ngettext("{count} process, {killable} can be ended", "{count} processes, {killable} can be ended", total)
        else:
            words = ngettext("{shown} of {count} process", "{shown} of {count} processes", total)
        said = words.format(
            count=format_count(total), killable=format_count(killable), shown=format_count(shown if shown is not None else total)
        )
        self.counts.show_text(said)

    def show_paused(self, paused: bool) -> None:
        """Show the pause button pressed or not, under the name of what it does."""
        name = _("Go on") if paused else _("Pause")
        self.pause.setChecked(paused)
        self.pause.setAccessibleName(name)
        self.pause.setToolTip(name)

    def choose_arrangement(self, arrangement: Arrangement) -> None:
        """Choose an arrangement as if by hand."""
        self.arrangement.setCurrentIndex(list(Arrangement).index(arrangement))

    @Slot()
    def _filter(self) -> None:
        self.filter_changed.emit(self.wanted)

    @Slot()
    def _arrange(self) -> None:
        self.arrangement_changed.emit(self.arrangement.currentData())
