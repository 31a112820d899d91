"""Asks how much memory a program's group may have, and says whom that holds back and what it means."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFormLayout, QWidget

from guardian.kernel.cgroup import MemoryCgroup
from guardian.kernel.process import Process
from guardian.policy.acts import LimitOrder
from guardian.policy.group_limit import LEAST_LIMIT, Place, members_of
from guardian.protocol.i18n import _, ngettext, sentences
from guardian.protocol.printable import printable
from guardian.protocol.quantities import GIB, MIB, format_bytes, parse_bytes
from guardian.sampling.snapshot import Snapshot
from guardian.ui.ask_dialog import AskDialog
from guardian.ui.button import Look
from guardian.ui.inputs import TextField
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_WIDTH = 128


class LimitDialog(AskDialog):
    """At most so much for the group of these programs; an empty field takes a limit away."""

    def __init__(
        self,
        scheme: Scheme,
        label: str,
        targets: Sequence[Process],
        place: Place,
        snapshot: Snapshot,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(scheme, _("Limit {name}").format(name=label), _("Limit"), Look.MAIN, parent)
        self._label, self._targets, self._place = label, tuple(targets), place
        sample = snapshot.sample
        group = next((one for one in sample.cgroups or () if one.path == place.path), None)
        members = members_of(place.path, sample.processes or ())
        self._limited = group is not None and group.high is not None
        held = held_by(group, members)
        self.say(group_words(label, targets, members, held, group.high if group is not None else None))
        self.field = TextField(scheme, _("At most"), _WIDTH)
        self.field.setText(_typed(held))
        self.field.setPlaceholderText(_("no limit"))
        word = Words(scheme, _("At most"), TextRole.BODY, "text2")
        word.setBuddy(self.field)
        form = QFormLayout()
        form.setHorizontalSpacing(GAP)
        form.addRow(word, self.field)
        self.body.addLayout(form)
        self.say(effect_words(swap=bool(sample.memory.swap_total)), "text2")
        self.say(_("It holds until you undo it, the program ends or the machine starts anew."), "text2")
        self.refusal = self.say("", "text", TextRole.NOTE)
        self.setMinimumWidth(420)
        # It can be taken back, so Enter is enough.
        self.act.setDefault(True)
        self.field.textChanged.connect(self._check)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.field.selectAll()
        self._check()

    @property
    def _wanted(self) -> int | None:
        """The bytes that are typed, None for no limit.  Raises ValueError."""
        text = self.field.text().strip()
        if not text:
            if not self._limited:
                raise ValueError(_("There is no limit to take away; write a size such as 512M or 2GiB"))
            return None
        size = parse_bytes(text)
        if size < LEAST_LIMIT:
            raise ValueError(_("At least {size} must be left to it").format(size=format_bytes(LEAST_LIMIT)))
        return size

    @Slot()
    def _check(self) -> None:
        try:
            wanted = self._wanted
        except ValueError as error:
            self.refusal.show_text(_("{sentence}.").format(sentence=str(error)))
            self.act.setEnabled(False)
        else:
            self.refusal.show_text("")
            self.act.setEnabled(True)
            self.act.setText(_("Limit") if wanted is not None else _("Take the limit away"))
            self.act.updateGeometry()
        self.refusal.setVisible(bool(self.refusal.text()))
        self.grow()

    def accept(self) -> None:
        try:
            wanted = self._wanted
        except ValueError:
            return
        self.ordered.emit(LimitOrder(self._label, self._targets, self._place, wanted))
        super().accept()


def held_by(group: MemoryCgroup | None, members: Sequence[Process]) -> int:
    """Bytes that a group is charged for now; where the kernel's count is not at hand, what its processes hold."""
    if group is not None and group.current is not None:
        return group.current
    return sum(one.memory.rss for one in members if one.memory is not None)


def group_words(label: str, targets: Sequence[Process], members: Sequence[Process], held: int, high: int | None) -> str:
    """Whom the limit holds back, what they hold, and the limit that there is."""
    keys = {one.key for one in targets}
    others = [one for one in members if one.key not in keys]
    size = format_bytes(held)
    if others:
        words = ngettext(
            "{name} and {count} other process of its group hold {size} together.",
            "{name} and {count} other processes of its group hold {size} together.",
            len(others),
        ).format(name=label, count=len(others), size=size)
        names = list(dict.fromkeys(printable(one.name) for one in others))[:4]
        more = "…" if len(names) < len({one.name for one in others}) else ""
        words = sentences(words, _("The others: {names}.").format(names=", ".join(names) + more))
    else:
        words = _("{name} is alone in its group, which holds {size}.").format(name=label, size=size)
    if high is not None:
        words = sentences(words, _("Its limit is {size} now.").format(size=format_bytes(high)))
    return words


def effect_words(*, swap: bool) -> str:
    """What happens above the limit."""
    if swap:
        return _("Above it the kernel slows them down and moves what they do not use to swap. Nobody is ended for it.")
    return _("Above it the kernel slows them down; without swap they all but stand still. Nobody is ended for it.")


def _typed(held: int) -> str:
    """What a group holds, a little rounded up, as a person would write it."""
    if held >= GIB:
        return f"{-(-held * 10 // GIB) / 10:.1f} GiB"
    return f"{max(LEAST_LIMIT // MIB, -(-held // (8 * MIB)) * 8)} MiB"
