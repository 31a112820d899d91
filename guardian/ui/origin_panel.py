"""Where the adjustment of the selected process comes from, and what can be done about it."""

import os
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from guardian.adapters.adjuster import SACRIFICE, Adjusted, Adjuster, NotAdjusted
from guardian.kernel.process import Process, ProcessKey
from guardian.model.origin import origin_of_adjustment
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.protocol.quantities import format_adjustment
from guardian.sampling.snapshot import Snapshot
from guardian.ui.button import RING, ActButton, Link, Look
from guardian.ui.card import HeadedCard, Separator
from guardian.ui.process_line import Line
from guardian.ui.scheme import Scheme
from guardian.ui.text import sentences
from guardian.ui.tokens import GAP_SMALL
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

LATER_ACTS = ("protect", "freeze", "limit", "end")


def later_words() -> str:
    """Why the other acts cannot be done."""
    return _("Protect, freeze, limit and end are not in this version yet.")


def ancestors_of(process: Process, by_pid: dict[int, Process]) -> tuple[Process, ...]:
    """Its parent, its parent's parent and so on, as far as they are in the sample."""
    found: list[Process] = []
    above = by_pid.get(process.ppid)
    while above is not None and above.key not in {one.key for one in found}:
        found.append(above)
        above = by_pid.get(above.ppid)
    return tuple(found)


def origin_sentence(process: Process, snapshot: Snapshot) -> str:
    """Where the adjustment of a process of the snapshot comes from."""
    by_pid = {victim.process.pid: victim.process for victim in snapshot.victims}
    return origin_of_adjustment(process, ancestors_of(process, by_pid)).sentence


