"""Asks before all acts of Guardian are taken back, and names them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from guardian.policy.acts import UndoOrder
from guardian.protocol.i18n import _, ngettext
from guardian.ui.ask_dialog import AskDialog
from guardian.ui.button import Look
from guardian.ui.scheme import Scheme
from guardian.ui.text import format_clock

_MOST = 8


class UndoDialog(AskDialog):
    """Names the newest acts; values that others set since stay."""

    def __init__(self, scheme: Scheme, order: UndoOrder, parent: QWidget | None = None) -> None:
        acts = order.acts
        words = ngettext("Undo {count} act of ours?", "Undo {count} acts of ours?", len(acts))
        super().__init__(scheme, words.format(count=len(acts)), _("Undo all"), Look.MAIN, parent)
        self._order = order
        lines = [f"{format_clock(act.time)}  {act.label}" for act in reversed(acts[-_MOST:])]
        if len(acts) > _MOST:
            lines.append(_("and {count} before").format(count=len(acts) - _MOST))
        self.say("\n".join(lines))
        self.say(
            _("Processes get what they had before the first of them; lasting plans are removed. What others set stays."), "text2"
        )
        self.setMinimumWidth(380)
        self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)

    def accept(self) -> None:
        self.ordered.emit(self._order)
        super().accept()
