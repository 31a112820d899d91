"""Asks before programs are ended: which, what ends with them, and that unsaved work is lost."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from guardian.kernel.process import Process
from guardian.policy.acts import SignalOrder
from guardian.policy.applications import Group
from guardian.policy.protection import children_of, descendants
from guardian.protocol.i18n import _, ngettext
from guardian.protocol.printable import printable
from guardian.ui.ask_dialog import AskDialog, names_of
from guardian.ui.button import Look
from guardian.ui.scheme import Scheme


class EndDialog(AskDialog):
    """Cancel is chosen until the user chooses otherwise."""

    def __init__(
        self,
        scheme: Scheme,
        label: str,
        targets: Sequence[Process],
        processes: Sequence[Process],
        *,
        group: Group | None = None,
        forced: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        title = _("Force {name} to end?") if forced else _("End {name}?")
        act = _("Force end") if forced else _("End")
        super().__init__(scheme, title.format(name=label), act, Look.DANGER, parent)
        self._label, self._targets, self._group, self._forced = label, tuple(targets), group, forced
        self.words = tuple(self.say(text) for text in end_sentences(targets, processes, forced=forced))
        self.setMinimumWidth(380)
        self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)

    def accept(self) -> None:
        self.ordered.emit(SignalOrder(self._label, self._targets, "KILL" if self._forced else "TERM", self._group))
        super().accept()


def end_sentences(targets: Sequence[Process], processes: Sequence[Process], *, forced: bool) -> list[str]:
    """What is asked to end, what may end with it, and what is lost."""
    if len(targets) == 1:
        one = targets[0]
        first = _("{name} ({pid}) gets no chance to save.") if forced else _("{name} ({pid}) is asked to end.")
        found = [first.format(name=printable(one.name), pid=one.pid)]
    else:
        words = (
            ngettext("{count} process gets no chance to save.", "{count} processes get no chance to save.", len(targets))
            if forced
            else ngettext("{count} process is asked to end.", "{count} processes are asked to end.", len(targets))
        )
        found = [words.format(count=len(targets))]
    keys = {target.key for target in targets}
    with_it = [heir for heir in descendants(targets, children_of(processes)) if heir.key not in keys]
    if with_it:
        names = list(dict.fromkeys(printable(heir.name) for heir in with_it))
        words = ngettext(
            "{count} process that it started may end with it: {names}.",
            "{count} processes that it started may end with it: {names}.",
            len(with_it),
        )
        found.append(words.format(count=len(with_it), names=names_of(names)))
    found.append(_("Unsaved work is lost."))
    return found
