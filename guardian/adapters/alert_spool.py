"""What waits to be sent, in a file of the user's state folder: no restart loses it, and nothing secret is in it.

Written by a thread of its own, since a disk that is busy must not hold up the agent; the file is whole at every moment.
Source: XDG Base Directory Specification ($XDG_STATE_HOME); rename(2), fsync(2).
"""

import json
import os
import threading
from typing import Any

from guardian.policy.outbox import EMPTY, MOST_MESSAGES, Episode, Line, Message, Outbox, Words

FILE_NAME = "alerts.json"
_SCHEMA = 1
_MOST_BYTES = 1 << 20


class AlertSpool:
    """The spool of one user; `folder` is the user's state folder."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, FILE_NAME)
        self._wanted: Outbox | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.failure = ""

    def read(self) -> Outbox:
        """What waits; nothing where there is no file, or none that can be understood."""
        try:
            with open(self.path, encoding="utf-8") as file:
                return _parse(json.loads(file.read(_MOST_BYTES)))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return EMPTY

    def keep(self, box: Outbox) -> None:
        """Have this written soon, in place of all before."""
        with self._lock:
            self._wanted = box
            if self._thread is None:
                thread = threading.Thread(target=self._write_all, name="alert spool", daemon=True)
                try:
                    thread.start()
                except (RuntimeError, MemoryError) as error:
                    # As where memory or tasks are out: the next that is kept tries again, or the end.
                    self.failure = str(error) or type(error).__name__
                else:
                    self._thread = thread

    def close(self, longest: float = 5.0) -> None:
        """Wait until all is on disk, for so many seconds at most."""
        with self._lock:
            thread, left = self._thread, self._wanted
        if thread is None and left is not None:
            self.keep(left)
            with self._lock:
                thread = self._thread
        if thread is not None:
            thread.join(longest)

    def _write_all(self) -> None:
        while True:
            with self._lock:
                box, self._wanted = self._wanted, None
                if box is None:
                    self._thread = None
                    return
            try:
                self._write(box)
                self.failure = ""
            except (OSError, MemoryError) as error:
                self.failure = getattr(error, "strerror", None) or str(error) or type(error).__name__

    def _write(self, box: Outbox) -> None:
        folder = os.path.dirname(self.path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        temporary = f"{self.path}.new"
        text = json.dumps(_plain(box), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, self.path)
        # The new name must be on disk too, or a reset brings back the old file.
        within = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(within)
        finally:
            os.close(within)


def _plain(box: Outbox) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "messages": [[one.id, one.channel, one.event, one.made, *one.words] for one in box.messages],
        "lines": {name: list(line) for name, line in box.lines.items()},
        "episode": None if box.episode is None else [box.episode.id, box.episode.loud, list(box.episode.told)],
        "kills": list(box.kills),
    }


def _parse(found: dict[str, Any]) -> Outbox:
    if found["schema"] != _SCHEMA:
        return EMPTY
    messages = tuple(
        Message(str(own_id), str(channel), str(event), float(made), Words(str(title), str(body), bool(urgent)))
        for own_id, channel, event, made, title, body, urgent in found["messages"][:MOST_MESSAGES]
    )
    lines = {
        str(name): Line(int(tries), float(due), str(code), None if status is None else int(status))
        for name, (tries, due, code, status) in found["lines"].items()
    }
    episode = None
    if found["episode"] is not None:
        own_id, loud, told = found["episode"]
        episode = Episode(str(own_id), float(loud), tuple(map(str, told)))
    return Outbox(messages, lines, episode, tuple(map(str, found["kills"])))
