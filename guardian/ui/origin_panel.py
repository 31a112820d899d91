"""Where the adjustment of the selected process comes from, and what can be done about it."""

import os
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from guardian.kernel.process import Process, ProcessKey
from guardian.model.origin import origin_of_adjustment
from guardian.policy.act_words import done_words
from guardian.policy.acts import Done
from guardian.policy.applications import Group
from guardian.protocol.i18n import _, sentences
from guardian.protocol.quantities import format_adjustment
from guardian.sampling.snapshot import Snapshot
from guardian.ui.act_desk import ActDesk
from guardian.ui.button import RING, ActButton, Link, Look
from guardian.ui.card import HeadedCard, Separator
from guardian.ui.inputs import CheckField
from guardian.ui.plain_scroll import PlainScroll
from guardian.ui.process_line import Line
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_SMALL
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

# Acts that a machine may not offer at all; why stands in the menu and beside the button of a program that could use them.
_GROUP_ACTS = ("limit", "swap_out")


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
    """The origin of an adjustment and the acts on the selection, which the desk carries out.

    `changed` tells that something was written, so that a new sample is worth taking.
    """

    changed = Signal()

    def __init__(self, scheme: Scheme, desk: ActDesk, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Where it comes from"), "", parent)
        self._desk = desk
        self._lines: tuple[Line, ...] = ()
        self._group: Group | None = None
        self.origin = _wrapped(scheme, "text2")
        self.reason = _wrapped(scheme, "text2")
        self.result = _wrapped(scheme, "text")
        self.buttons = {
            "protect": ActButton(scheme, _("Protect…"), Look.MAIN, "protect"),
            "sacrifice": ActButton(scheme, _("Sacrifice"), Look.PLAIN, "sacrifice"),
            "freeze": ActButton(scheme, _("Freeze"), Look.PLAIN, "freeze"),
            "limit": ActButton(scheme, _("Limit…"), Look.PLAIN, "limit"),
            "end": ActButton(scheme, _("End…"), Look.DANGER),
            "swap_out": ActButton(scheme, _("Move unused to swap")),
        }
        self.whole = CheckField(scheme)
        self.whole.hide()
        self.whole.toggled.connect(self._show_acts)
        self._undo_link = Link(scheme, _("Undo"))
        self._undo_link.hide()
        self._lay_out(scheme)
        self.buttons["protect"].clicked.connect(self.protect)
        self.buttons["sacrifice"].clicked.connect(self.sacrifice)
        self.buttons["freeze"].clicked.connect(self.freeze)
        self.buttons["limit"].clicked.connect(self.limit)
        self.buttons["swap_out"].clicked.connect(self.swap_out)
        self.buttons["end"].clicked.connect(self.end)
        self._undo_link.clicked.connect(self.undo)
        desk.done.connect(self._show_done)
        desk.lingers.connect(self.result.show_text)
        desk.journal_changed.connect(self._show_acts)
        desk.busy_changed.connect(self._show_acts)
        self._show_acts()

    def _lay_out(self, scheme: Scheme) -> None:
        # Reasons may be long, letters large: what has no room is scrolled to.
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(RING, 0, RING, 0)
        column.setSpacing(self.body.spacing())
        column.addWidget(self.origin)
        column.addWidget(Separator(scheme))
        column.addWidget(self.whole)
        grid = QGridLayout()
        # The buttons' own room for their focus rings reaches beyond the card's inner edge.
        grid.setContentsMargins(-RING, 0, -RING, 0)
        grid.setSpacing(0)
        for name, row, place, span in (
            ("protect", 0, 0, 2), ("sacrifice", 1, 0, 1), ("freeze", 1, 1, 1), ("limit", 2, 0, 1), ("end", 2, 1, 1),
            ("swap_out", 3, 0, 2),
        ):  # fmt: skip
            button = self.buttons[name]
            policy = button.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.MinimumExpanding)
            button.setSizePolicy(policy)
            grid.addWidget(button, row, place, 1, span)
        column.addLayout(grid)
        column.addWidget(self.reason)
        said = QHBoxLayout()
        said.setSpacing(GAP_SMALL)
        said.addWidget(self.result, 1)
        said.addWidget(self._undo_link, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(said)
        column.addStretch(1)
        self.body.addWidget(PlainScroll(inside), 1)

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
        self._offer_whole()
        self._show_acts()

    def _offer_whole(self) -> None:
        """Offer the whole application where less of it is selected; the choice holds while that one is."""
        whole = self._desk.whole_of(self.chosen())
        if whole is not None and len(whole.processes) <= len(self.chosen()):
            whole = None
        group = whole.group if whole is not None else None
        if group != self._group:
            self._group = group
            self.whole.setChecked(False)
        self.whole.setVisible(whole is not None)
        if whole is not None:
            words = _("All {count} processes of {name}").format(count=len(whole.processes), name=whole.group.words)
            self.whole.show_words(words)

    def targets(self) -> tuple[Process, ...]:
        """The living processes that acts would go to: the chosen, or all of their application."""
        chosen = self.chosen()
        whole = self._desk.whole_of(chosen) if self.whole.isChecked() else None
        return chosen if whole is None else whole.processes

    def chosen(self) -> tuple[Process, ...]:
        """The living processes that are selected; of a group all members."""
        found: dict[ProcessKey, Process] = {}
        for line in self._lines:
            if not line.ended:
                for victim in line.place.members or (line.victim,):
                    found[victim.process.key] = victim.process
        return tuple(found.values())

    def refusals(self) -> dict[str, str]:
        """Acts that cannot be done now, each with the reason."""
        found = self._desk.refusals(self.targets())
        if not self.can_undo:
            found["undo"] = ""
        return found

    @Slot()
    def _show_acts(self) -> None:
        refusals, targets = self.refusals(), self.targets()
        for name, button in self.buttons.items():
            button.setEnabled(name not in refusals and not self._desk.busy)
        self.buttons["freeze"].setText(_("Continue") if self._desk.all_frozen(targets) else _("Freeze"))
        reasons = dict.fromkeys(reason for name, reason in refusals.items() if reason and name not in _GROUP_ACTS)
        foreign = os.geteuid() != 0 and any(process.uid != os.geteuid() for process in targets)
        usual = _("Another user's program: you will be asked for a password.") if foreign else _("Sacrifice needs no password.")
        groups = dict.fromkeys(refusals[name] for name in _GROUP_ACTS if name in refusals and refusals[name] not in reasons)
        self.reason.show_text(sentences(*(reasons or (usual,)), *groups))
        self._undo_link.setVisible(self.can_undo)

    # Acts

    @Slot()
    def protect(self) -> None:
        """Ask how the selected programs are to be protected."""
        if "protect" not in self.refusals():
            self._desk.protect(self.targets(), self)

    @Slot()
    def sacrifice(self) -> None:
        """Let the selected programs be ended first, and say what was read back."""
        if "sacrifice" not in self.refusals():
            self._desk.sacrifice(self.targets())

    @Slot()
    def reset(self) -> None:
        """Give the selected programs what they have by themselves."""
        if "reset" not in self.refusals():
            self._desk.reset(self.targets())

    @Slot()
    def freeze(self) -> None:
        """Freeze the selected programs, or let them go on."""
        self._desk.freeze_or_continue(self.targets())

    @Slot()
    def limit(self) -> None:
        """Ask how much the selected programs may have."""
        self._desk.limit(self.targets(), self)

    @Slot()
    def swap_out(self) -> None:
        """Move what the selected programs do not use to swap."""
        self._desk.swap_out(self.targets())

    @Slot()
    def end(self) -> None:
        """Ask, and end the selected programs."""
        self._desk.end(self.targets(), self)

    @Slot()
    def force_end(self) -> None:
        """Ask, and end the selected programs without giving them a chance to save."""
        self._desk.end(self.targets(), self, forced=True)

    @Slot()
    def undo(self) -> None:
        """Take the last act back."""
        self._desk.undo()

    @Slot(object)
    def _show_done(self, done: Done) -> None:
        self.result.show_text(done_words(done))
        self._show_acts()
        self.changed.emit()

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._desk.acts) and not self._desk.busy


def _wrapped(scheme: Scheme, colour: str) -> Words:
    words = Words(scheme, "", TextRole.NOTE, colour)
    words.setWordWrap(True)
    return words
