"""The first steps: three short cards above the page, one at a time, which can be left at any of them.

Nothing waits for them: without, the program watches and warns with sensible defaults.
"""

import os

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from guardian.policy.settings import Settings
from guardian.protocol.helper import SERVICE_FILE
from guardian.protocol.i18n import N_, _
from guardian.ui.button import RING, ActButton, Link, Look
from guardian.ui.card import Card
from guardian.ui.scheme import Scheme
from guardian.ui.setting_editors import Switch
from guardian.ui.settings_keeper import START_AT_LOGIN, KeeperThread
from guardian.ui.tokens import GAP, GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole, font_changed
from guardian.ui.words import Words

SHOWN = "desktop.introduction"
INSTALL = "sudo installers/install-helper.sh"
_STEPS = (
    (
        N_("What OOM Guardian shows"),
        N_(
            "Now: how much room is left, and when it would run out. Victims: whom the kernel would end first, and why. "
            "Protection: you choose who lives. A part in the background warns you before memory runs out."
        ),
    ),
    (
        N_("Install the helper?"),
        N_(
            "Without it you can sacrifice, freeze and end your own programs. With it you can protect programs, try settings of "
            "the kernel and read its log; each act asks for a password, and the helper leaves when idle."
        ),
    ),
    (
        N_("Start at login?"),
        N_("The part in the background then watches from the start. You can change it in Settings at any time."),
    ),
)


class Introduction(Card):
    """The three cards; `left` tells that they are done with, and stay away from now on."""

    left = Signal()

    def __init__(self, scheme: Scheme, path: str | None = None, step: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self.step = step
        self._leaving = False
        self.keeping = KeeperThread(path, self)
        self.count = Words(scheme, "", TextRole.NOTE, "text2")
        self.heading = Words(scheme, "", TextRole.HEADING)
        self.words = Words(scheme, "", TextRole.BODY, "text2")
        self.said = Words(scheme, "", TextRole.NOTE, "text2")
        for words in (self.words, self.said):
            words.setWordWrap(True)
        self.login = Switch(scheme, _("Start at login"))
        self.copy = ActButton(scheme, _("Copy command"))
        self.back = ActButton(scheme, _("Previous card"))
        self.next = ActButton(scheme, _("Next card"), Look.MAIN)
        self.leave = Link(scheme, _("Leave"))
        self.acts = QStackedWidget()
        self._lay_out()
        self.copy.clicked.connect(self._copy)
        self.login.clicked.connect(self._set_login)
        self.back.clicked.connect(self._go_back)
        self.next.clicked.connect(self._go_on)
        self.leave.clicked.connect(self.end)
        keeper = self.keeping.keeper
        keeper.read_back.connect(self._take)
        keeper.refused.connect(self._refuse)
        keeper.said.connect(self.said.show_text)
        self.keeping.start()
        self.keeping.read_asked.emit()
        self._show_step()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GAP_SMALL)
        head.addWidget(self.heading)
        head.addWidget(self.count)
        head.addStretch(1)
        texts = QVBoxLayout()
        texts.setSpacing(GAP_TINY)
        texts.addLayout(head)
        texts.addWidget(self.words)
        texts.addWidget(self.said)
        for act in (QWidget(), self.copy, self.login):
            self.acts.addWidget(act)
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP_SMALL - 2 * RING)
        for widget in (self.acts, self.back, self.next, self.leave):
            buttons.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addLayout(texts, 1)
        row.addLayout(buttons)
        self.body.addLayout(row)

    def _show_step(self) -> None:
        heading, words = _STEPS[self.step]
        self.heading.show_text(_(heading))
        self.setAccessibleName(_(heading))
        self.count.show_text(_("{number} of {count}").format(number=self.step + 1, count=len(_STEPS)))
        self.words.show_text(_(words))
        self.back.setEnabled(self.step > 0)
        self.next.setText(_("Next card") if self.step + 1 < len(_STEPS) else _("Done"))
        self.next.updateGeometry()
        self.leave.setVisible(self.step + 1 < len(_STEPS))
        self.acts.setCurrentIndex(self.step)
        self.acts.setVisible(self.step > 0)
        self.said.show_text("")
        if self.step == 1:
            there = os.path.exists(SERVICE_FILE)
            self.acts.setVisible(not there)
            told = _("In the folder of OOM Guardian: {command}").format(command=INSTALL)
            self.said.show_text(_("It is installed.") if there else told)
        self.said.setVisible(bool(self.said.text()) or self.step > 0)

    # Steps

    @Slot()
    def _go_on(self) -> None:
        if self.step + 1 < len(_STEPS):
            self.step += 1
            self._show_step()
        else:
            self.end()

    @Slot()
    def _go_back(self) -> None:
        self.step = max(0, self.step - 1)
        self._show_step()
        if not self.back.isEnabled():
            self.next.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def end(self) -> None:
        """Leave the cards, for good; the setting brings them back."""
        self._leaving = True
        self.hide()
        self.keeping.change_asked.emit(SHOWN, False)  # noqa: FBT003 - a signal takes its values by place

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.end()
        else:
            super().keyPressEvent(event)

    # What they do

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(INSTALL)
        self.said.show_text(_("Copied: {headline}").format(headline=INSTALL))

    @Slot()
    def _set_login(self) -> None:
        self.keeping.change_asked.emit(START_AT_LOGIN, self.login.isChecked())

    @Slot(object, object, str)
    def _take(self, settings: Settings, _complaints: object, _read_only: str) -> None:
        self.login.setChecked(settings.switch(START_AT_LOGIN))
        if self._leaving:
            self.left.emit()

    @Slot(str, str)
    def _refuse(self, _key: str, reason: str) -> None:
        self.said.show_text(reason)

    def event(self, event: QEvent) -> bool:
        if font_changed(event):
            self.updateGeometry()
        return super().event(event)
