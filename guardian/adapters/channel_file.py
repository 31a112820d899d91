"""The user's channels as a TOML file in the user's configuration; their addresses are not in it.

    [[channel]]
    name = "ops"
    kind = "ntfy"
    states = ["critical", "kill"]
    quiet = "22:00-07:00"

Source: XDG Base Directory Specification; TOML 1.0.
"""

import os
from typing import Any, NamedTuple

from guardian.adapters.settings_place import settings_path
from guardian.policy.channels import MOST_CHANNELS, Channel, ChannelError, parse_channel
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable

FILE_NAME = "channels.toml"


class FoundChannels(NamedTuple):
    """The channels that hold, and a sentence for each part of the file that does not."""

    channels: tuple[Channel, ...] = ()
    complaints: tuple[str, ...] = ()


class ChannelFile:
    """The file of one user, read again only when it has changed.  What cannot be read rests; the file is left as it is."""

    def __init__(self, path: str | None = None) -> None:
        self.path = path if path is not None else os.path.join(os.path.dirname(settings_path()), FILE_NAME)
        self._stamp: tuple[int, int, int] | None = None
        self._found = FoundChannels()

    def read(self) -> FoundChannels:
        """The channels."""
        stamp = self._seen()
        if stamp == self._stamp:
            return self._found
        self._stamp, self._found = stamp, FoundChannels() if stamp is None else self._read()
        return self._found

    def write(self, channels: tuple[Channel, ...]) -> None:
        """Keep these channels and nothing else.  The file is whole at every moment.  Raises OSError, ChannelError."""
        import tempfile

        import tomli_w

        if self.read().complaints:
            text = _("{path} holds what is not understood, and would be lost; mend or remove it first")
            raise ChannelError(text.format(path=printable(self.path)))
        folder = os.path.dirname(self.path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        file, temporary = tempfile.mkstemp(prefix=".channels-", dir=folder)
        try:
            with os.fdopen(file, "wb") as out:
                tomli_w.dump({"channel": [channel.as_mapping() for channel in channels]}, out)
                out.flush()
                os.fsync(out.fileno())
            os.replace(temporary, self.path)
        except OSError:
            os.unlink(temporary)
            raise
        self._stamp, self._found = self._seen(), FoundChannels(channels)

    def _read(self) -> FoundChannels:
        import tomllib

        try:
            with open(self.path, "rb") as file:
                document = tomllib.load(file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
            # The parser's own words quote the line, which might be an address put there by mistake.
            return FoundChannels((), (_("{path} is not TOML; its channels rest until it is mended").format(path=self.path),))
        except OSError as error:
            reason = error.strerror or str(error)
            return FoundChannels((), (_("{path} cannot be read: {reason}").format(path=self.path, reason=reason),))
        return _parse(self.path, document)

    def _seen(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size


def _parse(path: str, document: dict[str, Any]) -> FoundChannels:
    tables = document.get("channel", [])
    channels: dict[str, Channel] = {}
    complaints = []
    for number, table in enumerate(tables if isinstance(tables, list) else [], 1):
        try:
            if not isinstance(table, dict):
                raise ChannelError(_("not a table"))
            channel = parse_channel(table)
            if channel.name in channels or len(channels) >= MOST_CHANNELS:
                raise ChannelError(_("names differ, and there are {count} channels at most").format(count=MOST_CHANNELS))
            channels[channel.name] = channel
        except ChannelError as error:
            complaints.append(_("{path}, channel {number}: {reason}").format(path=path, number=number, reason=error))
    return FoundChannels(tuple(channels.values()), tuple(complaints))
