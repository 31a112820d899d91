"""Answers scrapes in threads of its own, few at a time and not for long, whatever those who ask do.

The page and the handler are prometheus_client's.  Its `start_http_server` is not used: it starts a thread for whoever connects,
waits for each without end, and greets (TLS) in the thread that accepts, so that a single silent client would shut all others out.
"""

import contextlib
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, MetricsHandler

from guardian.adapters.metrics_address import Address, Certificates, NotServed, names_itself
from guardian.protocol.i18n import _

MOST_OPEN = 8
SECONDS_EACH = 10.0
_SILENT_SECONDS = 5.0
# Connections that may come at once, and how many a second after that; the others wait in the kernel's queue.
_BURST, _RATE = 10.0, 10.0
_BACKLOG = 32
_STACK = 512 << 10
# After an error of accept(), such as having no descriptor left.
_PAUSE = 0.2


class MetricsServer:
    """Serves a registry's page at an address.  `spent` is the CPU time in seconds that answering has taken.

    A connection more than `most_open` ends the oldest one.  Raises NotServed.
    """

    def __init__(
        self,
        address: Address,
        registry: CollectorRegistry,
        certificates: Certificates | None = None,
        most_open: int = MOST_OPEN,
        seconds_each: float = SECONDS_EACH,
    ) -> None:
        self.address, self._certificates = address, certificates
        self._most_open, self._seconds_each = most_open, seconds_each
        self._context = _context(certificates) if certificates is not None else None
        self._handler = _handler(registry, local=address.loopback and certificates is None)
        self._open: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self.spent = 0.0
        self._credit, self._credited = _BURST, time.monotonic()
        self._listener = _listen(address)
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="metrics", daemon=True)
        _start(self._thread)

    @property
    def url(self) -> str:
        """Where it is found."""
        host = f"[{self.address.host}]" if ":" in self.address.host else self.address.host
        port = self._listener.getsockname()[1]
        return f"{'http' if self._context is None else 'https'}://{host}:{port}/metrics"

    def renew(self) -> None:
        """Take renewed certificates for all later connections.  Raises NotServed; the old ones then stay."""
        if self._certificates is not None:
            self._context = _context(self._certificates)

    def close(self) -> None:
        """Answer nobody any more."""
        self._wake.close()
        self._thread.join(5)
        self._listener.close()
        self._woken.close()
        with self._lock:
            left = tuple(self._open)
        for connection in left:
            _end(connection)

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        while True:
            ready = poll.poll(1000 if self._open else None)
            if any(fd == self._woken.fileno() for fd, _events in ready):
                return
            self._end_late()
            if ready:
                try:
                    connection, _peer = self._listener.accept()
                except OSError:
                    # Gone again, or no descriptor left; the others may still be answered.
                    time.sleep(_PAUSE)
                    continue
                self._take(connection)
                self._pace()

    def _take(self, connection: socket.socket) -> None:
        with self._lock:
            if len(self._open) >= self._most_open:
                _end(next(iter(self._open)))
            self._open[connection] = time.monotonic()
        try:
            _start(threading.Thread(target=self._answer, args=(connection,), name="metrics scrape", daemon=True))
        except (RuntimeError, MemoryError):
            # No thread to be had: this one is not answered.
            self._forget(connection)

    def _answer(self, connection: socket.socket) -> None:
        began = time.thread_time()
        stream = connection
        try:
            connection.settimeout(_SILENT_SECONDS)
            if self._context is not None:
                stream = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                with self._lock:
                    # Wrapping has taken the descriptor over.
                    self._open[stream] = self._open.pop(connection, time.monotonic())
                stream.do_handshake()
            self._handler(stream)
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_WR)
        except (OSError, ValueError, MemoryError):
            # Whoever asked has gone, is too slow, or speaks another language; nobody else is to suffer.
            pass
        finally:
            self._forget(stream)
            with self._lock:
                self.spent += time.thread_time() - began

    def _forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.pop(connection, None)
        connection.close()

    def _end_late(self) -> None:
        with self._lock:
            late = [one for one, since in self._open.items() if time.monotonic() - since > self._seconds_each]
        for connection in late:
            _end(connection)

    def _pace(self) -> None:
        """Wait where connections come too fast; what a scraper can cost has a bound."""
        now = time.monotonic()
        self._credit = min(_BURST, self._credit + (now - self._credited) * _RATE) - 1
        self._credited = now
        if self._credit < 0:
            time.sleep(-self._credit / _RATE)


def _handler(registry: CollectorRegistry, *, local: bool) -> Callable[[socket.socket], object]:
    """What answers one connection.  `local`: only to those who asked for this machine by a name of its own."""

    class Handler(MetricsHandler.factory(registry)):  # type: ignore[misc]
        """The library's handler, without a name that tells versions."""

        timeout = _SILENT_SECONDS

        def version_string(self) -> str:
            """What is told of the server."""
            return "oom-guardian"

        def do_GET(self) -> None:
            """Answer a scrape."""
            if local and not names_itself(self.headers.get("Host")):
                # A page in a browser that has turned its own name into this machine's address.
                self.send_error(403)
            elif self.path.partition("?")[0] not in {"/", "/metrics"}:
                self.send_error(404)
            else:
                super().do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Log nothing: who asks often would fill the log."""

    return lambda connection: Handler(connection, ("", 0), None)


def _listen(address: Address) -> socket.socket:
    listener = socket.socket(address.family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address.loopback))
        listener.bind((address.host, address.port))
        listener.listen(_BACKLOG)
        # A client that leaves between poll and accept must not make it wait.
        listener.settimeout(0)
    except OSError as error:
        listener.close()
        raise NotServed(
            _("Metrics cannot be served at {host}:{port}: {reason}. Give another address or port").format(
                host=address.host, port=address.port, reason=os.strerror(error.errno or 0)
            )
        ) from error
    return listener


def _context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificates.certificate, certificates.key, password="")
        if certificates.clients is not None:
            context.load_verify_locations(certificates.clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise NotServed(
            _("The certificate {path} or its key cannot be used: {reason}. Give PEM files, the key without a password").format(
                path=certificates.certificate, reason=error.strerror if isinstance(error, OSError) and error.strerror else error
            )
        ) from error
    return context


def _start(thread: threading.Thread) -> None:
    """Start a thread with a small stack: locked memory counts whatever is mapped."""
    before = threading.stack_size(_STACK)
    try:
        thread.start()
    finally:
        threading.stack_size(before)


def _end(connection: socket.socket) -> None:
    """Let the thread that waits for this connection find its end; TLS's own state is that thread's alone."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
