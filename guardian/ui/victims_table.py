"""The card of the table on page Victims: the view, what it remembers, and what it says when there is nothing to show."""

import json
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from guardian.fields import BY_NAME, NO_EXTRAS, Extras
from guardian.kernel.process import ProcessKey
from guardian.model.killers import OomdRank
from guardian.model.origin import origin_of_adjustment
from guardian.protocol.i18n import _, ngettext, sentences
from guardian.protocol.printable import printable
from guardian.sampling.live import CGROUP_SECONDS
from guardian.sampling.snapshot import Snapshot
from guardian.ui.button import Link
from guardian.ui.card import Card
from guardian.ui.columns import DEFAULT_SORT, default_columns
from guardian.ui.origin_panel import ancestors_of
from guardian.ui.process_model import ProcessModel
from guardian.ui.process_reader import ReadingThread
from guardian.ui.process_tree import Arrangement
from guardian.ui.process_view import ProcessView
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP, GAP_SMALL
from guardian.ui.type_scale import TextRole
from guardian.ui.victims_filter import VictimsFilter
from guardian.ui.window_memory import WindowMemory
from guardian.ui.words import Words

_OOMD_COLUMNS = frozenset(("oomd_swap_rank", "oomd_pressure_rank"))


class VictimsTable(Card):
    """Table, empty state and the note on what may not be read; `clear_asked` wants the search to be cleared."""

    clear_asked = Signal()

    def __init__(self, scheme: Scheme, memory: WindowMemory, thread: ReadingThread, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self._memory, self._thread = memory, thread
        self._extras: dict[ProcessKey, Extras] = {}
        self._asked: set[ProcessKey] = set()
        self._ranked_at = float("-inf")
        self.model = ProcessModel(self)
        self.view = ProcessView(scheme, self.model)
        self.note = Words(scheme, "", TextRole.NOTE, "text2")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(GAP_SMALL, 0, GAP_SMALL, 0)
        self.note.hide()
        self._empty_words = Words(scheme, _("Measuring…"), TextRole.BODY, "text2")
        self._clear = Link(scheme, _("Clear search"))
        self._clear.clicked.connect(self.clear_asked)
        self._stack = QStackedWidget()
        self._lay_out()
        self._recall()
        self.view.sort_asked.connect(self._sort_by_click)
        self.view.columns.changed.connect(self._remember)
        thread.reader.commands_read.connect(self._learn_commands)
        thread.reader.boot_read.connect(self._learn_boot)
        thread.reader.oomd_ranked.connect(self._learn_oomd_ranks)

    def _lay_out(self) -> None:
        empty = QWidget()
        row = QHBoxLayout(empty)
        row.setContentsMargins(GAP, GAP, GAP, GAP)
        row.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        row.addWidget(self._empty_words)
        row.addWidget(self._clear)
        self._clear.hide()
        self._stack.addWidget(self.view)
        self._stack.addWidget(empty)
        self._stack.setCurrentIndex(1)
        # The frame's line stays visible round the table.
        self.body.setContentsMargins(1, 4, 1, 4)
        self.body.setSpacing(0)
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self.note)

    # What it remembers

    def _recall(self) -> None:
        names = tuple(name for name in self._memory.text("victims/columns").split(",") if name in BY_NAME)
        sort = self._memory.text("victims/sort", DEFAULT_SORT)
        falling = self._memory.text("victims/falling", "1") == "1"
        try:
            widths = json.loads(self._memory.text("victims/widths") or "{}")
        except ValueError:
            widths = {}
        if isinstance(widths, dict):
            self.view.columns.widths = {
                name: width for name, width in widths.items() if isinstance(width, int) and 16 <= width <= 2000
            }
        self.model.sort_by(sort if sort in BY_NAME else DEFAULT_SORT, descending=falling)
        self.view.columns.choose(names or default_columns())

    @Slot()
    def _remember(self) -> None:
        order = self.model.order
        self._memory.remember("victims/columns", ",".join(self.view.columns.names))
        self._memory.remember("victims/sort", order.sort)
        self._memory.remember("victims/falling", "1" if order.descending else "0")
        self._memory.remember("victims/widths", json.dumps(self.view.columns.widths))

    # What is shown

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow a snapshot."""
        self.model.show(snapshot)
        self._read_what_is_wanted()
        self._show_note(snapshot)
        self._show_emptiness()

    def set_filter(self, wanted: VictimsFilter) -> None:
        """Show only what is wanted."""
        self.model.set_filter(wanted)
        self._read_what_is_wanted()
        self._show_emptiness()

    def arrange(self, arrangement: Arrangement) -> None:
        """Lay the processes out anew."""
        self.model.arrange(arrangement)
        self.view.columns.show_sort()

    def sort_by(self, name: str, descending: bool) -> None:
        """Sort by a column and remember it."""
        self.model.sort_by(name, descending=descending)
        self.view.columns.show_sort()
        self._remember()

    @Slot(str)
    def _sort_by_click(self, name: str) -> None:
        order = self.model.order
        # Numbers begin with the largest, texts with the first letter; a second click turns round.
        falling = not order.descending if order.sort == name else BY_NAME[name].align != "left" and name != "rank"
        self.sort_by(name, falling)

    def choose_columns(self, names: tuple[str, ...]) -> None:
        """Show these columns and remember them; sorted by one that goes, the points decide again."""
        self.view.columns.choose(names)
        if self.model.order.sort not in names:
            self.model.sort_by(DEFAULT_SORT, descending=True)
        self.view.columns.show_sort()
        self._read_what_is_wanted()
        self._remember()

    def _show_emptiness(self) -> None:
        empty = self.model.rowCount() == 0
        text = self.model.order.wanted.text
        if self.model.snapshot is None:
            words = _("Measuring…")
        elif text:
            words = _("No process matches '{text}'.").format(text=printable(text))
        else:
            words = _("No process is of this kind.")
        self._empty_words.show_text(words)
        self._clear.setVisible(bool(text))
        self._stack.setCurrentIndex(1 if empty else 0)

    def _show_note(self, snapshot: Snapshot) -> None:
        rounded = sum(1 for victim in snapshot.victims if victim.process.memory is None and victim.rank is not None)
        hidden = snapshot.sample.unreadable
        words = ""
        if rounded:
            said = ngettext(
                "{count} process of another user: memory not readable. Points come from the kernel's rounded score.",
                "{count} processes of other users: memory not readable. Points come from the kernel's rounded score.",
                rounded,
            )
            words = said.format(count=rounded)
        if hidden:
            said = ngettext(
                "{count} process of another user is hidden from you (hidepid) and not in this list.",
                "{count} processes of other users are hidden from you (hidepid) and not in this list.",
                hidden,
            )
            words = sentences(words, said.format(count=hidden))
        self.note.show_text(words)
        self.note.setVisible(bool(words))

    # What is read besides the snapshots, and only when a column or a search asks for it

    def _read_what_is_wanted(self) -> None:
        snapshot = self.model.snapshot
        if snapshot is None:
            return
        names = self.view.columns.names
        if "command_line" in names or self.model.order.wanted.text:
            self._ask_for_commands(snapshot)
        if "started" in names and self.model.surroundings.boot_time is None:
            self._thread.start()
            self._thread.boot_asked.emit()
        if "origin" in names:
            self._learn_origins(snapshot)
        if _OOMD_COLUMNS.intersection(names) and any(one.version == 2 for one in snapshot.sample.cgroups or ()):
            self._ask_for_oomd_ranks(snapshot)

    def _ask_for_oomd_ranks(self, snapshot: Snapshot) -> None:
        # Cgroups are read no oftener, so their order cannot change before.
        if snapshot.sample.monotonic - self._ranked_at >= CGROUP_SECONDS:
            self._ranked_at = snapshot.sample.monotonic
            self._thread.start()
            self._thread.oomd_asked.emit(snapshot)

    @Slot(object)
    def _learn_oomd_ranks(self, ranks: Mapping[ProcessKey, OomdRank]) -> None:
        bare = {key: extras._replace(oomd_swap_rank=None, oomd_pressure_rank=None) for key, extras in self._extras.items()}
        found = {key: extras for key, extras in bare.items() if extras != NO_EXTRAS}
        for key, rank in ranks.items():
            extras = found.get(key, NO_EXTRAS)
            found[key] = extras._replace(oomd_swap_rank=rank.swap, oomd_pressure_rank=rank.pressure)
        if found != self._extras:
            self._extras = found
            self.model.learn(extras=found)

    def _ask_for_commands(self, snapshot: Snapshot) -> None:
        keys = {victim.process.key for victim in snapshot.victims if not victim.process.kernel_thread}
        new = keys - self._asked
        self._asked &= keys
        if new:
            self._asked |= new
            self._thread.start()
            self._thread.commands_asked.emit(tuple(new))

    @Slot(object)
    def _learn_commands(self, commands: Mapping[ProcessKey, str]) -> None:
        snapshot = self.model.snapshot
        living = {victim.process.key for victim in snapshot.victims} if snapshot is not None else set()
        kept = {key: extras for key, extras in self._extras.items() if key in living}
        for key, command in commands.items():
            kept[key] = kept.get(key, NO_EXTRAS)._replace(command_line=command or None)
        self._extras = kept
        self.model.learn(extras=kept)
        self._show_emptiness()

    def _learn_origins(self, snapshot: Snapshot) -> None:
        by_pid = {victim.process.pid: victim.process for victim in snapshot.victims}
        found = dict(self._extras)
        for victim in snapshot.victims:
            process = victim.process
            if process.oom_score_adj and found.get(process.key, NO_EXTRAS).origin is None:
                sentence = origin_of_adjustment(process, ancestors_of(process, by_pid)).sentence
                found[process.key] = found.get(process.key, NO_EXTRAS)._replace(origin=sentence)
        if found != self._extras:
            self._extras = found
            self.model.learn(extras=found)

    @Slot(float)
    def _learn_boot(self, time: float) -> None:
        self.model.learn(boot_time=time)
