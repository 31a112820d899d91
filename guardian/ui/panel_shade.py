"""Whether the panel that shows the tray is dark, as far as the desktop tells; an icon in one colour must stand out on it.

Panels do not tell by the tray's own protocol.  GNOME's is dark in every scheme, Xfce keeps its own setting, others follow.
Source: Desktop Entry Specification (XDG_CURRENT_DESKTOP); Xfconf D-Bus interface org.xfce.Xfconf, channel xfce4-panel.
"""

import os
from collections.abc import Mapping

from jeepney import DBusAddress, HeaderFields, Message, MessageFlag, new_method_call
from PySide6.QtCore import QObject, Signal, Slot

from guardian.adapters.session_bus import CallFailed
from guardian.ui.qt_bus import QtBus
from guardian.ui.scheme import Scheme

_DARK_PANELS = frozenset(("gnome", "gnome-classic", "unity", "ubuntu", "budgie", "pantheon", "cosmic", "pop"))
_XFCONF = DBusAddress("/org/xfce/Xfconf", "org.xfce.Xfconf", "org.xfce.Xfconf")
_CHANNEL, _PROPERTY = "xfce4-panel", "/panels/dark-mode"
_CHANGED = f"type='signal',interface='org.xfce.Xfconf',member='PropertyChanged',arg0='{_CHANNEL}',arg1='{_PROPERTY}'"


class PanelShade(QObject):
    """`dark` is the panel's shade now; `changed` tells that it may be another.  OOM_GUARDIAN_PANEL (dark, light) decides."""

    changed = Signal()

    def __init__(
        self, bus: QtBus, scheme: Scheme, parent: QObject | None = None, environ: Mapping[str, str] = os.environ
    ) -> None:
        super().__init__(parent)
        self._bus, self._scheme = bus, scheme
        self._said = environ.get("OOM_GUARDIAN_PANEL", "")
        self._desktops = frozenset(environ.get("XDG_CURRENT_DESKTOP", "").lower().replace(";", ":").split(":"))
        self._xfce: bool | None = None
        scheme.changed.connect(self.changed)
        if "xfce" in self._desktops:
            bus.match(_CHANGED)
            bus.heard.connect(self._hear)
            bus.found.connect(self._ask)
            if bus.connected:
                self._ask()

    @property
    def dark(self) -> bool:
        """Whether the panel is dark."""
        if self._said in {"dark", "light"}:
            return self._said == "dark"
        if self._xfce is not None:
            return self._xfce
        return self._scheme.dark or not self._desktops.isdisjoint(_DARK_PANELS)

    @Slot()
    def _ask(self) -> None:
        call = new_method_call(_XFCONF, "GetProperty", "ss", (_CHANNEL, _PROPERTY))
        call.header.flags |= MessageFlag.no_auto_start
        self._bus.call(call, self._told)

    def _told(self, answer: tuple[object, ...] | CallFailed) -> None:
        if not isinstance(answer, CallFailed):
            self._take(answer[-1])

    @Slot(object)
    def _hear(self, message: Message) -> None:
        if message.header.fields.get(HeaderFields.member) == "PropertyChanged" and message.body[:2] == (_CHANNEL, _PROPERTY):
            self._take(message.body[-1])

    def _take(self, variant: object) -> None:
        """The setting's value; anything but a boolean is none."""
        said = variant[1] if isinstance(variant, tuple) and len(variant) == 2 else None
        self._xfce = said if isinstance(said, bool) else None
        self.changed.emit()
