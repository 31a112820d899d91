"""Starts the program that sends one message, and hears from it what became of it; waiting for it is another's, or its own.

Request and answer go through pipes: neither argument list nor environment says anything.
Source: posix_spawn(3), pipe(7) (a pipe holds 64 KiB, so that a request is written at once).
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

from guardian.adapters.child_environment import child_environment
from guardian.policy.channels import Channel
from guardian.policy.delivery import Delivery, parse_delivery
from guardian.policy.outbox import Words

MODULE = "guardian.adapters.alert_send"
LONGEST_SECONDS = 90.0
# A locked keyring waits for a person.
LONGEST_ASKING_SECONDS = 240.0
LEAVING_SECONDS = 10.0
_MOST_REQUEST, _MOST_ANSWER = 60_000, 4096
_LONGEST_BODY = 8000


class CannotSend(Exception):
    """The program could not be started; the text says why."""


def send_request(channel: Channel, words: Words, *, ask: bool, address: str | None = None) -> bytes:
    """What the program is told for one message; `address` in place of the keyring's, before it is kept there."""
    return _request("send", channel, ask=ask, address=address, words=words)


def check_request(channel: Channel, address: str) -> bytes:
    """What the program is told to look at an address without sending anything."""
    return _request("check", channel, ask=False, address=address, words=Words("", "", urgent=False))


def _request(act: str, channel: Channel, *, ask: bool, address: str | None, words: Words) -> bytes:
    told: dict[str, Any] = {"act": act, "kind": channel.kind, "secret": channel.secret, "ask": ask, "address": address}
    told |= {"title": words.title[:_LONGEST_BODY], "body": words.body[:_LONGEST_BODY], "urgent": words.urgent}
    return json.dumps(told).encode()


class AlertChild:
    """One running program; `answer` is a descriptor that becomes readable, and ends with the program."""

    def __init__(self, request: bytes, environ: Mapping[str, str] = os.environ) -> None:
        """Start it.  Raises CannotSend."""
        if len(request) > _MOST_REQUEST:
            raise CannotSend("too long")
        self._heard = b""
        self._pid = 0
        self.answer = -1
        opened: list[int] = []
        # -P: no folder of whoever started the agent is looked into for libraries.
        command = [sys.executable, "-P", "-m", MODULE]
        try:
            told, tell = os.pipe2(os.O_CLOEXEC)
            opened += [told, tell]
            self.answer, said = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            opened.append(said)
            opened.append(null := os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC))
            actions = [(os.POSIX_SPAWN_DUP2, told, 0), (os.POSIX_SPAWN_DUP2, said, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
            self._pid = os.posix_spawn(sys.executable, command, child_environment(environ), file_actions=actions, setsid=True)
            os.write(tell, request)
        except OSError as error:
            self.end()
            raise CannotSend(error.strerror or str(error)) from error
        finally:
            for file in opened:
                os.close(file)

    @property
    def answered(self) -> bool:
        """Whether it has said what became of the message; it may still have to leave the service."""
        return b"\n" in self._heard

    def hear(self) -> bool:
        """Take in what it says; False once it has ended."""
        try:
            piece = os.read(self.answer, _MOST_ANSWER)
        except BlockingIOError:
            return True
        self._heard += piece[: _MOST_ANSWER - len(self._heard)]
        return bool(piece)

    def delivery(self) -> Delivery:
        """What it said; failed where it said nothing that can be understood."""
        try:
            found = json.loads(self._heard)
            return parse_delivery(found["code"], found["status"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return Delivery("failed")

    def end(self, *, wait: bool = True) -> bool:
        """End it now, where it has not ended, and clear it away; true once that is done.

        Without `wait` false means that it has not gone yet, as where it waits for a disk: to be called again.
        """
        if self.answer >= 0:
            os.close(self.answer)
            self.answer = -1
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(self._pid, 0 if wait else os.WNOHANG) == (0, 0):
                    return False
            self._pid = 0
        return True

    def wait(self, longest: float, stop: int = -1) -> bool:
        """Wait for its end, for so many seconds, or until the descriptor `stop` is readable; whether it has answered."""
        poll = select.poll()
        for file in (self.answer, stop):
            if file >= 0:
                poll.register(file, select.POLLIN)
        until = time.monotonic() + longest
        while (left := until - time.monotonic()) > 0:
            ready = [file for file, _events in poll.poll(left * 1000)]
            if stop in ready or (self.answer in ready and not self.hear()):
                break
            if self.answered:
                until = min(until, time.monotonic() + LEAVING_SECONDS)
        return self.answered


def deliver(request: bytes, longest: float = LONGEST_ASKING_SECONDS, stop: int = -1) -> Delivery:
    """Send and wait for the end, for so many seconds; `stop` is a descriptor that ends it early.  Raises CannotSend."""
    child = AlertChild(request)
    try:
        return child.delivery() if child.wait(longest, stop) else Delivery("timeout")
    finally:
        child.end()
