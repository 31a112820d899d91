"""The card of channels on page Settings: where alerts go beyond this machine, how each channel does, and the acts on them."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from guardian.adapters.channel_desk import ChannelDesk, ChannelState
from guardian.policy.channels import EVENTS, KINDS, MOST_CHANNELS, Channel, quiet_text
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.ui.ask_dialog import AskDialog
from guardian.ui.button import ActButton, Look
from guardian.ui.card import HeadedCard, Separator
from guardian.ui.channel_dialog import ChannelDialog
from guardian.ui.channel_keeper import ChannelThread
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP, GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_TITLES = dict(EVENTS)


class ChannelRow(QWidget):
    """One channel: its name, what goes there and how it does at the left, its acts at the right."""

    edit_asked = Signal(object)
    trial_asked = Signal(str)
    remove_asked = Signal(str)

    def __init__(self, scheme: Scheme, state: ChannelState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.channel = state.channel
        name = state.channel.name
        self.title = Words(scheme, name)
        self.about = Words(scheme, "", TextRole.NOTE, "text2")
        self.status = Words(scheme, "", TextRole.NOTE, "text2")
        for words in (self.about, self.status):
            words.setWordWrap(True)
        self.test = ActButton(scheme, _("Test"), name=_("Test {name}").format(name=name))
        self.edit = ActButton(scheme, _("Edit…"), name=_("Edit {name}…").format(name=name))
        self.drop = ActButton(scheme, _("Remove…"), name=_("Remove {name}…").format(name=name))
        left = QVBoxLayout()
        left.setSpacing(1)
        for words in (self.title, self.about, self.status):
            left.addWidget(words)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, GAP_TINY, 0, GAP_TINY)
        across.setSpacing(GAP)
        across.addLayout(left, 1)
        acts = QHBoxLayout()
        acts.setSpacing(GAP_SMALL // 2)
        for button in (self.test, self.edit, self.drop):
            acts.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        across.addLayout(acts)
        self.test.clicked.connect(self._test)
        self.edit.clicked.connect(self._edit)
        self.drop.clicked.connect(self._remove)
        self.show_state(state)

    def show_state(self, state: ChannelState) -> None:
        """Show how the channel does."""
        self.channel = state.channel
        self.about.show_text(about_words(state.channel))
        self.say(state.words, good=state.key == "on" and not state.line.tries)

    def say(self, text: str, *, good: bool) -> None:
        """Show a sentence about it; what is wrong stands out by its words and its weight of ink."""
        self.status.show_text(text)
        self.status.set_colour("text2" if good else "text")

    @Slot()
    def _test(self) -> None:
        self.test.setEnabled(False)
        self.say(_("Sending a test message…"), good=True)
        self.trial_asked.emit(self.channel.name)

    @Slot()
    def _edit(self) -> None:
        self.edit_asked.emit(self.channel)

    @Slot()
    def _remove(self) -> None:
        self.remove_asked.emit(self.channel.name)


def about_words(channel: Channel) -> str:
    """What a channel is, in one line."""
    parts = [_(KINDS[channel.kind].title), *(_(_TITLES[event]) for event in channel.events)]
    if channel.quiet is not None:
        parts.append(_("quiet {hours}").format(hours=quiet_text(channel.quiet).replace("-", "–")))
    return " · ".join(parts)


class ChannelCard(HeadedCard):
    """All channels, a button for one more, and the dialogs; works through a thread of its own."""

    def __init__(self, scheme: Scheme, desk: ChannelDesk | None = None, parent: QWidget | None = None) -> None:
        super().__init__(scheme, _("Alerts elsewhere"), parent=parent)
        self.keeping = ChannelThread(desk, self)
        self.rows: dict[str, ChannelRow] = {}
        self.dialog: ChannelDialog | None = None
        self.asking: AskDialog | None = None
        self._tried: dict[str, tuple[str, bool]] = {}
        self._words: tuple[str, ...] = ()
        about = _(
            "The agent tells you on your telephone or elsewhere, through ntfy, e-mail, Slack, Matrix, Telegram or a webhook."
        )
        self.about = Words(scheme, about, TextRole.NOTE, "text2")
        self.complaint = Words(scheme, "", TextRole.NOTE, "critical")
        for words in (self.about, self.complaint):
            words.setWordWrap(True)
        self.complaint.hide()
        self.add = ActButton(scheme, _("Add a channel…"))
        self._list = QVBoxLayout()
        self._list.setSpacing(GAP_TINY)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, GAP_TINY, 0, 0)
        foot.addWidget(self.add)
        foot.addStretch(1)
        self.body.addWidget(self.about)
        self.body.addWidget(self.complaint)
        self.body.addLayout(self._list)
        self.body.addLayout(foot)
        self.add.clicked.connect(self._add)
        keeper = self.keeping.keeper
        keeper.read_back.connect(self._take)
        keeper.kept.connect(self._kept)
        keeper.refused.connect(self._refused)
        keeper.tried.connect(self._trial_ended)

    def refresh(self) -> None:
        """See how the channels do now."""
        self.keeping.start()
        self.keeping.read_asked.emit()

    def look_for(self, words: Sequence[str]) -> bool:
        """Show the card only where what it says matches; whether it does."""
        said = " ".join((self.heading.text(), self.about.text(), *self.rows)).lower()
        fits = all(word in said for word in words)
        self.setVisible(fits)
        return fits

    @Slot(object, object)
    def _take(self, states: Sequence[ChannelState], complaints: Sequence[str]) -> None:
        self.complaint.show_text("\n".join(map(printable, complaints)))
        self.complaint.setVisible(bool(complaints))
        if [state.channel.name for state in states] != list(self.rows):
            self._list_anew(states)
        for state in states:
            row = self.rows[state.channel.name]
            row.show_state(state)
            row.test.setEnabled(state.key != "no-keyring")
            if state.channel.name in self._tried:
                text, good = self._tried.pop(state.channel.name)
                row.say(text, good=good)
        self.add.setEnabled(len(states) < MOST_CHANNELS and not complaints)

    def _list_anew(self, states: Sequence[ChannelState]) -> None:
        if any(button.hasFocus() for row in self.rows.values() for button in (row.test, row.edit, row.drop)):
            self.add.setFocus(Qt.FocusReason.OtherFocusReason)
        while (item := self._list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.rows = {}
        for state in states:
            row = ChannelRow(self.scheme, state)
            row.edit_asked.connect(self._edit)
            row.trial_asked.connect(self.keeping.trial_asked)
            row.remove_asked.connect(self._ask_removal)
            self._list.addWidget(Separator(self.scheme))
            self._list.addWidget(row)
            self.rows[state.channel.name] = row
        # By Tab as they stand: one row after the other, then the button below.
        order = [button for row in self.rows.values() for button in (row.test, row.edit, row.drop)]
        for before, after in pairwise([*order, self.add]):
            QWidget.setTabOrder(before, after)

    @Slot()
    def _add(self) -> None:
        self._open(ChannelDialog(self.scheme, None, self.window()))

    @Slot(object)
    def _edit(self, channel: Channel) -> None:
        self._open(ChannelDialog(self.scheme, channel, self.window()))

    def _open(self, dialog: ChannelDialog) -> None:
        self.keeping.start()
        self.dialog = dialog
        dialog.wanted.connect(self.keeping.put_asked)
        dialog.finished.connect(self._closed)
        dialog.open()

    @Slot()
    def _closed(self) -> None:
        self.dialog = None

    @Slot(str)
    def _ask_removal(self, name: str) -> None:
        self.asking = asking = AskDialog(
            self.scheme, _("Remove {name}").format(name=name), _("Remove"), Look.DANGER, self.window()
        )
        asking.say(_("Nothing is sent there any more, and its address is deleted from the keyring."))

        def ordered() -> None:
            self.keeping.remove_asked.emit(name)

        asking.accepted.connect(ordered)
        asking.open()

    @Slot(str)
    def _kept(self, name: str) -> None:
        # The dialog that asked may have been left meanwhile, and another one be open.
        if self.dialog is not None and self.dialog.asked == name:
            self.dialog.done_with()

    @Slot(str, str)
    def _refused(self, name: str, reason: str) -> None:
        if self.dialog is not None and self.dialog.asked == name:
            self.dialog.complain(reason)
        else:
            self._tried[name] = (reason, False)

    @Slot(str, bool, str)
    def _trial_ended(self, name: str, arrived: bool, words: str) -> None:
        self._tried[name] = (words, arrived)
