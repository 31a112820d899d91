"""Page Victims: every process in the order in which the kernel would end it, and why."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QVBoxLayout, QWidget

from guardian.kernel.process import ProcessKey
from guardian.protocol.i18n import _
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_desk import ActDesk
from guardian.ui.export import rows_as_text, write_export
from guardian.ui.page import Page
from guardian.ui.process_reader import ReadingThread
from guardian.ui.process_tree import Arrangement, LineId
from guardian.ui.scheme import Scheme
from guardian.ui.splitter import GapSplitter
from guardian.ui.tokens import CARD_GAP, PAGE_MARGIN
from guardian.ui.victims_bar import VictimsBar
from guardian.ui.victims_filter import VictimsFilter
from guardian.ui.victims_lower import VictimsLower
from guardian.ui.victims_menus import row_menu, table_menu
from guardian.ui.victims_table import VictimsTable
from guardian.ui.window_memory import WindowMemory

_TABLE_SHARE, _LOWER_SHARE = 356, 300
_SPLITTER = "victims/splitter"


class VictimsPage(Page):
    """The ranked table with, below it, the score, the what-if and the acts of the selection.

    `root` is where process files are read from; `desk` is where acts are ordered.  `measure_wanted` asks for a sample at once.
    """

    measure_wanted = Signal()

    def __init__(
        self,
        scheme: Scheme,
        memory: WindowMemory | None = None,
        desk: ActDesk | None = None,
        root: str = "/",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(scheme, _("Victims"), parent)
        self._memory = memory if memory is not None else WindowMemory()
        self._newest: Snapshot | None = None
        self._wanted_key: ProcessKey | None = None
        self._wanted_act: tuple[str, ProcessKey] | None = None
        self._left_at: LineId | None = None
        self._paused = False
        self.desk = desk if desk is not None else ActDesk(scheme, root, parent=self)
        self.reading = ReadingThread(root, self)
        self.bar = VictimsBar(scheme)
        self.table = VictimsTable(scheme, self._memory, self.reading)
        self.below = VictimsLower(scheme, self.reading, self.desk)
        self._splitter = GapSplitter(Qt.Orientation.Vertical)
        self._lay_out()
        self._connect()
        self._add_keys()
        name = self._memory.text("victims/arrangement", Arrangement.PROCESSES.name)
        self.bar.choose_arrangement(Arrangement.__members__.get(name, Arrangement.PROCESSES))
        self._explain()

    def _lay_out(self) -> None:
        self._splitter.addWidget(self.table)
        self._splitter.addWidget(self.below)
        self._splitter.setStretchFactor(0, _TABLE_SHARE)
        self._splitter.setStretchFactor(1, _LOWER_SHARE)
        self._splitter.setSizes([_TABLE_SHARE, _LOWER_SHARE])
        self._memory.restore_splitter(_SPLITTER, self._splitter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PAGE_MARGIN, PAGE_MARGIN - 4, PAGE_MARGIN, CARD_GAP)
        layout.setSpacing(CARD_GAP - 4)
        layout.addWidget(self.bar)
        layout.addWidget(self._splitter, 1)

    def _connect(self) -> None:
        view = self.table.view
        self.bar.filter_changed.connect(self._filter)
        self.bar.arrangement_changed.connect(self._arrange)
        self.bar.pause_clicked.connect(self.toggle_pause)
        self.bar.export_clicked.connect(self.export)
        self.bar.more_clicked.connect(self._show_table_menu)
        self.table.clear_asked.connect(self.clear_search)
        self.table.model.lines_changed.connect(self._show_counts)
        view.chosen.connect(self._explain)
        view.order_held.connect(self._say_state)
        view.details_asked.connect(self.show_details)
        view.pause_asked.connect(self.toggle_pause)
        view.menu_asked.connect(self._show_row_menu)
        view.copy_asked.connect(self.copy_rows)
        view.copy_pid_asked.connect(self.copy_pids)
        self.below.details.closed.connect(self._leave_details)
        self.below.acts.changed.connect(self.measure_wanted)
        self._splitter.splitterMoved.connect(self._keep_splitter)

    def _add_keys(self) -> None:
        acts: dict[str, Callable[[], None]] = {
            "Ctrl+F": self.start_search,
            "Esc": self.step_back,
            "Alt+Return": self.show_details,
            "Ctrl+Shift+C": self.copy_pids,
            "Ctrl+Shift+P": self.below.acts.protect,
            "Ctrl+Shift+S": self.below.acts.sacrifice,
            "Ctrl+Shift+F": self.below.acts.freeze,
            "Ctrl+Shift+L": self.below.acts.limit,
            "Ctrl+Shift+M": self.below.acts.swap_out,
            "Ctrl+T": self.below.acts.end,
            "Delete": self.below.acts.end,
            "Ctrl+K": self.below.acts.force_end,
            "Ctrl+Z": self.below.acts.undo,
        }
        for key, act in acts.items():
            shortcut = QShortcut(QKeySequence(key), self, act)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # What comes in

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._newest = self.desk.snapshot = snapshot
        if self._wanted_act is not None:
            self.act_on_process(*self._wanted_act)
        if self._paused:
            return
        first = self.table.model.snapshot is None
        self.table.show_snapshot(snapshot)
        if self._wanted_key is not None:
            self.show_process(self._wanted_key)
        elif first and self.table.model.rowCount():
            # Not selectRow: it would heed the Ctrl of the key that opened the page.
            self.table.view.choose(self.table.model.line(0).id)
        self._explain()

    def show_process(self, key: ProcessKey | None) -> None:
        """Select a process and bring it into view, whatever is looked for; before the first sample, once that is there."""
        self._wanted_key = None
        if key is None:
            return
        if self.table.model.snapshot is None:
            self._wanted_key = key
        elif not self.table.view.choose(key):
            self.bar.search.clear()
            self.bar.users.setCurrentIndex(0)
            self.bar.kinds.setCurrentIndex(0)
            self.bar.choose_arrangement(Arrangement.PROCESSES)
            self.table.view.choose(key)

    def act_on_process(self, name: str, key: ProcessKey) -> None:
        """Freeze, end or protect one process; before the first sample, once that is there."""
        self._wanted_act = None
        if self._newest is None or self._newest.sample.processes is None:
            self._wanted_act = (name, key)
            return
        found = [process for process in self._newest.sample.processes if process.key == key]
        if not found:
            self.below.acts.result.show_text(_("It has ended. Nothing was changed."))
        elif name == "freeze":
            self.desk.freeze_or_continue(found)
        elif name == "limit":
            self.desk.limit(found, self)
        elif name == "swap_out":
            self.desk.swap_out(found)
        elif name == "end":
            self.desk.end(found, self)
        elif name == "protect":
            self.desk.protect(found, self)

    def set_paused(self, paused: bool) -> None:
        if paused == self._paused:
            return
        self._paused = paused
        self.bar.show_paused(paused)
        self._say_state()
        if not paused and self._newest is not None:
            self.show_snapshot(self._newest)

    @Slot()
    def toggle_pause(self) -> None:
        """Hold all values, or let them go on."""
        self.set_paused(not self._paused)

    @Slot()
    def _say_state(self) -> None:
        held = self.table.view.is_held
        self.status_said.emit(_("Paused") if self._paused else _("Order held") if held else "")

    @Slot()
    def _explain(self) -> None:
        """Bring the lower part in step with selection and snapshot."""
        view = self.table.view
        self.below.show_lines(view.chosen_lines(), view.current_line(), self.table.model.snapshot)

    @Slot()
    def _show_counts(self) -> None:
        model = self.table.model
        snapshot = model.snapshot
        if snapshot is None:
            return
        total = len(snapshot.victims)
        killable = next((at for at, victim in enumerate(snapshot.victims) if victim.rank is None), total)
        self.bar.show_counts(total, killable, None if model.order.wanted.wants_all else model.matching)

    # Search, filters, arrangement

    @Slot(object)
    def _filter(self, wanted: VictimsFilter) -> None:
        current = self.table.view.current_line()
        if current is not None:
            self._left_at = current.id
        self.table.set_filter(wanted)
        # What a search took out of sight is selected again when it comes back.
        if self._left_at is not None and self.table.view.current_line() is None:
            self.table.view.choose(self._left_at)
        self._explain()

    @Slot(object)
    def _arrange(self, arrangement: Arrangement) -> None:
        self.table.arrange(arrangement)
        self._memory.remember("victims/arrangement", arrangement.name)
        self._explain()

    @Slot()
    def start_search(self) -> None:
        """Put the cursor into the search field."""
        self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.search.selectAll()

    @Slot()
    def clear_search(self) -> None:
        """Look for nothing any more."""
        self.bar.search.clear()
        self.table.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def step_back(self) -> None:
        """Clear the search, then leave the details."""
        if self.bar.search.text():
            self.clear_search()
        elif self.below.shows_details:
            self._leave_details()
        else:
            self.table.view.setFocus(Qt.FocusReason.OtherFocusReason)

    # Details, menus

    @Slot()
    def show_details(self) -> None:
        """Show what psutil knows of the selected process."""
        line, snapshot = self.table.view.current_line(), self.table.model.snapshot
        if line is not None and snapshot is not None:
            self.below.show_details(line, snapshot)

    @Slot()
    def _leave_details(self) -> None:
        self.below.leave_details()
        self.table.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(QPoint)
    def _show_row_menu(self, at: QPoint) -> None:
        if not self.table.view.chosen_lines():
            return
        acts: dict[str, Callable[[], None]] = {
            "details": self.show_details,
            "copy_row": self.copy_rows,
            "copy_pid": self.copy_pids,
            "protect": self.below.acts.protect,
            "sacrifice": self.below.acts.sacrifice,
            "reset": self.below.acts.reset,
            "freeze": self.below.acts.freeze,
            "limit": self.below.acts.limit,
            "swap_out": self.below.acts.swap_out,
            "end": self.below.acts.end,
            "force": self.below.acts.force_end,
            "undo": self.below.acts.undo,
        }
        self._open(row_menu(self, acts, self.below.acts.refusals()), at)

    @Slot()
    def _show_table_menu(self) -> None:
        order = self.table.model.order
        shown = self.table.view.columns.names
        menu = table_menu(self, shown, (order.sort, order.descending), self.table.choose_columns, self.table.sort_by)
        more = self.bar.more
        self._open(menu, more.mapToGlobal(QPoint(0, more.height())))

    def _open(self, menu: QMenu, at: QPoint) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.aboutToHide.connect(self._menu_closed)
        self.table.view.hold_for_menu(is_open=True)
        menu.popup(at)

    @Slot()
    def _menu_closed(self) -> None:
        self.table.view.hold_for_menu(is_open=False)

    # Copies and files

    @Slot()
    def copy_rows(self) -> None:
        """Put the selected rows on the clipboard as shown, columns parted by tabs."""
        cells = [
            [str(cell) for field, cell in zip(self.table.model.fields, cells, strict=True) if field.align != "bar"]
            for cells in self.table.view.chosen_cells()
        ]
        QGuiApplication.clipboard().setText(rows_as_text(cells))

    @Slot()
    def copy_pids(self) -> None:
        """Put the PIDs of the selected rows on the clipboard, one a line; of a group all its members'."""
        pids = [str(process.pid) for process in self.below.acts.chosen()]
        QGuiApplication.clipboard().setText("\n".join(pids))

    def export(self) -> None:
        if self.table.model.snapshot is None:
            return
        filters = _("Table (*.csv)") + ";;" + _("Values by name (*.json)")
        chosen, kind = QFileDialog.getSaveFileName(self, _("Export"), "victims.csv", filters)
        if chosen:
            path = Path(chosen)
            self.export_to(path if path.suffix else path.with_suffix(".json" if "json" in kind else ".csv"))

    def export_to(self, path: Path) -> bool:
        """Write what the table shows; a failure is said with its reason, and False."""
        model = self.table.model
        snapshot = model.snapshot
        assert snapshot is not None
        try:
            write_export(path, model.rows(), model.fields, snapshot.sample.time, snapshot.release)
        except OSError as error:
            words = _("Not saved: {reason}. Choose another folder.").format(reason=error.strerror or error)
            QMessageBox(QMessageBox.Icon.Warning, self.title, words, QMessageBox.StandardButton.Ok, self).open()
            return False
        self.status_said.emit(_("Saved: {path}").format(path=path))
        return True

    # The page itself

    def panes(self) -> tuple[QWidget, ...]:
        return (self.bar, self.table.view, *self.below.panes())

    @Slot()
    def _keep_splitter(self) -> None:
        self._memory.keep_splitter(_SPLITTER, self._splitter)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # The window has put the focus into the first field; in the table, arrows, Space and Enter mean something.
        QTimer.singleShot(0, self, self._begin_in_table)

    @Slot()
    def _begin_in_table(self) -> None:
        if self.bar.search.hasFocus() and not self.bar.search.text():
            self.table.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def fit(self, *, narrow: bool) -> None:
        self.below.set_narrow(narrow)
        self.table.view.columns.show_units(not narrow)
