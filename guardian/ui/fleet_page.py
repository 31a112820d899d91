"""Page Fleet: other machines through a Prometheus server, most endangered first, and the chosen one below."""

import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from guardian.policy.fleet import Machine, MachinePage
from guardian.policy.fleet_queries import Cursor
from guardian.policy.fleet_words import answering_words
from guardian.policy.server_address import ServerChoice
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.ui.card import Card
from guardian.ui.fleet_bar import FleetFoot, FleetHead
from guardian.ui.fleet_detail import FleetDetail
from guardian.ui.fleet_export import write_fleet
from guardian.ui.fleet_model import FleetModel
from guardian.ui.fleet_notice import ServerCard, StaleNotice
from guardian.ui.fleet_reader import FleetThread, PageWanted
from guardian.ui.fleet_table import FleetTable
from guardian.ui.page import Page, PageStatus
from guardian.ui.scheme import Scheme
from guardian.ui.text import format_clock
from guardian.ui.tokens import CARD_GAP, GAP_SMALL, PAGE_MARGIN
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_TYPED_MS = 300
_SOON_SECONDS = 5.0
# What may pass by itself.  A login is not tried again and again, nor is a locked keyring asked to open.
_TRIED_AGAIN = frozenset(("unreachable", "answer", "missing"))


