"""Messages off the wire that may hold anything: one that cannot be read is answered, and the connection goes on.

Source: D-Bus Specification, "Message Protocol"; jeepney.low_level.Parser, which stays out of step after a message it cannot read.
"""

import struct

from jeepney.low_level import Header, Message, Parser

UNREADABLE = ("a message that could not be read",)


class TolerantParser(Parser):
    """A parser that gives a message with the body `UNREADABLE` where jeepney cannot read what was sent.

    Bodies with file descriptors are such (none are taken here), and values nested or keyed as Python cannot hold them.
    """

    def get_next_message(self) -> Message | None:
        """The next whole message, None while there is none."""
        if self.buf.bytes_buffered < 16 or self.buf.bytes_buffered < (size := _message_size(self.buf.peek(16))):
            return None
        raw = self.buf.read(size)
        try:
            return Message.from_buffer(raw)
        except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError, struct.error):
            return Message(Header.from_buffer(raw)[0], UNREADABLE)


def readable(message: Message) -> bool:
    """Whether the message's body could be read."""
    return message.body is not UNREADABLE


def _message_size(head: bytes) -> int:
    order = "<" if head[:1] == b"l" else ">"
    body, _, fields = struct.unpack(order + "III", head[4:16])
    return int(16 + fields + -fields % 8 + body)
