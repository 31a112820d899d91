"""What page Fleet says where it has no machines to show: no server set, none that answers, nothing on it; and the way out."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from guardian.protocol.i18n import _
from guardian.protocol.printable import printable
from guardian.ui.button import ActButton, Link, Look
from guardian.ui.card import Card
from guardian.ui.fleet_reader import ServerWanted
from guardian.ui.inputs import TextField
from guardian.ui.scheme import Scheme
from guardian.ui.tokens import GAP_HUGE, GAP_SMALL, GAP_TINY
from guardian.ui.type_scale import TextRole
from guardian.ui.words import Words

_ADDRESS_WIDTH, _LOGIN_WIDTH = 360, 174


class ServerCard(Card):
    """Asks for the server: its address and, where it wants one, a login.  `server_wanted` carries a ServerWanted."""

    server_wanted = Signal(object)
    again_wanted = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(scheme, parent)
        self.words = Words(scheme, "", TextRole.HEADING)
        self.more = Words(scheme, "", TextRole.BODY, "text2")
        self.complaint = Words(scheme, "", TextRole.BODY, "critical")
        for words in (self.words, self.more, self.complaint):
            words.setWordWrap(True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.address = TextField(scheme, _("Address of a Prometheus server"), _ADDRESS_WIDTH)
        self.address.setPlaceholderText("https://prometheus.lab.example:9090")
        self.user = TextField(scheme, _("Name to log in with"), _LOGIN_WIDTH)
        self.user.setPlaceholderText(_("Name (none with a token)"))
        self.secret = TextField(scheme, _("Password or token"), _LOGIN_WIDTH)
        self.secret.setPlaceholderText(_("Password or token"))
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.keep = ActButton(scheme, _("Show its machines"), Look.MAIN)
        self.again = ActButton(scheme, _("Try again"))
        self.login = Link(scheme, _("It wants a login"))
        self.keep.clicked.connect(self._keep)
        self.again.clicked.connect(self.again_wanted)
        self.login.clicked.connect(self._show_login)
        for field in (self.address, self.user, self.secret):
            field.returnPressed.connect(self._keep)
        self._lay_out()

    def _lay_out(self) -> None:
        self.body.setContentsMargins(GAP_HUGE, GAP_HUGE, GAP_HUGE, GAP_HUGE)
        self._login_row = QWidget()
        login = QHBoxLayout(self._login_row)
        login.setContentsMargins(0, 0, 0, 0)
        login.setSpacing(GAP_SMALL + GAP_TINY)
        login.addWidget(self.user)
        login.addWidget(self.secret)
        login.addStretch(1)
        self._login_row.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP_SMALL)
        for widget in (self.keep, self.again, self.login):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(GAP_SMALL)
        for part in (self.words, self.more, self.address, self._login_row, self.complaint):
            column.addWidget(part)
        column.addLayout(buttons)
        self.body.addLayout(column)
        self.complaint.hide()
        self.setFocusProxy(self.address)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def say_no_server(self) -> None:
        """Say that none is set."""
        self._say(_("No server set. Enter the address of a Prometheus server."), again=False)
        self.more.show_text(
            _("It scrapes the machines' agents (guardian agent --metrics) and has OOM Guardian's recording rules.")
        )

    def say_trouble(self, kind: str, text: str, address: str) -> None:
        """Say why there is nothing to show, and offer what may help."""
        self._say(text, again=True)
        self.more.show_text("")
        if address and not self.address.text():
            self.address.setText(address)
        if kind in {"login", "keyring"}:
            self._show_login()

    def say_asking(self, server: str) -> None:
        """Say that the first answer is waited for."""
        self._say(_("Asking {server}.").format(server=server), again=False)
        self.more.show_text("")

    def _say(self, text: str, *, again: bool) -> None:
        self.words.show_text(printable(text))
        self.setAccessibleName(printable(text))
        self.again.setVisible(again)

    def complain(self, text: str) -> None:
        """Say why a server was not kept, "" where it was."""
        self.complaint.show_text(printable(text))
        self.complaint.setVisible(bool(text))
        if not text:
            self.secret.clear()

    @Slot()
    def _show_login(self) -> None:
        self._login_row.show()
        self.login.hide()

    @Slot()
    def _keep(self) -> None:
        self.server_wanted.emit(ServerWanted(self.address.text(), self.user.text().strip(), self.secret.text()))


class StaleNotice(QWidget):
    """A line above the table: since when nothing came, and that the values are from then; with the ways out."""

    again_wanted = Signal()
    login_wanted = Signal()

    def __init__(self, scheme: Scheme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = Words(scheme, "", TextRole.HEADING)
        self.words.setWordWrap(True)
        self.why = Words(scheme, "", TextRole.NOTE, "text2")
        self.why.setWordWrap(True)
        self.login = Link(scheme, _("Log in…"))
        self.login.clicked.connect(self.login_wanted)
        self.again = Link(scheme, _("Try again"))
        self.again.clicked.connect(self.again_wanted)
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addWidget(self.words)
        column.addWidget(self.why)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(GAP_SMALL)
        across.addLayout(column, 1)
        for link in (self.login, self.again):
            across.addWidget(link, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def say(self, text: str, why: str = "", *, login: bool = False) -> None:
        """Show the line; "" takes it away.  `login` offers to log in."""
        self.login.setVisible(login)
        self.words.show_text(printable(text))
        self.why.show_text(printable(why))
        self.setAccessibleName(f"{text} {why}".strip())
        self.setVisible(bool(text))
