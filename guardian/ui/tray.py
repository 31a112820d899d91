"""The tray: an icon whose outline tells the state, its tooltip and its menu; there when a panel shows icons, gone when none does.

Source: the project's look, "Notifications and tray".
"""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QSystemTrayIcon

from guardian.model.verdict import State, Verdict
from guardian.policy.headline import forecast_line, state_line
from guardian.protocol.i18n import _
from guardian.ui.panel_shade import PanelShade
from guardian.ui.qt_bus import QtBus
from guardian.ui.scheme import Scheme
from guardian.ui.shapes import state_icon
from guardian.ui.tray_host import TrayHost
from guardian.ui.tray_icon import tray_icon
from guardian.ui.tray_menu import TrayMenu

_OPENS = frozenset((QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick))


def no_tray_words() -> str:
    """What the window says where no panel shows tray icons."""
    return _("No tray here. OOM Guardian goes on in the background; open it from the app list.")


class Tray(QObject):
    """The tray's icon and menu.

    `menu` has the signals of its entries; `open_wanted` is a click on the icon.  `presence_changed` tells whether a panel shows
    the icon, first once that is known.
    """

    open_wanted = Signal()
    presence_changed = Signal(bool)

    def __init__(self, bus: QtBus, scheme: Scheme, parent: QObject | None = None, offered: Iterable[str] = ("show",)) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self._state = State.NO_DATA
        self._icon: QSystemTrayIcon | None = None
        self._tip = _("OOM Guardian: measuring")
        self.menu = TrayMenu(offered)
        self.menu.open_wanted.connect(self.open_wanted)
        self.host = TrayHost(bus, self)
        self.host.changed.connect(self._host_changed)
        self._shade = PanelShade(bus, scheme, self)
        self._shade.changed.connect(self._repaint)
        self._repaint()

    @property
    def present(self) -> bool | None:
        """Whether a panel shows the icon; None while nobody knows yet."""
        return self.host.present

    def start(self) -> None:
        """Look for a panel, and go into it."""
        self.host.start()

    @Slot(object)
    def show_verdict(self, verdict: Verdict | None) -> None:
        """Show a verdict: outline, tooltip and menu."""
        self.menu.show_verdict(verdict)
        state = verdict.state if verdict else State.NO_DATA
        if state is not self._state:
            self._state = state
            self._repaint()
        self._tip = f"{state_line(verdict)}\n{forecast_line(verdict)}" if verdict else _("OOM Guardian: measuring")
        if self._icon is not None and self._icon.toolTip() != self._tip:
            self._icon.setToolTip(self._tip)

    def speak_anew(self, verdict: Verdict | None) -> None:
        """Name everything in another language."""
        self.menu.speak(verdict)
        self.show_verdict(verdict)

    def stop(self) -> None:
        """Take the icon out of the panel."""
        if self._icon is not None:
            self._icon.hide()
            self._icon.deleteLater()
            self._icon = None

    @Slot(bool)
    def _host_changed(self, present: bool) -> None:
        if present:
            # A new object registers anew, also with a panel that was started again.
            self.stop()
            self._icon = QSystemTrayIcon(self)
            self._icon.setContextMenu(self.menu)
            self._icon.activated.connect(self._activated)
            self._repaint()
            self._icon.setToolTip(self._tip)
            self._icon.show()
        else:
            self.stop()
        self.presence_changed.emit(present)

    @Slot(QSystemTrayIcon.ActivationReason)
    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in _OPENS:
            self.open_wanted.emit()

    @Slot()
    def _repaint(self) -> None:
        tokens = self._scheme.tokens
        self.menu.show_state_icon(state_icon(self._state, tokens.states[self._state].colour))
        if self._icon is not None:
            self._icon.setIcon(tray_icon(self._state, self._shade.dark))
