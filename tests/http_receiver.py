"""A real receiver of alerts on this machine, that can be slow, faulty or gone."""

import json
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RESET, LOSE_ANSWER, HANG = "reset", "lose the answer", "hang"


class Receiver:
    """`how` says what is done with the next requests: a status to answer with, RESET, LOSE_ANSWER or HANG.

    `got` has the messages that arrived whole, whatever was answered; `asked` counts requests.
    """

    def __init__(self) -> None:
        self.how: int | str = 200
        self.got: list[dict[str, Any]] = []
        self.asked = 0
        self.going_on = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.start()

    @property
    def address(self) -> str:
        """Where it listens, or listened."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, at the same port as before."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self)

            def log_message(self, *_words: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_request: object) -> None:
                pass

        self.going_on.clear()
        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="receiver").start()

    def stop(self) -> None:
        """Listen no more: who connects is refused."""
        self.going_on.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        how = self.how
        if how == RESET:
            _reset(request.connection)
            return
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.got.append({"path": request.path, **json.loads(body)})
        if how == HANG:
            self.going_on.wait(60)
        if how in {HANG, LOSE_ANSWER}:
            request.close_connection = True
            _reset(request.connection)
            return
        request.send_response(int(how))
        request.send_header("Content-Length", "0")
        if how in {301, 302, 307, 308}:
            request.send_header("Location", "/elsewhere")
        request.end_headers()


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
