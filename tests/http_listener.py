"""A server on this machine that says whatever a test wants, over plain sockets or TLS."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

Talk = Callable[[socket.socket], None]


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))
    return head.encode() + b"\r\n\r\n" + body


def read_request(line: socket.socket) -> bytes:
    """One whole request, b"" where the other side left."""
    told = b""
    while b"\r\n\r\n" not in told:
        piece = line.recv(65536)
        if not piece:
            return b""
        told += piece
    head, _blank, body = told.partition(b"\r\n\r\n")
    length = next((int(one.split(b":")[1]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


class Listener:
    """A server on this machine whose every connection is handed to `talk`."""

    def __init__(self, talk: Talk, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._talk, self._context = talk, context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                line, _where = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._lines.append(line)
            thread = threading.Thread(target=self._answer, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _answer(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._context is not None:
                line = self._context.wrap_socket(line, server_side=True)
                self._lines.append(line)
            self._talk(line)
        line.close()

    def close(self) -> None:
        for each in (self._socket, *self._lines):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)
