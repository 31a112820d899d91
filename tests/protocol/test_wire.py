"""Messages that cannot be read: the connection stays in step, and nothing large is taken apart."""

from jeepney import DBusAddress, Message, new_method_call

from guardian.protocol.wire import TolerantParser, readable

ADDRESS = DBusAddress("/a", "a.b", "a.b")


def wire(size: int) -> bytes:
    return new_method_call(ADDRESS, "X", "s", ("x" * size,)).serialise(7)


def taken(*raw: bytes) -> list[Message]:
    parser, found = TolerantParser(), []
    parser.add_data(b"".join(raw))
    while (message := parser.get_next_message()) is not None:
        found.append(message)
    return found


def test_a_message_that_is_too_large_is_not_read_and_the_next_one_is() -> None:
    assert [readable(message) for message in taken(wire(2 << 20), wire(9))] == [False, True]


def test_a_message_that_lies_about_its_body_costs_only_itself() -> None:
    raw = bytearray(wire(9))
    raw[-10:] = b"\xff" * 10  # the text's end and its NUL
    assert [readable(message) for message in taken(bytes(raw), wire(9))] == [False, True]


def test_a_message_comes_when_it_is_whole() -> None:
    raw, parser = wire(9), TolerantParser()
    for byte in raw[:-1]:
        parser.add_data(bytes([byte]))
        assert parser.get_next_message() is None
    parser.add_data(raw[-1:])
    message = parser.get_next_message()
    assert message is not None
    assert message.body == ("x" * 9,)
