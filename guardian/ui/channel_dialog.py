"""Asks what a channel is: name, kind, address, what goes there, quiet hours; says at once what does not fit."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from guardian.policy.channels import (
    EVENTS,
    KINDS,
    LONGEST_NAME,
    USUAL_EVENTS,
    Channel,
    ChannelError,
    address_hint,
    check_address,
    check_events,
    check_name,
    parse_quiet,
    quiet_text,
)
from guardian.protocol.i18n import _, sentences
from guardian.ui.ask_dialog import AskDialog
from guardian.ui.button import Look
from guardian.ui.inputs import Chooser, TextField
from guardian.ui.scheme import Scheme
from guardian.ui.setting_editors import Switch
from guardian.ui.tokens import GAP
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_WIDE, _NARROW = 340, 128


class ChannelDialog(AskDialog):
    """A new channel, or `channel` with other values; it stays open until what it asked for was kept.

    `wanted` brings the Channel, its address (None: as it is in the keyring), and whether it is new; `asked` is its name while
    that has no answer, else "".
    """

    wanted = Signal(object, object, bool)

    def __init__(self, scheme: Scheme, channel: Channel | None = None, parent: QWidget | None = None) -> None:
        title = _("Add a channel") if channel is None else _("Edit {name}").format(name=channel.name)
        super().__init__(scheme, title, _("Add") if channel is None else _("Save"), Look.MAIN, parent)
        self._new, self.asked = channel is None, ""
        self.name = TextField(scheme, _("Name"), _WIDE)
        self.name.setMaxLength(LONGEST_NAME)
        self.kind = Chooser(scheme, _("Kind"), [(_(kind.title), name) for name, kind in KINDS.items()])
        self.address = TextField(scheme, _("Address"), _WIDE)
        self.address.setEchoMode(QLineEdit.EchoMode.Password)
        self.events = {event: Switch(scheme, _(word)) for event, word in EVENTS}
        self.quiet = TextField(scheme, _("Quiet hours"), _NARROW)
        self.quiet.setPlaceholderText(_("none"))
        self._lay_out(scheme)
        self._show(channel)
        self.refusal = self.say("", "critical", TextRole.NOTE)
        self.refusal.hide()
        self.setMinimumWidth(580)
        self.act.setDefault(True)
        self.kind.currentIndexChanged.connect(self._show_example)
        self._show_example()
        (self.name if self._new else self.address).setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self, scheme: Scheme) -> None:
        events = QFormLayout()
        events.setHorizontalSpacing(GAP)
        for event, word in EVENTS:
            events.addRow(self.events[event], Words(scheme, _(word)))
        form = QFormLayout()
        form.setHorizontalSpacing(GAP)
        self.example = Words(scheme, "", TextRole.NOTE, "text2")
        self.example.setWordWrap(True)
        once = Words(scheme, _("One message an episode, at the first of these that it reaches."), TextRole.NOTE, "text2")
        held = Words(
            scheme, _("Such as 22:00-07:00. Then only critical is sent at once; the rest waits."), TextRole.NOTE, "text2"
        )
        for words in (once, held):
            words.setWordWrap(True)
        for title, field in (
            (_("Name"), self.name),
            (_("Kind"), self.kind),
            (_("Address"), self.address),
            ("", self.example),
            (_("What goes there"), events),
            ("", once),
            (_("Quiet hours"), self.quiet),
            ("", held),
        ):
            label = Words(scheme, title, TextRole.BODY, "text2")
            if isinstance(field, QWidget):
                label.setBuddy(field)
                form.addRow(label, field)
            else:
                form.addRow(label, field)
        self.body.addLayout(form)

    def _show(self, channel: Channel | None) -> None:
        if channel is not None:
            # Its name is the name of its address in the keyring.
            self.name.setText(channel.name)
            self.name.setEnabled(False)
            self.kind.setCurrentIndex(self.kind.findData(channel.kind))
            self.quiet.setText(quiet_text(channel.quiet))
            self.address.setPlaceholderText(_("as it is in the keyring"))
        for event, switch in self.events.items():
            switch.setChecked(event in (USUAL_EVENTS if channel is None else channel.events))

    @Slot()
    def _show_example(self) -> None:
        text = _("Such as {example}. It is kept in the keyring alone.").format(example=KINDS[self.kind.currentData()].example)
        text = sentences(text, address_hint(self.kind.currentData()))
        self.example.show_text(text)
        self.address.setAccessibleDescription(text)
        self.grow()

    def _typed(self) -> tuple[Channel, str | None]:
        """The channel and its address.  Raises ChannelError."""
        events = check_events([event for event, switch in self.events.items() if switch.isChecked()])
        channel = Channel(check_name(self.name.text()), self.kind.currentData(), events, parse_quiet(self.quiet.text()))
        address = self.address.text().strip()
        if not address and not self._new:
            return channel, None
        return channel, check_address(channel.kind, address)

    def accept(self) -> None:
        """Ask for it; whoever keeps it closes the dialog by `done_with`, or complains."""
        try:
            channel, address = self._typed()
        except ChannelError as error:
            self.complain(_("{sentence}.").format(sentence=str(error)[:1].upper() + str(error)[1:]))
            return
        self.asked = channel.name
        self.refusal.hide()
        self.act.setEnabled(False)
        self.act.setText(_("Looking at it…"))
        self.act.updateGeometry()
        self.wanted.emit(channel, address, self._new)

    def complain(self, text: str) -> None:
        """Say why it was not kept; it may be mended and tried again."""
        self.asked = ""
        self.refusal.show_text(text)
        self.refusal.show()
        self.act.setText(_("Add") if self._new else _("Save"))
        self.act.updateGeometry()
        self.act.setEnabled(True)
        self.grow()

    def done_with(self) -> None:
        """It was kept."""
        self.address.clear()
        super().accept()
