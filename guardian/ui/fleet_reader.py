"""Asks the fleet's server in a thread of its own, one question after the other; what is no longer wanted is not asked."""

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal, Slot

from guardian.adapters.fleet_login import LoginNotKept, keep_login
from guardian.adapters.fleet_source import FleetSource, NothingThere
from guardian.adapters.prometheus_server import PrometheusServer, ServerTrouble
from guardian.adapters.settings_file import SettingsFile
from guardian.policy.fleet import Machine
from guardian.policy.fleet_queries import Cursor
from guardian.policy.server_address import AddressUnusable, ServerChoice, parse_address, server_choice
from guardian.policy.setting_values import SettingError
from guardian.protocol.i18n import _
from guardian.ui.side_thread import SideThread


class PageWanted(NamedTuple):
    """A page that is asked for: from which place on, how many come before it, what is looked for; `number` counts questions."""

    number: int
    cursor: Cursor | None = None
    before: int = 0
    search: str = ""


class ServerWanted(NamedTuple):
    """A server as it was typed: address, name and secret to log in with; without a secret none is needed."""

    address: str
    user: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return f"ServerWanted({self.address!r})"


class FleetReader(QObject):
    """Works in the thread it was moved to; slots are only to be connected to, `cancel` may be called from any thread.

    `server_named` brings the ServerChoice that is asked, None where none is set; `page_read` a MachinePage; `failed` the kind of
    trouble ("unreachable", "login", …, "missing" where the server has no machines) and a sentence; each with the number of the
    question.  `minutes_read` brings a Machine and MinutesBefore, None, or a sentence why not.  `server_kept` says "" or why not.
    """

    server_named = Signal(object)
    page_read = Signal(int, object)
    failed = Signal(int, str, str)
    minutes_read = Signal(object, object)
    server_kept = Signal(str)

    def __init__(self, path: str | None = None) -> None:
        super().__init__()
        self.newest = 0
        self._path = path
        self._file: SettingsFile | None = None
        self._source: FleetSource | None = None

    def cancel(self) -> None:
        """End the question that is being asked, and ask none any more."""
        self.newest = -1
        source = self._source
        if source is not None:
            source.server.cancel()

    @Slot(object)
    def read_page(self, wanted: PageWanted) -> None:
        """Ask for a page, unless another was asked for meanwhile."""
        if wanted.number != self.newest:
            return
        try:
            source = self._chosen()
            if source is not None:
                self.page_read.emit(wanted.number, source.page(wanted.cursor, wanted.search, before=wanted.before))
        except AddressUnusable as error:
            self.failed.emit(wanted.number, "address", str(error))
        except NothingThere as error:
            self.failed.emit(wanted.number, "missing", str(error))
        except ServerTrouble as error:
            if error.kind != "cancelled":
                self.failed.emit(wanted.number, error.kind, str(error))

    @Slot(object, float)
    def read_minutes(self, machine: Machine, asked: float) -> None:
        """Ask for the minutes before a machine's last kill."""
        try:
            source = self._chosen()
            if source is not None:
                self.minutes_read.emit(machine, source.minutes_before(machine, asked))
        except (ServerTrouble, AddressUnusable) as error:
            self.minutes_read.emit(machine, str(error))

    @Slot(object)
    def keep_server(self, wanted: ServerWanted) -> None:
        """Keep a server in the settings and its secret in the keyring."""
        file = self._file = self._file or SettingsFile(self._path)
        try:
            address = parse_address(wanted.address.strip())
            file.change("fleet.server", wanted.address.strip())
            if wanted.secret:
                keep_login(file, address, wanted.user, wanted.secret)
        except (AddressUnusable, LoginNotKept, SettingError) as error:
            self.server_kept.emit(str(error))
        except OSError as error:
            words = _("Not changed: {path} cannot be written: {reason}")
            self.server_kept.emit(words.format(path=file.path, reason=error.strerror or error))
        else:
            self._forget()
            self.server_kept.emit("")

    def _chosen(self) -> FleetSource | None:
        """The source that the settings name now, None where none.  Raises AddressUnusable."""
        self._file = self._file or SettingsFile(self._path)
        choice: ServerChoice | None = server_choice(self._file.read().settings)
        if self._source is None or self._source.server.choice != choice:
            self._forget()
            self._source = FleetSource(PrometheusServer(choice)) if choice is not None else None
        self.server_named.emit(choice)
        return self._source

    @Slot()
    def close(self) -> None:
        """Give up the connection, at the thread's end."""
        self._forget()

    def _forget(self) -> None:
        if self._source is not None:
            self._source.server.close()
            self._source = None


class FleetThread(QObject):
    """The reader and its thread; asking is done by the signals."""

    page_asked = Signal(object)
    minutes_asked = Signal(object, float)
    server_asked = Signal(object)

    def __init__(self, path: str | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reader = FleetReader(path)
        self._side = SideThread(self.reader, "fleet", self, end=self.reader.close, cancel=self.reader.cancel)
        self.page_asked.connect(self.reader.read_page)
        self.minutes_asked.connect(self.reader.read_minutes)
        self.server_asked.connect(self.reader.keep_server)
        self.start, self.stop = self._side.start, self._side.stop

    def ask_page(self, wanted: PageWanted) -> None:
        """Ask for a page; pages asked for before and not yet read are not wanted any more."""
        self.start()
        self.reader.newest = wanted.number
        self.page_asked.emit(wanted)
