"""Questions to a Prometheus server over HTTP: verified, bounded in time and size, never following where it points.

A password or token goes to the server it was stored for and to no other, and never unencrypted over a network.
Source: prometheus.io "HTTP API"; RFC 7617 (basic), RFC 6750 (bearer); the documentation of urllib3.
"""

import base64
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from guardian import __version__
from guardian.policy.prometheus_answer import AnswerUnreadable, QueryRefused, Series, parse_answer
from guardian.policy.server_address import ServerChoice
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

if TYPE_CHECKING:
    import ssl

    from urllib3 import BaseHTTPResponse
    from urllib3.connection import HTTPConnection

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 15.0
MOST_BYTES = 8 << 20
_PIECE = 64 << 10
_LONGEST_REASON = 200

Trouble = Literal["unreachable", "certificate", "login", "answer", "keyring", "cancelled"]


class ServerTrouble(Exception):
    """The server was not asked or did not answer as it should; the text says what, why and what to do."""

    def __init__(self, kind: Trouble, text: str) -> None:
        super().__init__(text)
        self.kind: Trouble = kind


class PrometheusServer:
    """One server, with one connection that is kept between questions.  `cancel` may be called from any thread."""

    def __init__(self, choice: ServerChoice) -> None:
        self.choice = choice
        self._name = choice.address.shown
        self._connection: HTTPConnection | None = None
        self._login: str | None = None
        self._cancelled = self._late = False
        # Seconds that are waited for what is going on.
        self._patience = CONNECT_SECONDS

    def instant(self, query: str, at: float | None = None) -> tuple[Series, ...]:
        """The series that a query gives at a time (None: now).  Raises ServerTrouble."""
        parameters = {"query": query}
        return self._ask("query", parameters if at is None else {**parameters, "time": f"{at:.3f}"})

    def range(self, query: str, start: float, end: float, step: float) -> tuple[Series, ...]:
        """The series that a query gives over a span of time.  Raises ServerTrouble."""
        spans = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
        return self._ask("query_range", {"query": query, **spans})

    def cancel(self) -> None:
        """End the question that is being asked, and answer none any more."""
        self._cancelled = True
        self._cut()

    def close(self) -> None:
        """Give up the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _cut(self) -> None:
        connection = self._connection
        sock = connection.sock if connection is not None else None
        if sock is not None:
            # Whoever waits for it in another thread is woken.
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _expire(self) -> None:
        self._late = True
        self._cut()

    # Asking

    def _ask(self, what: str, parameters: Mapping[str, str]) -> tuple[Series, ...]:
        headers = self._headers()
        self._late = False
        watch = threading.Timer(CONNECT_SECONDS + ANSWER_SECONDS, self._expire)
        watch.daemon = True
        watch.start()
        try:
            status, text = self._exchange(f"{self.choice.address.path}/api/v1/{what}", urlencode(parameters), headers)
        except ServerTrouble:
            self.close()
            raise
        finally:
            watch.cancel()
        return self._series(status, text)

    def _exchange(self, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and text of the answer.  A kept connection that the server has closed meanwhile is opened once more."""
        from http.client import HTTPException

        from urllib3.exceptions import HTTPError

        for attempt in (1, 2):
            if self._cancelled:
                raise ServerTrouble("cancelled", _("The question was cancelled."))
            kept = self._connection is not None and self._connection.is_connected
            try:
                connection = self._connected()
                connection.request("POST", path, body, headers, preload_content=False)
                status, text = self._read(connection.getresponse())
            except (HTTPError, HTTPException, OSError, ValueError) as error:
                self.close()
                if attempt == 2 or not kept or self._late or isinstance(error, TimeoutError):
                    raise self._trouble(error) from error
            else:
                if self._late or self._cancelled:
                    # What was cut may look whole.
                    raise self._trouble(TimeoutError())
                return status, text
        raise AssertionError

    def _connected(self) -> "HTTPConnection":
        connection = self._connection
        if connection is not None and connection.is_connected:
            return connection
        self.close()
        address = self.choice.address
        from urllib3.connection import HTTPConnection, HTTPSConnection

        if address.scheme == "https":
            context = self._context()
            made: HTTPConnection = HTTPSConnection(address.host, address.port, timeout=CONNECT_SECONDS, ssl_context=context)
        else:
            made = HTTPConnection(address.host, address.port, timeout=CONNECT_SECONDS)
        self._connection, self._patience = made, CONNECT_SECONDS
        made.connect()
        self._patience = ANSWER_SECONDS
        if made.sock is not None:
            made.sock.settimeout(ANSWER_SECONDS)
        return made

    def _context(self) -> "ssl.SSLContext":
        """Certificates and names are checked; an authority of one's own is believed beside the system's."""
        import ssl

        context = ssl.create_default_context()
        path = self.choice.ca_file
        if path:
            try:
                context.load_verify_locations(path)
            except (OSError, ValueError) as error:
                reason = (error.strerror if isinstance(error, OSError) else None) or _("no PEM certificate is in it")
                words = _(
                    "The certificate file {path} cannot be used: {reason}. Correct it: guardian config set fleet.ca_file=PATH"
                )
                raise ServerTrouble("certificate", words.format(path=printable(path), reason=reason)) from error
        return context

    def _read(self, answer: "BaseHTTPResponse") -> tuple[int, bytes]:
        try:
            return self._read_whole(answer)
        except BaseException:
            answer.close()
            raise

    def _read_whole(self, answer: "BaseHTTPResponse") -> tuple[int, bytes]:
        until = time.monotonic() + ANSWER_SECONDS
        if answer.headers.get("Content-Encoding", "identity") not in {"identity", "gzip"}:
            raise self._unreadable(_("it is packed in a way that was not asked for"))
        if answer.status in {301, 302, 303, 307, 308}:
            self._refuse_redirect(answer.headers.get("Location", ""))
        pieces, size = [], 0
        while piece := answer.read1(_PIECE, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise self._unreadable(_("it is longer than was asked for"))
            if time.monotonic() > until:
                raise TimeoutError
        answer.release_conn()
        return answer.status, b"".join(pieces)

    # Logging in

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": f"oom-guardian/{__version__}",
        }
        if self.choice.login != "none":
            self._login = self._login or self._read_login()
            headers["Authorization"] = self._login
        return headers

    def _read_login(self) -> str:
        from guardian.adapters import secrets

        address = self.choice.address
        if not address.is_private:
            words = _("The login is not sent to {server}: over http everybody on the way could read it. Use an https address.")
            raise ServerTrouble("login", words.format(server=self._name))
        try:
            secret = secrets.read(address.secret_name)
        except secrets.SecretError as error:
            raise ServerTrouble("keyring", str(error)) from error
        if secret is None:
            words = _("No password or token is stored for {server}. Store it: guardian fleet --login")
            raise ServerTrouble("login", words.format(server=self._name))
        if self.choice.login == "bearer":
            return f"Bearer {secret}"
        pair = f"{self.choice.user}:{secret}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    # Answers

    def _series(self, status: int, text: bytes) -> tuple[Series, ...]:
        if status in {401, 403}:
            self._login = None
            words = (
                _("{server} wants a login. Set it: guardian fleet --login")
                if self.choice.login == "none"
                else _("{server} does not accept the login. Store the right one: guardian fleet --login")
            )
            raise ServerTrouble("login", words.format(server=self._name))
        if status in {404, 405}:
            words = _("{server} has no Prometheus there. Check the address, with its path: guardian config get fleet.server")
            raise ServerTrouble("answer", words.format(server=self._name))
        try:
            return parse_answer(text)
        except AnswerUnreadable as error:
            if status >= 400:
                words = _("{server} answers with error {status}. Look at the server, or try again later.")
                kind: Trouble = "unreachable" if status >= 500 else "answer"
                raise ServerTrouble(kind, words.format(server=self._name, status=status)) from error
            raise self._unreadable(str(error)) from error
        except QueryRefused as error:
            words = _("{server} refused the question: {reason}")
            raise ServerTrouble("answer", words.format(server=self._name, reason=error)) from error

    def _unreadable(self, reason: str) -> ServerTrouble:
        words = _("The answer of {server} cannot be read: {reason}. See that it is a Prometheus server.")
        return ServerTrouble("answer", words.format(server=self._name, reason=reason))

    def _refuse_redirect(self, location: str) -> None:
        words = _("{server} points to {location}, which is not followed. Where that is right, make it the address.")
        raise ServerTrouble("answer", words.format(server=self._name, location=printable(location[:_LONGEST_REASON])))

    def _trouble(self, error: Exception) -> ServerTrouble:
        import ssl

        if self._cancelled:
            return ServerTrouble("cancelled", _("The question was cancelled."))
        if isinstance(error, ssl.SSLCertVerificationError):
            words = _(
                "The certificate of {server} is not believed: {reason}. "
                "If it is of an authority of your own, name its file: guardian config set fleet.ca_file=PATH"
            )
            return ServerTrouble("certificate", words.format(server=self._name, reason=printable(error.verify_message)))
        words = _("{server} does not answer: {reason}. See that it runs and that the address is right.")
        return ServerTrouble("unreachable", words.format(server=self._name, reason=self._reason(error)))

    def _reason(self, error: Exception) -> str:
        import ssl

        from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ReadTimeoutError

        if self._late or isinstance(error, TimeoutError | ReadTimeoutError):
            return _("nothing came within {count} s").format(count=round(self._patience))
        if isinstance(error, NameResolutionError):
            return _("its name is not known")
        if isinstance(error, NewConnectionError) and isinstance(error.__cause__, OSError):
            error = error.__cause__
        if isinstance(error, ConnectTimeoutError):
            return _("no connection within {count} s").format(count=round(CONNECT_SECONDS))
        if isinstance(error, ssl.SSLError):
            return _("it does not speak TLS there ({reason})").format(reason=printable(str(error.reason)[:_LONGEST_REASON]))
        if isinstance(error, OSError) and error.strerror:
            return printable(error.strerror)
        return _("the connection broke ({kind})").format(kind=type(error).__name__)