class FleetPage(Page):
    """Head, table, legend and detail, or what is missing; `path` is the settings' file, None for the user's own.

    Asks only while it is in sight, and one question at a time.
    """

    def __init__(self, scheme: Scheme, path: str | None = None, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Fleet"), parent)
        self.shown: MachinePage | None = None
        self.choice: ServerChoice | None = None
        self._number = 0
        self._paused = False
        self._came_at: float | None = None
        self._silent_since: float | None = None
        # Where the pages before this one began, and where this one does.
        self._trail: list[tuple[Cursor | None, int]] = []
        self._place: tuple[Cursor | None, int] = (None, 0)
        self.thread_of_fleet = FleetThread(path, self)
        self.head, self.foot = FleetHead(scheme), FleetFoot(scheme)
        self.model = FleetModel(self)
        self.table = FleetTable(scheme, self.model)
        self.detail = FleetDetail(scheme)
        self.server, self.stale = ServerCard(scheme), StaleNotice(scheme)
        self.nothing = Words(scheme, "", TextRole.BODY, "text2")
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self.refresh)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(_TYPED_MS)
        self._typed.timeout.connect(self._search)
        self._lay_out()
        self._connect()
        self._show_machines(shown=False)
        self.server.say_no_server()

    def _lay_out(self) -> None:
        framed = Card(self.scheme)
        framed.body.setContentsMargins(1, 1, 1, 1)
        framed.body.addWidget(self.table)
        framed.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        machines = QWidget()
        column = QVBoxLayout(machines)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(CARD_GAP)
        column.addWidget(self.nothing)
        column.addWidget(framed, 1)
        column.addWidget(self.foot)
        column.addWidget(self.detail)
        column.addStretch(0)
        self.nothing.hide()
        missing = QWidget()
        alone = QVBoxLayout(missing)
        alone.setContentsMargins(0, 0, 0, 0)
        alone.addWidget(self.server)
        alone.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(machines)
        self._stack.addWidget(missing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN - GAP_SMALL // 2, PAGE_MARGIN, CARD_GAP)
        layout.setSpacing(GAP_SMALL)
        layout.addWidget(self.head)
        layout.addWidget(self.stale)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        reader = self.thread_of_fleet.reader
        reader.server_named.connect(self._take_choice)
        reader.page_read.connect(self._take)
        reader.failed.connect(self._take_failure)
        reader.minutes_read.connect(self.detail.show_minutes)
        reader.server_kept.connect(self._take_kept)
        self.server.server_wanted.connect(self._keep_server)
        self.server.again_wanted.connect(self.refresh)
        self.stale.again_wanted.connect(self.refresh)
        self.stale.login_wanted.connect(self._ask_login)
        self.head.search_changed.connect(self._typed.start)
        self.head.export_clicked.connect(self.export)
        self.foot.step_wanted.connect(self.step)
        self.table.chosen.connect(self._show_machine)
        self.table.minutes_asked.connect(self.show_minutes)
        self.table.order_held.connect(self._say_held)
        self.table.pause_asked.connect(self._turn_pause)
        self.detail.minutes_wanted.connect(self.show_minutes)
        for sequence, act in (
            ("Ctrl+F", self.start_search),
            ("Esc", self.step_back),
            ("Ctrl+PgDown", self._step_on),
            ("Ctrl+PgUp", self._step_back_page),
        ):
            shortcut = QShortcut(QKeySequence(sequence), self, act)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # Asking

    @Slot()
    def refresh(self) -> None:
        """Ask for the page in sight."""
        self._again.stop()
        if not self.isVisible():
            return
        self._number += 1
        cursor, before = self._place
        self.thread_of_fleet.ask_page(PageWanted(self._number, cursor, before, self.head.search.text().strip()))

    def _ask_later(self) -> None:
        seconds = self.choice.refresh if self.choice is not None else 15.0
        if self.isVisible() and not self._paused:
            self._again.start(round(seconds * 1000))

    @Slot()
    def _search(self) -> None:
        self._trail, self._place = [], (None, 0)
        self.refresh()

    @Slot(int)
    def step(self, step: int) -> None:
        """Go to the next page of machines (+1), or to the one before (−1)."""
        if step > 0 and self.shown is not None and self.shown.following is not None:
            self._trail.append(self._place)
            self._place = (self.shown.following, self.shown.before + len(self.shown.machines))
        elif step < 0 and self._trail:
            self._place = self._trail.pop()
        else:
            return
        self.refresh()

    @Slot()
    def _step_on(self) -> None:
        self.step(1)

    @Slot()
    def _step_back_page(self) -> None:
        self.step(-1)

    @Slot(object)
    def _keep_server(self, wanted: object) -> None:
        self.thread_of_fleet.start()
        self.thread_of_fleet.server_asked.emit(wanted)

    @Slot(str)
    def _take_kept(self, complaint: str) -> None:
        self.server.complain(complaint)
        if not complaint:
            self._search()

    # Answers

    @Slot(object)
    def _take_choice(self, choice: ServerChoice | None) -> None:
        if self.choice is not None and (choice is None or choice.address != self.choice.address):
            self._forget()
        self.choice = choice
        if choice is None:
            self._show_machines(shown=False)
            self.server.say_no_server()
            self.server.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.shown is None and self.server.again.isHidden():
            self.server.say_asking(choice.address.shown)

    def _forget(self) -> None:
        """Another server knows nothing of this one's machines."""
        self.shown = self._came_at = self._silent_since = None
        self._trail, self._place = [], (None, 0)
        self.stale.say("")
        self._show_machines(shown=False)

    @Slot(int, object)
    def _take(self, number: int, page: MachinePage) -> None:
        if number != self._number:
            return
        self._came_at, self._silent_since = time.time(), None
        if not page.machines and self._trail:
            # Fewer machines than before: the page is gone.
            self._search()
            return
        first, self.shown = self.shown is None, page
        self.stale.say("")
        self.table.fade(faded=False)
        self.head.show_page(page)
        self.foot.show_page(page)
        self.table.show_page(page)
        search = self.head.search.text().strip()
        self.nothing.show_text(_("No machine matches '{text}'.").format(text=printable(search)) if not page.machines else "")
        self.nothing.setVisible(not page.machines)
        self._show_machines(shown=True)
        if first:
            self._begin_in_table()
        self._ask_later()

    @Slot(int, str, str)
    def _take_failure(self, number: int, kind: str, text: str) -> None:
        if number != self._number:
            return
        if kind in _TRIED_AGAIN:
            self._ask_later()
        if self.shown is None or kind == "missing":
            self.shown = None
            self._show_machines(shown=False)
            self.server.say_trouble(kind, text, self._address())
            return
        if self._silent_since is None:
            self._silent_since = self._came_at or time.time()
        server = self.choice.address.shown if self.choice is not None else ""
        since = format_clock(self._silent_since)
        if kind == "unreachable":
            words = _("{server} does not answer since {time}. Values below are from then.")
            self.stale.say(words.format(server=server, time=since), text)
        else:
            asks_login = kind in {"login", "keyring"}
            self.stale.say(text, _("Values below are from {time}.").format(time=since), login=asks_login)
        self.table.fade(faded=True)

    def _address(self) -> str:
        """The server's address as it is typed."""
        address = self.choice.address if self.choice is not None else None
        return f"{address.scheme}://{address.shown}{address.path}" if address is not None else ""

    @Slot()
    def _ask_login(self) -> None:
        text = self.stale.words.text()
        self._forget()
        self.server.say_trouble("login", text, self._address())
        self.server.secret.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_machines(self, *, shown: bool) -> None:
        self._stack.setCurrentIndex(0 if shown else 1)
        if not shown:
            self.head.show_page(None)

    # The chosen machine

    @Slot(object)
    def _show_machine(self, machine: Machine | None) -> None:
        self.detail.show_machine(machine, self.model.asked)

    @Slot()
    def show_minutes(self) -> None:
        """Show the chosen machine's minutes before its last kill, or what it does now."""
        machine = self.table.current_machine()
        if machine is None:
            return
        if self.detail.shows_minutes:
            self.detail.back_to_now()
        elif machine.last_kill is None:
            self.detail.show_minutes(machine, None)
        else:
            self.thread_of_fleet.start()
            self.thread_of_fleet.minutes_asked.emit(machine, self.model.asked)

    # Keys and states

    @Slot()
    def start_search(self) -> None:
        """Put the cursor into the search field."""
        self.head.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.head.search.selectAll()

    @Slot()
    def step_back(self) -> None:
        """Clear the search, or leave the minutes before a kill, or go back to the table."""
        if self.head.search.text():
            self.head.search.clear()
        elif self.detail.shows_minutes:
            self.detail.back_to_now()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(bool)
    def _say_held(self, held: bool) -> None:
        self.status_said.emit(_("Order held") if held else "")

    @Slot()
    def _turn_pause(self) -> None:
        self.set_paused(not self._paused)

    def set_paused(self, paused: bool) -> None:
        self._paused = paused
        self.status_said.emit(_("Paused") if paused else "")
        if paused:
            self._again.stop()
        else:
            self.refresh()

    def measure_now(self) -> None:
        self.refresh()

    def status(self) -> PageStatus | None:
        if self.choice is None or self.shown is None:
            return None
        every = _("every {count} s").format(count=f"{self.choice.refresh:g}")
        age = None if self._came_at is None else max(0.0, time.time() - self._came_at)
        return PageStatus(f"{self.choice.address.shown} · {every}", answering_words(self.shown), age)

    # Export

    def export(self) -> None:
        """Write the machines in sight into a file of the user's choice."""
        if self.shown is None:
            return
        filters = _("Table (*.csv)") + ";;" + _("Values by name (*.json)")
        chosen, kind = QFileDialog.getSaveFileName(self, _("Export"), "fleet.csv", filters)
        if chosen:
            path = Path(chosen)
            self.export_to(path if path.suffix else path.with_suffix(".json" if "json" in kind else ".csv"))

    def export_to(self, path: Path) -> bool:
        """Write what the table shows; a failure is said with its reason, and False."""
        assert self.shown is not None
        server = self.choice.address.shown if self.choice is not None else ""
        try:
            write_fleet(path, self.shown, server)
        except OSError as error:
            said = _("Not saved: {reason}. Choose another folder.").format(reason=error.strerror or error)
            QMessageBox(QMessageBox.Icon.Warning, self.title, said, QMessageBox.StandardButton.Ok, self).open()
            return False
        self.status_said.emit(_("Saved: {path}").format(path=path))
        return True

    # The page itself

    def panes(self) -> tuple[QWidget, ...]:
        if self.shown is None:
            return (self.server,)
        return (self.head, self.table, self.foot, self.detail)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._came_at is None or time.time() - self._came_at > _SOON_SECONDS:
            QTimer.singleShot(0, self, self.refresh)
        else:
            self._ask_later()
        QTimer.singleShot(0, self, self._begin_in_table)

    @Slot()
    def _begin_in_table(self) -> None:
        if self.head.search.hasFocus() and not self.head.search.text() and self.shown is not None:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        self._again.stop()
        super().hideEvent(event)

    def fit(self, *, narrow: bool) -> None:
        self.head.set_narrow(narrow=narrow)
        self.table.set_narrow(narrow=narrow)
        self.detail.set_narrow(narrow=narrow)
