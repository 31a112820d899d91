"""Messages off the wire that may hold anything: one that cannot be read is answered, and the connection goes on.

Source: D-Bus Specification, "Message Protocol"; jeepney.low_level.Parser, which stays out of step after a message it cannot read.
"""

import struct
from collections.abc import Sequence

from jeepney.low_level import Header, Message

UNREADABLE = ("a message that could not be read",)
_MOST_BYTES = 1 << 20


class TolerantParser:
    """Takes the place of a connection's parser; gives the body `UNREADABLE` where jeepney cannot read what was sent.

    Bodies with file descriptors are such (none are taken here), values nested or keyed as Python cannot hold them, and
    messages above 1 MiB: a bus lets through 128 MiB, of which Python would make many times as much.
    """

    def __init__(self) -> None:
        self._received = bytearray()

    def add_data(self, data: bytes, fds: Sequence[object] = ()) -> None:  # noqa: ARG002 - jeepney passes it by name
        """Newly received bytes; descriptors never come, since the connection does not agree to them."""
        self._received += data

    def get_next_message(self) -> Message | None:
        """The next whole message, None while there is none."""
        if len(self._received) < 16 or len(self._received) < (size := _message_size(self._received[:16])):
            return None
        raw = bytes(self._received[:size])
        del self._received[:size]
        if size > _MOST_BYTES:
            return Message(Header.from_buffer(raw)[0], UNREADABLE)
        try:
            return Message.from_buffer(raw)
        except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError, struct.error):
            return Message(Header.from_buffer(raw)[0], UNREADABLE)


def readable(message: Message) -> bool:
    """Whether the message's body could be read."""
    return message.body is not UNREADABLE


def _message_size(head: bytes | bytearray) -> int:
    order = "<" if head[:1] == b"l" else ">"
    body, _, fields = struct.unpack(order + "III", head[4:16])
    return int(16 + fields + -fields % 8 + body)