class OriginPanel(HeadedCard):
    """The origin of an adjustment and the acts on the selection.

    `changed` tells that an adjustment was written, so that a new sample is worth taking.
    """

    changed = Signal()

    def __init__(self, scheme: Scheme, adjuster: Adjuster | None = None, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Where it comes from"), "", parent)
        self._adjuster = adjuster or Adjuster()
        self._lines: tuple[Line, ...] = ()
        self._undo: list[tuple[ProcessKey, int]] = []
        self.origin = _wrapped(scheme, "text2")
        self.reason = _wrapped(scheme, "text2")
        self.result = _wrapped(scheme, "text")
        self.buttons = {
            "protect": ActButton(scheme, _("Protect…"), Look.MAIN, "protect"),
            "sacrifice": ActButton(scheme, _("Sacrifice"), Look.PLAIN, "sacrifice"),
            "freeze": ActButton(scheme, _("Freeze"), Look.PLAIN, "freeze"),
            "limit": ActButton(scheme, _("Limit…"), Look.PLAIN, "limit"),
            "end": ActButton(scheme, _("End…"), Look.DANGER),
        }
        self._undo_link = Link(scheme, _("Undo"))
        self._undo_link.hide()
        self._lay_out(scheme)
        self.buttons["sacrifice"].clicked.connect(self.sacrifice)
        self._undo_link.clicked.connect(self.undo)
        self._show_acts()

    def _lay_out(self, scheme: Scheme) -> None:
        self.body.addWidget(self.origin)
        self.body.addWidget(Separator(scheme))
        grid = QGridLayout()
        # The buttons' own room for their focus rings reaches beyond the card's inner edge.
        grid.setContentsMargins(-RING, 0, -RING, 0)
        grid.setSpacing(0)
        for name, row, column, span in (
            ("protect", 0, 0, 2), ("sacrifice", 1, 0, 1), ("freeze", 1, 1, 1), ("limit", 2, 0, 1), ("end", 2, 1, 1),
        ):  # fmt: skip
            button = self.buttons[name]
            policy = button.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.MinimumExpanding)
            button.setSizePolicy(policy)
            grid.addWidget(button, row, column, 1, span)
        self.body.addLayout(grid)
        self.body.addWidget(self.reason)
        said = QHBoxLayout()
        said.setSpacing(GAP_SMALL)
        said.addWidget(self.result, 1)
        said.addWidget(self._undo_link, 0, Qt.AlignmentFlag.AlignBottom)
        self.body.addLayout(said)
        self.body.addStretch(1)

    # What is selected

    def show_lines(self, lines: Sequence[Line], current: Line | None, snapshot: Snapshot | None) -> None:
        """Show the origin of the current line's adjustment; acts go to all selected lines."""
        self._lines = tuple(lines)
        if current is None or snapshot is None:
            heading, sentence = _("Where it comes from"), _("Select a process to see where its adjustment comes from.")
        else:
            first = current.place.members[0] if current.place.members else current.victim
            adj = first.process.oom_score_adj
            heading = _("Where {value} comes from").format(value=format_adjustment(adj))
            sentence = _("It has ended.") if current.ended else origin_sentence(first.process, snapshot)
        self.heading.show_text(heading)
        self.origin.show_text(sentence)
        self._show_acts()

    def targets(self) -> tuple[Process, ...]:
        """The living processes that acts would go to; of a group all members."""
        found: dict[ProcessKey, Process] = {}
        for line in self._lines:
            if not line.ended:
                for victim in line.place.members or (line.victim,):
                    found[victim.process.key] = victim.process
        return tuple(found.values())

    def sacrifice_refusal(self) -> str:
        """Why the selection cannot be sacrificed; empty where it can."""
        targets = self.targets()
        if not targets:
            return _("Select a program that runs.")
        uid = os.geteuid()
        if any(process.kernel_thread or process.pid == 1 for process in targets):
            return _("The kernel never ends this process.")
        if uid != 0 and any(process.uid != uid for process in targets):
            return _("Only your own programs can be sacrificed without the helper.")
        if all(process.oom_score_adj == SACRIFICE for process in targets):
            return _("It is sacrificed already.")
        return ""

    def refusals(self) -> dict[str, str]:
        """Acts that cannot be done now, each with the reason."""
        found = dict.fromkeys(LATER_ACTS, later_words())
        if refusal := self.sacrifice_refusal():
            found["sacrifice"] = refusal
        if not self.can_undo:
            found["undo"] = ""
        return found

    def _show_acts(self) -> None:
        refusal = self.sacrifice_refusal()
        self.buttons["sacrifice"].setEnabled(not refusal)
        for name in LATER_ACTS:
            self.buttons[name].setEnabled(False)
        self.reason.show_text(sentences(refusal or _("Sacrifice needs no password."), later_words()))

    # Acts

    @Slot()
    def sacrifice(self) -> None:
        """Let the selected programs be ended first, and say what was read back."""
        if self.sacrifice_refusal():
            return
        self._act([(process.key, SACRIFICE) for process in self.targets()], undoing=False)

    @Slot()
    def undo(self) -> None:
        """Give back the adjustments from before the last act."""
        if self._undo:
            self._act(self._undo, undoing=True)

    def _act(self, wishes: Sequence[tuple[ProcessKey, int]], *, undoing: bool) -> None:
        done: list[Adjusted] = []
        refusals: list[str] = []
        for key, value in wishes:
            try:
                done.append(self._adjuster.adjust(key, value))
            except NotAdjusted as refusal:
                refusals.append(str(refusal))
        self._undo = [] if undoing else [(one.key, one.before) for one in done if one.before != one.now]
        self._undo_link.setVisible(bool(self._undo))
        self.result.show_text(sentences(held_words(done), *dict.fromkeys(refusals)))
        self.changed.emit()

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._undo)


def held_words(done: Sequence[Adjusted]) -> str:
    """What was read back after a write: "code: 2 processes now have +1000, read back from /proc."."""
    if not done:
        return ""
    names = " · ".join(dict.fromkeys(printable(one.name) for one in done))
    values = " · ".join(dict.fromkeys(format_adjustment(one.now) for one in done))
    if len(done) == 1:
        return _("{name} now has {value}, read back from /proc.").format(name=names, value=values)
    return _("{name}: {count} processes now have {value}, read back from /proc.").format(
        name=names, count=len(done), value=values
    )


def _wrapped(scheme: Scheme, colour: str) -> Words:
    words = Words(scheme, "", TextRole.NOTE, colour)
    words.setWordWrap(True)
    return words
