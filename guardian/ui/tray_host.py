"""Whether a panel shows tray icons here, asked before Qt asks: Qt asks once and keeps a "no" for as long as the program runs.

Source: freedesktop.org StatusNotifierItem; System Tray Protocol (XEMBED) for older panels.
"""

from jeepney import HeaderFields, Message, new_method_call
from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

from guardian.adapters.session_bus import BUS, CallFailed
from guardian.ui.qt_bus import QtBus

WATCHER = "org.kde.StatusNotifierWatcher"
_OWNER_CHANGED = (
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
    f"member='NameOwnerChanged',arg0='{WATCHER}'"
)
# At login the panel may come some seconds after us.
_PATIENCE = 5.0


class TrayHost(QObject):
    """`changed` tells whether a panel can show an icon, first once it is known; `present` is None until then."""

    changed = Signal(bool)

    def __init__(self, bus: QtBus, parent: QObject | None = None, patience: float = _PATIENCE) -> None:
        super().__init__(parent)
        self._bus, self._patience = bus, patience
        self.present: bool | None = None
        self._late = QTimer(self, singleShot=True)
        self._late.timeout.connect(self._without_watcher)
        bus.found.connect(self._ask)
        bus.lost.connect(self._no_bus)
        bus.heard.connect(self._hear)
        bus.match(_OWNER_CHANGED)

    def start(self) -> None:
        """Begin to look."""
        self._late.start(int(self._patience * 1000))
        if self._bus.connected:
            self._ask()

    @Slot()
    def _ask(self) -> None:
        self._bus.call(new_method_call(BUS, "NameHasOwner", "s", (WATCHER,)), self._told)

    def _told(self, answer: tuple[object, ...] | CallFailed) -> None:
        if not isinstance(answer, CallFailed) and answer[0] is True:
            self._set(present=True)

    @Slot(object)
    def _hear(self, message: Message) -> None:
        if message.header.fields.get(HeaderFields.member) == "NameOwnerChanged" and message.body[0] == WATCHER:
            self._set(present=bool(message.body[2]))

    @Slot(str)
    def _no_bus(self, _reason: str) -> None:
        if self.present:
            self._without_watcher()

    @Slot()
    def _without_watcher(self) -> None:
        """Nobody watches on the bus: an older panel may still swallow icons."""
        if self.present is None or not self._bus.connected:
            self._set(present=QGuiApplication.platformName() == "xcb" and _has_xembed_tray())

    def _set(self, *, present: bool) -> None:
        self._late.stop()
        if present is not self.present:
            self.present = present
            self.changed.emit(present)


def _has_xembed_tray() -> bool:
    from guardian.ui.xembed_tray import has_xembed_tray

    return has_xembed_tray()
