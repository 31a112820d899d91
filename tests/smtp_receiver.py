"""A real receiver of e-mail on this machine, without the rules of a network: it wants a password, and keeps what it is given."""

import base64
import socketserver
import threading


class MailReceiver:
    """`got` has the messages; with `refuses` no password is right."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.logins: list[bytes] = []
        self.refuses = False
        receiver = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                receiver._talk(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="mail").start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def _talk(self, line: socketserver.StreamRequestHandler) -> None:
        """Source: RFC 5321, RFC 4954 (AUTH)."""

        def say(words: str) -> None:
            line.wfile.write(words.encode() + b"\r\n")

        say("220 test")
        while told := line.rfile.readline():
            word = told.split()[0].upper() if told.split() else b""
            if word == b"EHLO":
                say("250-test\r\n250 AUTH PLAIN")
            elif word == b"AUTH":
                self.logins.append(base64.b64decode(told.split()[2]))
                say("535 no" if self.refuses else "235 yes")
            elif word == b"DATA":
                say("354 go on")
                lines = []
                while (text := line.rfile.readline()) not in {b".\r\n", b""}:
                    lines.append(text)
                self.got.append(b"".join(lines))
                say("250 kept")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 so be it")
